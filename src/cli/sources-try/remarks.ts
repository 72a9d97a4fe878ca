// What about a try ought to be looked at before the source is put to work, and what to do about it.
import { counted, durationText } from '../../telemetry/units.ts'
import { whole } from '../replay-plan.ts'
import type { Sighting } from './sighting.ts'
import type { Tried } from './try-source.ts'

export interface Remark {
  /** Stable. */
  readonly code: string
  readonly text: string
}

interface Facts extends Pick<Tried, 'settings' | 'stretch' | 'startedAt' | 'mode' | 'finished' | 'exchanges'> {
  readonly sighting: Sighting
  readonly clockOffMs: number | null
}

/** Before it there were no audit logs to read. */
const earliestMs = Date.UTC(2000, 0, 1)
const dayMs = 86_400_000
/** Below this a clock is as good as right. */
const clockMs = 60_000
/** Parameters that say how many records an answer may hold. */
const sizeName = /limit|size|count|per_page|max|^n$|^top$|^\$top$|^first$/i

/** What to do about ids, by kind of source. */
const IDS: Readonly<Record<string, string>> = {
  http: 'take event.event_id from another path, from a template of several, or write { derived: true }',
  outbox: 'take fields.event_id from another path',
}

/** `type`: the kind of source, whose file can be changed. */
export function remarksOf(facts: Facts, type: string): readonly Remark[] {
  return [
    ...timeRemarks(facts),
    ...conflictRemarks(facts.sighting, type),
    ...outsideRemarks(facts),
    ...repeatRemarks(facts.sighting),
    ...(type === 'http' ? endRemarks(facts) : []),
    ...clockRemarks(facts),
    ...retentionRemarks(facts),
  ]
}

/** Seconds taken for milliseconds, and the like. */
function timeRemarks({ sighting: { firstMs, lastMs }, startedAt }: Facts): Remark[] {
  const odd =
    firstMs !== null && firstMs < earliestMs ? firstMs : lastMs !== null && lastMs > startedAt + dayMs ? lastMs : null
  if (odd === null) return []
  const text = `an event occurred at ${timeText(odd)}: occurred_at is taken from the wrong place, or in the wrong unit (as: unix_s, unix_ms, …)`
  return [{ code: 'odd_time', text }]
}

function conflictRemarks({ conflicting: { count, firstId } }: Sighting, type: string): Remark[] {
  if (count === 0) return []
  const where = IDS[type] ?? 'both are kept, and the relay warns of it'
  const text = `event_id is not unique: ${counted(count, 'event')} with the id of another, but other content, first "${firstId.slice(0, 80)}"; ${where}`
  return [{ code: 'id_not_unique', text }]
}

function outsideRemarks({ sighting: { outside, events }, stretch, mode, startedAt }: Facts): Remark[] {
  if (!outside || !stretch || mode !== 'window') return []
  const { firstMs, count } = outside
  if (firstMs < earliestMs || firstMs > startedAt + dayMs) return []
  const which =
    count === events ? 'every event lies' : `${counted(count, 'event')} of ${events} ${count === 1 ? 'lies' : 'lie'}`
  const look =
    count * 2 > events
      ? 'look at the names of the time parameters in the request (a source that does not know them ignores them), at time.format, and at the path of occurred_at'
      : 'this does no harm where the source rounds the ends of the window; else look at time.format and time.bounds'
  return [{ code: 'outside_window', text: `${which} outside the window, the first at ${timeText(firstMs)}: ${look}` }]
}

function repeatRemarks({ repeated }: Sighting): Remark[] {
  if (repeated === 0) return []
  return [
    {
      code: 'repeated',
      text: `${counted(repeated, 'record')} came more than once, with the same content; the relay delivers each once`,
    },
  ]
}

/** A list that ended, although it looks as if more of it were to be had. */
function endRemarks({ finished, exchanges, sighting: { records } }: Facts): Remark[] {
  const last = exchanges.at(-1)
  if (!finished || !last?.reply) return []
  if (/;\s*rel="?next\b/i.test(last.reply.headers['link'] ?? ''))
    return [
      {
        code: 'next_link',
        text: 'the list ended, although its answer links to a next page (page.type: link would follow it)',
      },
    ]
  const [name] = [...(URL.parse(last.request.url)?.searchParams ?? [])].find(
    ([parameter, value]) => sizeName.test(parameter) && records > 0 && value === String(records),
  ) ?? [undefined]
  const text = `the list ended with exactly as many records as "${name}" asks for: is there a next page that "page" does not know of?`
  return name === undefined ? [] : [{ code: 'full_page', text }]
}

function clockRemarks({ clockOffMs }: Facts): Remark[] {
  if (clockOffMs === null || Math.abs(clockOffMs) < clockMs) return []
  const off = `${durationText(Math.abs(clockOffMs))} ${clockOffMs > 0 ? 'ahead of' : 'behind'}`
  return [
    {
      code: 'clock_off',
      text: `the source's clock is ${off} ours; the relay reads by the source's clock, this try asked by ours (set the clock of this machine, or give --from and --to)`,
    },
  ]
}

function retentionRemarks({ settings, stretch, startedAt }: Facts): Remark[] {
  if (!stretch || settings?.retentionMs == null || stretch.window.from >= startedAt - settings.retentionMs) return []
  const kept = durationText(settings.retentionMs)
  return [
    { code: 'before_retention', text: `the source keeps its events for ${kept}: of what is older it shows nothing` },
  ]
}

/** Cut to the second. */
export function timeText(ms: number): string {
  return Math.abs(ms) > 8.64e15 ? 'a time that no calendar has' : whole(Math.floor(ms / 1000) * 1000)
}
