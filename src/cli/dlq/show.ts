// `dlq show`: everything about one dead letter, for somebody who has to decide what becomes of it.
import { isoTime } from '../../runtime/clock.ts'
import type { DeadLetter, HistoryEntry } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import type { Paint } from '../paint.ts'
import { besideName, wrap } from '../text-width.ts'
import { adviceFor, word } from './advice.ts'
import { eventText } from './json.ts'
import { prettyJson } from './pretty-json.ts'

export interface ShowView {
  readonly now: number
  readonly paint: Paint
  readonly width: number | undefined
}

/** More of an event than this is for a file. */
const mostEventLines = 200
const indent = 15

export function showLines(letter: DeadLetter, view: ShowView): readonly string[] {
  const { paint } = view
  return [
    paint.strong(printable(`${letter.eventId} at ${letter.destination}`)),
    ...facts(letter, view),
    '',
    paint.strong('WHAT HAPPENED'),
    ...timeLine(letter, view),
    '',
    paint.strong('WHAT TO DO'),
    ...nextSteps(letter, view),
    '',
    paint.strong('EVENT'),
    ...eventLines(letter, paint),
  ]
}

function facts(letter: DeadLetter, view: ShowView): readonly string[] {
  const { now, paint } = view
  const entries: readonly (readonly [string, string])[] = [
    ['type', letter.eventType],
    ['source', letter.source],
    [
      'died',
      `${isoTime(letter.diedAt)}, ${durationText(now - letter.diedAt)} ago, after ${counted(letter.attempts, 'attempt')}`,
    ],
    ['cause', `${letter.cause} (${letter.reason.code})`],
    ['answer', `"${letter.reason.text}"`],
    ...(letter.provisional
      ? [
          [
            'provisional',
            'the destination has taken nothing since: if it refuses everything, this goes back to waiting by itself',
          ] as const,
        ]
      : []),
  ]
  return entries.flatMap(([name, text]) =>
    besideName(`  ${name}`, wrap(printable(text), room(view, indent)), indent).map((line, index) =>
      index === 0 ? line.replace(name, paint.faint(name)) : line,
    ),
  )
}

function timeLine(letter: DeadLetter, view: ShowView): readonly string[] {
  const entries: readonly (readonly [number, string])[] = [
    // What is kept of the history may have lost its beginning.
    ...(letter.history[0]?.attempts === 1 ? [] : [[letter.firstAttemptedAt, 'first attempt'] as const]),
    ...letter.history.map((entry) => [entry.at, entryText(entry)] as const),
    [letter.diedAt, `dead: ${letter.cause}`] as const,
  ]
  const column = 28
  return entries.flatMap(([at, text]) =>
    besideName(`  ${isoTime(at)}`, wrap(printable(text), room(view, column)), column),
  )
}

function entryText({ attempts, code, text }: HistoryEntry): string {
  return `attempt ${attempts}: ${code}, "${text}"`
}

function nextSteps(letter: DeadLetter, view: ShowView): readonly string[] {
  const chosen = `${word(letter.eventId)} --destination ${word(letter.destination)}`
  return [
    ...wrap(adviceFor({ ...letter, code: letter.reason.code }), room(view, 2)).map((line) => `  ${line}`),
    printable(`  audit-relay dlq replay ${chosen}`),
    printable(`  audit-relay dlq purge ${chosen} --yes`),
  ]
}

/** Not wrapped: it is there to be copied. */
function eventLines(letter: DeadLetter, paint: Paint): readonly string[] {
  const lines = prettyJson(eventText(letter)).split('\n').map(printable)
  if (lines.length <= mostEventLines) return lines
  const chosen = `${word(letter.eventId)} --destination ${word(letter.destination)}`
  return [
    ...lines.slice(0, mostEventLines),
    paint.faint(
      printable(`… ${counted(lines.length - mostEventLines, 'line')} more: audit-relay dlq export ${chosen}`),
    ),
  ]
}

function room({ width = Infinity }: ShowView, taken: number): number {
  return Math.max(20, width - taken)
}
