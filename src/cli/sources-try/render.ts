// The human form of `sources try`. Pure text; width and paint are handed in.
import { printable } from '../../telemetry/escape.ts'
import { counted, countText, durationText } from '../../telemetry/units.ts'
import { prettyJson } from '../dlq/pretty-json.ts'
import type { Paint } from '../paint.ts'
import { cut, wrap } from '../text-width.ts'
import { timeText } from './remarks.ts'
import { requestLines } from './render-request.ts'
import type { Report } from './report.ts'

export interface Look {
  readonly paint: Paint
  /** Columns of the terminal; undefined = no limit. */
  readonly width: number | undefined
  readonly showBody: boolean
}

const labelled = 12
const narrowest = 20
const mostTypes = 12
const longestCursor = 200

export function reportLines(report: Report, next: string, look: Look): readonly string[] {
  const { paint } = look
  const { requests, failure } = report
  const asked = requests.flatMap((request, index) => requestLines(request, index + 1, look))
  return [
    headline(report, paint),
    ...headRows(report, look),
    ...section(paint.strong('REQUESTS'), asked),
    ...section(paint.strong('WHAT CAME'), failure && report.pagesRead === 0 ? [] : pageRows(report, look)),
    ...section(paint.strong('QUARANTINE'), quarantineLines(report, look)),
    ...section(
      paint.strong('LOOK AT'),
      bullets(
        report.remarks.map(({ text }) => text),
        look,
        paint.warning,
      ),
    ),
    ...eventLines(report, look),
    ...section(paint.strong('FAILED'), failureLines(report, look)),
    '',
    ...nextLines(next, look),
  ]
}

function nextLines(next: string, { paint, width }: Look): readonly string[] {
  const lines = wrap(printable(next), Math.max(narrowest, (width ?? Infinity) - 2))
  return lines.map((line, index) => (index === 0 ? `${paint.strong('→')} ` : '  ') + line)
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function headline({ name, type, preset, pagesRead, sighting, failure }: Report, paint: Paint): string {
  const kind = preset === null ? type : `${type}, preset ${preset}`
  const read = `${counted(pagesRead, 'page')} read, ${counted(sighting.events, 'event')}`
  const result = failure
    ? paint.bad(pagesRead === 0 ? 'could not be read' : `${read}, then it failed`)
    : paint.good(read)
  return `${paint.strong(printable(name))} ${paint.faint(`(${printable(kind)})`)}: ${result}${paint.faint('; nothing was stored')}`
}

function headRows(report: Report, look: Look): readonly string[] {
  const { mode, window, windowNote, part, parts, clockOffMs } = report
  const time = window ? `${timeText(window.from)} to ${timeText(window.to)}` : ''
  const words = mode === 'window' ? time : window ? `a first pull: from ${timeText(window.from)} on` : 'a first pull'
  const note = windowNote === '' ? '' : ` (${windowNote})`
  const others = parts.length > 1 ? ` (of ${parts.length}: ${shortList(parts, 8)}; --part chooses)` : ''
  return [
    ...row('window', `${words}${note}`, look),
    ...row('part', part === '' ? '' : `${part}${others}`, look),
    ...row('clock', clockOffMs === null ? '' : clockText(clockOffMs), look),
  ]
}

function clockText(off: number): string {
  if (off === 0) return "the source's agrees with ours"
  return `the source's is ${durationText(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} ours`
}

function pageRows({ sighting, next, finished, mode }: Report, look: Look): readonly string[] {
  const { records, events, types, outcomes, fields, firstMs, lastMs, quarantined } = sighting
  const refused = records - events
  const what =
    quarantined.length === 0
      ? counted(events, 'event')
      : `${counted(events, 'event')}, ${countText(refused)} quarantined`
  const more = types.length > mostTypes ? `, and ${types.length - mostTypes} more` : ''
  const kinds = types.slice(0, mostTypes).map(([type, count]) => `${type} ${countText(count)}`)
  const had = fields.filter(([, count]) => count > 0).map(([field, count]) => `${field} ${countText(count)}`)
  const lacked = fields.filter(([, count]) => count === 0).map(([field]) => field)
  const without = lacked.length === 0 ? '' : `${had.length === 0 ? 'none has' : '; none has'} ${lacked.join(', ')}`
  const ends = Object.entries(outcomes).filter(([, count]) => count > 0)
  const end = mode === 'window' ? 'the window is read to its end' : 'nothing more is to be had now'
  const cursor = finished ? end : next === null ? 'more, but it would have to be begun anew' : cursorText(next, look)
  return [
    ...row('records', records === 0 ? 'none' : `${countText(records)}: ${what}`, look),
    ...row('types', kinds.join(', ') + more, look),
    ...row('outcome', ends.map(([outcome, count]) => `${outcome} ${countText(count)}`).join(', '), look),
    ...row('fields', events === 0 ? '' : had.join(', ') + without, look),
    ...row('occurred', firstMs === null ? '' : `${timeText(firstMs)} to ${timeText(lastMs ?? firstMs)}`, look),
    ...row('then', cursor, look),
  ]
}

/** As much of a cursor as fits a line: it is not to be read, only to be seen. */
function cursorText(cursor: string, { width }: Look): string {
  const room = Math.min(longestCursor, Math.max(narrowest, (width ?? Infinity) - labelled))
  return cut(`goes on at ${cursor}`, room)
}

function quarantineLines({ sighting: { quarantined } }: Report, look: Look): readonly string[] {
  return quarantined.flatMap(({ count, detail, place, paths }) => [
    ...bullets([`${counted(count, 'record')}: ${detail}`], look, look.paint.bad),
    ...under(`the first: ${place}`, look),
    ...(paths.length === 0 ? [] : under(`it has: ${shortList(paths, 60)}`, look)),
  ])
}

function eventLines({ sighting: { shown, events } }: Report, { paint, width }: Look): readonly string[] {
  if (shown.length === 0) return []
  const which =
    shown.length === events
      ? events === 1
        ? 'EVENT'
        : `EVENTS, all ${countText(events)}`
      : `EVENTS, the first ${shown.length} of ${countText(events)}`
  const warning = 'whole, as they would be delivered: they may hold personal data'
  return [
    '',
    paint.strong(which),
    ...wrap(warning, Math.max(narrowest, (width ?? Infinity) - 2)).map((line) => paint.faint(`  ${line}`)),
    ...shown.flatMap((event) =>
      prettyJson(event)
        .split('\n')
        .map((line) => `  ${printable(line)}`),
    ),
  ]
}

function failureLines({ failure }: Report, look: Look): readonly string[] {
  if (!failure) return []
  const where = failure.request === 0 ? 'before the first request' : `at request ${failure.request}`
  const has = failure.paths.length === 0 ? [] : under(`the answer has: ${shortList(failure.paths, 60)}`, look)
  return [...bullets([`${where}: ${failure.text}`], look, look.paint.bad), ...has]
}

function row(name: string, text: string, { paint, width }: Look): readonly string[] {
  if (text === '') return []
  const lines = wrap(printable(text), Math.max(narrowest, (width ?? Infinity) - labelled))
  return lines.map((line, index) => paint.faint((index === 0 ? `  ${name}` : '').padEnd(labelled)) + line)
}

function bullets(texts: readonly string[], { width }: Look, paint: (text: string) => string): readonly string[] {
  return texts.flatMap((text) => {
    const lines = wrap(printable(text), Math.max(narrowest, (width ?? Infinity) - 4))
    return lines.map((line, index) => (index === 0 ? '  - ' : '    ') + paint(line))
  })
}

function under(text: string, { width, paint }: Look): readonly string[] {
  const lines = wrap(printable(text), Math.max(narrowest, (width ?? Infinity) - 4))
  return lines.map((line) => `    ${paint.faint(line)}`)
}

function shortList(items: readonly string[], most: number): string {
  const rest = items.length > most ? `, and ${items.length - most} more` : ''
  return items.slice(0, most).join(', ') + rest
}
