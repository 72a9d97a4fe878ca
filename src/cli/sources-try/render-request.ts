// One request and its answer in lines for a person.
import { printable } from '../../telemetry/escape.ts'
import { durationText, sizeText } from '../../telemetry/units.ts'
import { textWidth, wrap } from '../text-width.ts'
import type { Look } from './render.ts'
import type { ShownAnswer, ShownRequest } from './shown-request.ts'

const inner = '      '
const narrowest = 20

export function requestLines(request: ShownRequest, number: number, look: Look): readonly string[] {
  const { paint } = look
  const { headers, body, answer, failure, tookMs } = request
  return [
    ...addressLines(`  ${String(number).padStart(2)}  `, request, look),
    ...headers.flatMap(([name, value]) => wrapped(`${name}: ${value}`, look)),
    ...(body === '' ? [] : wrapped(body, look)),
    ...(answer ? answerLines(answer, tookMs, look) : []),
    ...(failure === '' ? [] : [`${inner}${paint.bad(`no answer after ${durationText(tookMs)}`)}`]),
  ]
}

/** A query that does not fit gets a line for each of its members. */
function addressLines(number: string, { method, url }: ShownRequest, { width, paint }: Look): readonly string[] {
  const text = printable(`${method} ${url}`)
  const start = text.indexOf('?')
  if (start < 0 || textWidth(number + text) <= (width ?? Infinity)) return [number + paint.strong(text)]
  const members = text.slice(start + 1).split('&')
  return [
    number + paint.strong(text.slice(0, start)),
    ...members.map((member, index) => `${inner}  ${index === 0 ? '?' : '&'}${member}`),
  ]
}

function answerLines(answer: ShownAnswer, tookMs: number, look: Look): readonly string[] {
  const { paint, showBody } = look
  const { status, bytes, truncated, headers, body } = answer
  const colour = status < 300 ? paint.good : paint.bad
  const cut = truncated ? ', cut off: longer than the relay reads' : ''
  return [
    `${inner}${colour(`→ ${status}`)} in ${durationText(tookMs)}, ${sizeText(bytes)}${cut}`,
    ...headers.flatMap(([name, value]) => wrapped(`${name}: ${value}`, look)),
    ...(showBody && body !== '' ? body.split('\n').flatMap((line) => wrapped(line, look)) : []),
  ]
}

function wrapped(text: string, { width, paint }: Look): readonly string[] {
  const room = Math.max(narrowest, (width ?? Infinity) - inner.length - 2)
  return wrap(printable(text), room)
    .flatMap((line) => chopped(line, room))
    .map((line) => `${inner}  ${paint.faint(line)}`)
}

/** Bodies and links have words longer than a line. */
function chopped(line: string, room: number): readonly string[] {
  if (textWidth(line) <= room) return [line]
  const characters = Array.from(line)
  return Array.from({ length: Math.ceil(characters.length / room) }, (_, index) =>
    characters.slice(index * room, (index + 1) * room).join(''),
  )
}
