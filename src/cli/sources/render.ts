// The human form of `sources show`. Pure text; width and paint are handed in.
import { LATENESS_BOUNDS, type Lateness } from '../../store/lateness.ts'
import { counted, countText, durationText, secondsText } from '../../telemetry/units.ts'
import { printable } from '../../telemetry/escape.ts'
import { agoText, whyText } from '../control-report.ts'
import type { Paint } from '../paint.ts'
import { whole } from '../replay-plan.ts'
import { type Column, renderTable } from '../table.ts'
import { cut, wrap } from '../text-width.ts'
import { type BackfillAsked, farText, periodText } from './backfill-words.ts'
import type { SourceDetail } from './view.ts'

export interface View {
  readonly paint: Paint
  /** Columns of the terminal; undefined = no limit. */
  readonly width: number | undefined
}

const indent = '  '

export function sourceLines(detail: SourceDetail, view: View): readonly string[] {
  const { paint } = view
  return [
    ...headLines(detail, view),
    ...section(paint.strong('READ'), laneLines(detail, view)),
    ...section(paint.strong('BACKFILLS'), backfillLines(detail, view)),
    ...section(paint.strong('LATE EVENTS'), lateLines(detail, view)),
    ...section(paint.strong('GAPS'), gapLines(detail, view)),
    ...section(paint.strong('QUARANTINE'), quarantineLines(detail, view)),
  ]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function headLines(detail: SourceDetail, view: View): readonly string[] {
  const { shown, known, schedule, now } = detail
  const { paint } = view
  const { name, type, status, why, lastPullAt, lastEventAt, nextPullAt } = shown
  const paints = { Active: paint.good, 'Active with errors': paint.bad, Inactive: paint.warning }
  const because = why.length === 0 ? '' : `: ${whyText(why)}`
  const next =
    nextPullAt === null ? '' : nextPullAt <= now ? ', next pull now' : `, next pull in ${secondsText(nextPullAt - now)}`
  const last = lastPullAt === null ? 'not read yet' : `last pull ${agoText(lastPullAt, now)}`
  const event = lastEventAt === null ? '' : `, newest event ${agoText(lastEventAt, now)}`
  const times = `${schedule === null ? '' : `${schedule}, `}${last}${next}${event}`
  return [
    `${paint.strong(printable(name))} ${paint.faint(`(${printable(type ?? 'kind unknown without the configuration')})`)} ${paints[status](status)}${because}`,
    ...block(times, view, paint.faint),
    ...errorLines(detail, view),
    ...(known ? block(countsText(known), view) : []),
    ...retentionLines(detail, view),
  ]
}

function countsText(known: NonNullable<SourceDetail['known']>): string {
  const { new: found, duplicates, conflicts, quarantined } = known
  return `${counted(found, 'event')}, ${counted(duplicates, 'duplicate')}, ${counted(conflicts, 'conflict')}, ${countText(quarantined)} quarantined`
}

function errorLines({ known }: SourceDetail, view: View): readonly string[] {
  const { paint } = view
  const pull = known?.lastPull
  const failed = pull && !pull.ok ? block(`cannot be read: ${pull.error ?? 'no reason given'}`, view, paint.bad) : []
  const notices = (pull?.notices ?? []).flatMap(({ level, subject, text }) =>
    block(`${subject === '' ? '' : `${subject}: `}${text}`, view, level === 'error' ? paint.bad : paint.warning),
  )
  return [...failed, ...notices]
}

function retentionLines({ windows, forgottenTo }: SourceDetail, view: View): readonly string[] {
  const kept =
    windows?.retentionMs == null ? [] : [`the source keeps its events for ${durationText(windows.retentionMs)}`]
  const forgotten =
    forgottenTo === null
      ? []
      : [`what it had read is remembered from ${whole(Math.floor(forgottenTo / 1000) * 1000 + 1000)} on`]
  const text = [...kept, ...forgotten].join('; ')
  return text === '' ? [] : block(text, view, view.paint.faint)
}

const laneColumns: readonly Column[] = [
  { title: 'LANE' },
  { title: 'PART' },
  { title: 'READ UP TO' },
  { title: 'BEHIND', align: 'right' },
  { title: 'READING TO', yields: 1 },
  { title: 'THEN TO', yields: 3 },
  { title: 'WIDTH', align: 'right', yields: 2 },
]

/** What stands beside a part when all that yields is left out, and how little is left of its name. */
const besidePart = 45
const narrowestPart = 12

function laneLines({ lanes, ownCursors, known }: SourceDetail, { paint, width }: View): readonly string[] {
  if (lanes.length === 0 && ownCursors === 0) return known ? [`${indent}nothing yet`] : []
  if (lanes.length === 0) return [`${indent}from a place of its own, not by time (${counted(ownCursors, 'part')})`]
  const hasParts = lanes.some(({ part }) => part !== '')
  const own = width === undefined ? undefined : width - indent.length
  const partRoom = Math.max(narrowestPart, (own ?? Infinity) - besidePart)
  const rows = lanes.map((lane) => [
    { text: lane.lane },
    ...(hasParts ? [{ text: cut(printable(lane.part), partRoom) }] : []),
    { text: secondText(lane.frontier) },
    { text: secondsText(lane.lagMs) },
    { text: lane.window === null ? '-' : secondText(lane.window.to) + (lane.window.begun ? ', begun' : '') },
    { text: lane.until === null || lane.until === lane.window?.to ? '-' : secondText(lane.until) },
    { text: lane.widthMs === null ? '-' : durationText(lane.widthMs) },
  ])
  const columns = laneColumns.filter(({ title }) => hasParts || title !== 'PART')
  return renderTable(columns, rows, { width: own, paintTitle: paint.faint }).map((line) => indent + line)
}

/** Cut to the second. */
function secondText(ms: number): string {
  return whole(Math.floor(ms / 1000) * 1000)
}

function backfillLines({ backfills, now }: SourceDetail, view: View): readonly string[] {
  return backfills.flatMap((request) => {
    const { id, asked, by, at, state } = request
    const far = state === 'asked' ? 'not begun yet' : farText(request)
    const head = `#${id} ${periodText(asked as BackfillAsked)}, asked by ${by} ${agoText(at, now)}`
    return [...block(head, view), ...block(far, view, view.paint.warning)]
  })
}

function lateLines({ known }: SourceDetail, view: View): readonly string[] {
  return (known?.late ?? []).flatMap(({ lane, buckets }) => block(`${lane}: ${latenessText({ lane, buckets })}`, view))
}

/** `12 up to 1m late, 3 up to 5m, 1 more than 7d`. */
function latenessText({ buckets }: Lateness): string {
  const parts = buckets.flatMap((events, bucket) => {
    if (events === 0) return []
    const bound = LATENESS_BOUNDS[bucket]
    const last = LATENESS_BOUNDS.at(-1) as number
    return [
      `${countText(events)} ${bound === undefined ? `more than ${durationText(last)}` : `up to ${durationText(bound)}`}`,
    ]
  })
  return parts.join(', ')
}

function gapLines({ gaps, now }: SourceDetail, view: View): readonly string[] {
  return gaps.flatMap(({ at, data, by }) => {
    const { from, to } = data
    const end = typeof to === 'string' ? `to ${to}` : 'on'
    const span = typeof from === 'string' ? `${from} ${end}: ` : ''
    const who = by === null ? '' : ` (${by})`
    return block(`${agoText(at, now)}${who}: ${span}${String(data['reason'] ?? '')}`, view, view.paint.warning)
  })
}

function quarantineLines({ known, now }: SourceDetail, view: View): readonly string[] {
  return (known?.quarantine ?? []).flatMap(({ at, reason, detail, place }) =>
    block(`${agoText(at, now)} ${reason} at ${place}: ${detail}`, view),
  )
}

function block(
  text: string,
  { width = Infinity }: View,
  paint: (text: string) => string = (plain) => plain,
): readonly string[] {
  return wrap(printable(text), Math.max(20, width - indent.length)).map((line) => indent + paint(line))
}
