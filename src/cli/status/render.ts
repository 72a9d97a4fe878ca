// The human form of `status`: whether the relay runs, one table each for sources and destinations, the balance, and what
// needs attention. Pure text; width and paint are handed in.
import type { DestinationOverview, SourceOverview } from '../../store/store.ts'
import { countText, durationText, secondsText, sizeText } from '../../telemetry/units.ts'
import type { Paint } from '../paint.ts'
import { renderTable, type Cell, type Column } from '../table.ts'
import { attentionLines } from './attention.ts'
import {
  destinationStatus,
  lagMs,
  lastSuccessAt,
  nextAttemptAt,
  shownSources,
  sourceStatus,
  type StatusWord,
} from './assess.ts'
import { balanceLines } from './balance.ts'
import { bufferLines } from './buffers.ts'
import type { StatusView } from './view.ts'

/** The lines of `status`. */
export function statusLines(view: StatusView): readonly string[] {
  const { overview, paint } = view
  return [
    ...headLines(view),
    '',
    paint.strong('SOURCES'),
    ...sourceTable(view, shownSources(overview)),
    '',
    paint.strong('DESTINATIONS'),
    ...destinationTable(view, overview.destinations),
    ...section(paint.strong('BALANCE'), balanceLines(view)),
    ...section(paint.strong('BUFFERS'), bufferLines(view)),
    ...section(paint.strong('NEEDS ATTENTION'), attentionLines(view)),
  ]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function headLines({ overview, state, expected, now, paint }: StatusView): readonly string[] {
  const heard = overview.heartbeatAt === null ? '' : ` (last sign of life ${ago(overview.heartbeatAt, now)})`
  const running = overview.running
    ? paint.good(`audit-relay runs${heard}`)
    : paint.bad(`audit-relay does not run${heard}`)
  const room = expected.maxBytes === undefined ? '' : ` of ${sizeText(expected.maxBytes)}`
  return [running, paint.faint(`state ${state}, ${sizeText(overview.usedBytes)}${room} used`)]
}

const sourceColumns: readonly Column[] = [
  { title: 'NAME' },
  { title: 'STATUS' },
  { title: 'EVENTS', align: 'right' },
  { title: 'DUPLICATES', align: 'right', yields: 3 },
  { title: 'CONFLICTS', align: 'right', yields: 4 },
  { title: 'QUARANTINED', align: 'right' },
  { title: 'LAST PULL', align: 'right', yields: 1 },
  { title: 'LAST EVENT', align: 'right', yields: 2 },
]

function sourceTable(
  { now, paint, width, expected }: StatusView,
  sources: readonly SourceOverview[],
): readonly string[] {
  if (sources.length === 0) return [paint.faint('none has been read yet')]
  const rows = sources.map((source) => [
    { text: source.name },
    statusCell(sourceStatus(source, expected.configured), paint),
    count(source.new),
    count(source.duplicates),
    count(source.conflicts, paint.warning),
    count(source.quarantined, paint.warning),
    { text: ago(source.lastPull?.at, now) },
    { text: ago(source.lastEventAt, now) },
  ])
  return renderTable(sourceColumns, rows, { width, paintTitle: paint.faint })
}

const destinationColumns: readonly Column[] = [
  { title: 'NAME' },
  { title: 'TYPE', yields: 4 },
  { title: 'STATUS' },
  { title: 'LAG', align: 'right' },
  { title: 'WAITING', align: 'right' },
  { title: 'RETRYING', align: 'right' },
  { title: 'DEAD', align: 'right' },
  { title: 'DELIVERED', align: 'right', yields: 1 },
  { title: 'FILTERED', align: 'right', yields: 5 },
  { title: 'LAST SUCCESS', align: 'right', yields: 3 },
  { title: 'NEXT ATTEMPT', align: 'right', yields: 2 },
]

function destinationTable(view: StatusView, destinations: readonly DestinationOverview[]): readonly string[] {
  const { paint, width } = view
  if (destinations.length === 0) return [paint.faint('none is known yet')]
  const rows = destinations.map((destination) => destinationRow(destination, view))
  return renderTable(destinationColumns, rows, { width, paintTitle: paint.faint })
}

function destinationRow(destination: DestinationOverview, { now, paint, expected }: StatusView): readonly Cell[] {
  const lag = lagMs(destination, now)
  const next = nextAttemptAt(destination)
  return [
    { text: destination.name },
    { text: destination.type },
    statusCell(destinationStatus(destination), paint),
    { text: lag === 0 ? '-' : durationText(lag), paint: lag > expected.maxLagMs ? paint.bad : undefined },
    count(destination.waiting),
    count(destination.retrying, paint.warning),
    count(destination.dead, paint.bad),
    count(destination.delivered),
    count(destination.filtered),
    { text: ago(lastSuccessAt(destination), now) },
    { text: next === undefined ? '-' : inTime(next, now) },
  ]
}

function statusCell(word: StatusWord, paint: Paint): Cell {
  const paints = { Active: paint.good, 'Active with errors': paint.bad, Inactive: paint.faint }
  return { text: word, paint: paints[word] }
}

/** A count, painted only when it is not zero. */
function count(value: number, paint?: Cell['paint']): Cell {
  return { text: countText(value), paint: value > 0 ? paint : undefined }
}

function ago(at: number | null | undefined, now: number): string {
  return at === null || at === undefined ? 'never' : `${secondsText(now - at)} ago`
}

function inTime(at: number, now: number): string {
  return at <= now ? 'now' : `in ${secondsText(at - now)}`
}
