// What a replay of events would send, as text and as JSON. The names in JSON are a promise to scripts: add, never rename.
import { isoTime } from '../runtime/clock.ts'
import type { KeptEvents, Period } from '../store/kept.ts'
import type { DestinationOverview } from '../store/store.ts'
import { printable } from '../telemetry/escape.ts'
import { counted, countText } from '../telemetry/units.ts'
import type { Paint } from './paint.ts'
import { wrap } from './text-width.ts'

export interface ReplayPlan {
  readonly destination: string
  readonly period: Period
  /** As it was written. */
  readonly rate: string | undefined
  readonly kept: KeptEvents
  /** What the destination has not had yet, whenever it occurred: of this nothing is sent. */
  readonly aside: Pick<DestinationOverview, 'waiting' | 'retrying' | 'dead'>
  /** What stands in the way of their delivery. */
  readonly doubts: readonly string[]
  /** Whether a relay runs. */
  readonly beside: boolean
}

/** What it is about, and then what should be known before. */
export function planLines(plan: ReplayPlan, { paint, width }: { paint: Paint; width: number }): readonly string[] {
  const { destination, period, rate, kept } = plan
  const most = asideOf(plan) > 0 ? 'Up to ' : ''
  const what = kept.events === 0 ? 'No event to send again' : `${most}${counted(kept.events, 'event')} to send again`
  const where = `to ${printable(destination)}${rate === undefined ? '' : `, at most ${printable(rate)}`}`
  const when = `from ${whole(period.from)} to ${whole(period.to)}`
  return [
    ...wrap(`${what} ${where}: what occurred ${when}`, width).map((line) => paint.strong(line)),
    ...warningsOf(plan).flatMap((text) => wrap(printable(text), width).map((line) => paint.warning(line))),
  ]
}

function asideOf({ aside: { waiting, retrying, dead } }: ReplayPlan): number {
  return waiting + retrying + dead
}

/** Which of them are dead or wait is seen only when they are gone through. */
function leftOut(plan: ReplayPlan): readonly string[] {
  if (plan.kept.events === 0 || asideOf(plan) === 0) return []
  const { waiting, retrying, dead } = plan.aside
  const parts = [
    ...(waiting > 0 ? [`${countText(waiting)} waiting`] : []),
    ...(retrying > 0 ? [`${countText(retrying)} retrying`] : []),
    ...(dead > 0 ? [counted(dead, 'dead letter')] : []),
  ]
  const last = parts.pop() as string
  const all = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`
  const replayed = dead > 0 ? ', and "audit-relay dlq replay" sends dead letters' : ''
  return [`Those of its ${all} that occurred in that time are left out: what waits comes anyway${replayed}.`]
}

/** Sentences. */
function warningsOf(plan: ReplayPlan): readonly string[] {
  const {
    period,
    kept: { keptSince },
    doubts,
  } = plan
  const short =
    keptSince !== null && period.from < keptSince
      ? [
          `Only what occurred since ${whole(keptSince)} is kept in full; what is older was removed after "state.keep" (or for want of room), and only its source may still have it.`,
        ]
      : []
  return [...leftOut(plan), ...short, ...doubts.map((doubt) => `${doubt}.`)]
}

/** A time without milliseconds where there are none. */
export function whole(ms: number): string {
  return isoTime(ms).replace('.000Z', 'Z')
}

export function planJson(plan: ReplayPlan, dryRun: boolean): object {
  const { destination, period, kept, beside } = plan
  return {
    dry_run: dryRun,
    destination,
    from: isoTime(period.from),
    to: isoTime(period.to),
    events: kept.events,
    pages: kept.pages,
    kept_since: kept.keptSince === null ? null : isoTime(kept.keptSince),
    relay_running: beside,
    warnings: warningsOf(plan),
  }
}
