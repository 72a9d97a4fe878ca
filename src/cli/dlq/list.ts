// The table of `dlq list`.
import { durationText, counted, countText } from '../../telemetry/units.ts'
import { printable } from '../../telemetry/escape.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'
import type { Paint } from '../paint.ts'
import { renderTable, type Column } from '../table.ts'
import { cut, textWidth, wrap } from '../text-width.ts'

/** A letter without its event, which may be large. */
export type ListedLetter = Omit<DeadLetter, 'page'>

export interface ListView {
  /** Oldest first. */
  readonly shown: readonly ListedLetter[]
  /** How many match in all. */
  readonly total: number
  readonly now: number
  readonly paint: Paint
  readonly width: number | undefined
}

const columns: readonly Column[] = [
  { title: 'EVENT ID' },
  { title: 'TYPE', yields: 3 },
  { title: 'DESTINATION', yields: 1 },
  { title: 'CAUSE' },
  { title: 'CODE', yields: 2 },
  { title: 'DIED', align: 'right' },
  { title: 'ATTEMPTS', align: 'right', yields: 4 },
  { title: 'ANSWER', yields: 5 },
]
/** The answer takes what room is left, if that is enough to say anything. */
const leastAnswer = 20
const widestAnswer = 100

/** The newest stand last, beside the prompt. */
export function listLines(view: ListView): readonly string[] {
  const { shown, now, paint, width } = view
  if (shown.length === 0) return [paint.good('no dead letter matches')]
  const rows = shown.map((letter) => [
    letter.eventId,
    letter.eventType,
    letter.destination,
    letter.provisional ? `${letter.cause}*` : letter.cause,
    letter.reason.code,
    `${durationText(now - letter.diedAt)} ago`,
    countText(letter.attempts),
  ])
  const room = answerRoom(rows, width)
  const cells = rows.map((row, index) => [
    ...row.map((text) => ({ text })),
    {
      text: room < leastAnswer ? '' : cut(printable((shown[index] as ListedLetter).reason.text), room),
      paint: paint.faint,
    },
  ])
  // A column without room is left out here: the table would keep an empty one and drop another.
  const used = room < leastAnswer ? columns.slice(0, -1) : columns
  const table = renderTable(
    used,
    cells.map((row) => row.slice(0, used.length)),
    { width, paintTitle: paint.faint },
  )
  return [...table, '', ...closing(view)]
}

function answerRoom(rows: readonly (readonly string[])[], width: number | undefined): number {
  if (width === undefined) return widestAnswer
  const taken = columns
    .slice(0, -1)
    .map(({ title }, index) => Math.max(title.length, ...rows.map((row) => textWidth(printable(row[index] ?? '')))) + 2)
    .reduce((sum, one) => sum + one, 0)
  return width - taken
}

function closing({ shown, total, paint, width = Infinity }: ListView): readonly string[] {
  const count =
    total === shown.length
      ? counted(total, 'dead letter')
      : `the newest ${countText(shown.length)} of ${counted(total, 'dead letter')}; more with --limit ${total}`
  const marked = shown.some(({ provisional }) => provisional)
    ? ['* provisional: the destination has taken nothing since; may go back to waiting by itself']
    : []
  return [...marked, count, 'one in full: audit-relay dlq show EVENT_ID; grouped: audit-relay dlq stats']
    .flatMap((line) => wrap(line, width))
    .map((line) => paint.faint(line))
}
