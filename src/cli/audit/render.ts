// The list of `audit`: one record after the other, the newest beside the prompt; what it says beside it or, on a narrow terminal, below.
import { isoTime } from '../../runtime/clock.ts'
import type { Notice } from '../../store/notices.ts'
import { printable } from '../../telemetry/escape.ts'
import { countText } from '../../telemetry/units.ts'
import type { Paint } from '../paint.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { cut, textWidth, wrap } from '../text-width.ts'
import type { FoundRecords } from './find.ts'
import { aboutText, eventsText, recordText } from './words.ts'

export interface AuditView extends FoundRecords {
  /** Whether anything was said about which. */
  readonly narrowed: boolean
  readonly paint: Paint
  readonly width: number | undefined
}

const columns: readonly Column[] = [
  { title: 'TIME' },
  { title: 'WHAT' },
  { title: 'ABOUT' },
  { title: 'EVENTS', align: 'right', yields: 1 },
  { title: 'BY' },
]
/** Several names may be long, and stand in full in the machine form. */
const widestAbout = 24
/** What a record says stands beside it only where it reads well there. */
const leastText = 40
const gap = '  '

export function auditLines(view: AuditView): readonly string[] {
  const { records, narrowed, more, paint, width = Infinity } = view
  if (records.length === 0) return [narrowed ? 'no audit record matches' : 'nothing was audited yet']
  const whole = widthOf(columns, records)
  // Who did it is never left out: where a column for it has no room it stands before the text.
  const shown = whole > width ? columns.slice(0, -1) : columns
  const taken = (shown === columns ? whole : widthOf(shown, records)) + gap.length
  const lines = width - taken >= leastText ? linesBeside(view, taken) : linesBelow(view, shown)
  if (!more) return lines
  const closing = `the newest ${countText(records.length)}; older ones with a higher --limit`
  return [...lines, '', ...wrap(closing, width).map((line) => paint.faint(line))]
}

function linesBeside({ records, paint, width = Infinity }: AuditView, taken: number): readonly string[] {
  const texts = records.map((record) => wrap(printable(recordText(record)), width - taken))
  const rows = records.map((record, index) => [...cellsOf(record, paint), { text: texts[index]?.[0] ?? '' }])
  const [titles = '', ...table] = renderTable([...columns, { title: 'TEXT' }], rows, {
    width: undefined,
    paintTitle: paint.faint,
  })
  const more = (index: number) => texts[index]?.slice(1).map((line) => ' '.repeat(taken) + line) ?? []
  return [titles, ...table.flatMap((line, index) => [line, ...more(index)])]
}

function linesBelow(view: AuditView, shown: readonly Column[]): readonly string[] {
  const { records, paint, width = Infinity } = view
  const rows = records.map((record) => cellsOf(record, paint).slice(0, shown.length))
  const [titles = '', ...table] = renderTable(shown, rows, { width, paintTitle: paint.faint })
  const below = records.map((record) => {
    const by = shown === columns || record.by === null ? '' : `by ${record.by}`
    const text = [by, recordText(record)].filter((part) => part !== '').join(': ')
    return text === '' ? [] : wrap(printable(text), width - gap.length).map((line) => paint.faint(gap + line))
  })
  return [titles, ...table.flatMap((line, index) => [line, ...(below[index] ?? [])])]
}

function cellsOf(record: Notice, paint: Paint): readonly Cell[] {
  const { at, kind, outcome, by } = record
  return [
    { text: `${isoTime(at).slice(0, 19).replace('T', ' ')}Z` },
    { text: kind, paint: outcome === 'failure' ? paint.bad : paint.strong },
    { text: cut(printable(aboutText(record)), widestAbout) },
    { text: eventsText(record) },
    { text: by ?? '-' },
  ]
}

function widthOf(shown: readonly Column[], records: readonly Notice[]): number {
  const plain = { good: same, warning: same, bad: same, strong: same, faint: same }
  const rows = records.map((record) => cellsOf(record, plain).slice(0, shown.length))
  return Math.max(...renderTable(shown, rows, { width: undefined }).map(textWidth))
}

function same(text: string): string {
  return text
}
