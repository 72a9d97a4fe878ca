// Judges what the state says: status words, lag, balance, and the problems that monitoring should hear of. Pure.
import { reservedSource } from '../../config/shared-schema.ts'
import { destinationEquations, faultsOf, sourceEquations } from '../../store/balance.ts'
import type { DestinationOverview, Overview, PullRecord, SourceOverview } from '../../store/store.ts'
import { counted, countText, durationText, sizeText } from '../../telemetry/units.ts'

export type StatusWord = 'Active' | 'Active with errors' | 'Inactive'

/** Something that a person should look at. `code` is stable. */
export interface Problem {
  readonly code: string
  /** Name of the source or destination, or `relay`. */
  readonly subject: string
  readonly text: string
}

export interface Expectations {
  /** How long an event may wait, ms. */
  readonly maxLagMs: number
  /** The relay is run by cron: it need not run now. */
  readonly scheduled: boolean
  /** Room of the state, where the configuration is known. */
  readonly maxBytes?: number
  /** Names of the sources of the configuration, where it is known. */
  readonly configured?: readonly string[]
}

/** The sources that an operator wrote, and behind them the relay's own, once it has events. */
export function shownSources({ sources }: Overview): readonly SourceOverview[] {
  const own = sources.filter(({ name, pulled }) => name === reservedSource && pulled > 0)
  return [...sources.filter(({ name }) => name !== reservedSource), ...own]
}

/** What the relay has to say of itself: that the configuration on disk changed. */
export function ownNotices({ sources }: Overview): PullRecord['notices'] {
  return sources.find(({ name }) => name === reservedSource)?.lastPull?.notices ?? []
}

/** Why a source is not read; the relay's own is in no file. */
export function whyNotRead(
  { name, enabled }: Pick<SourceOverview, 'name' | 'enabled'>,
  configured: readonly string[] | undefined,
): readonly ('not_configured' | 'command')[] {
  const isKnown = configured === undefined || name === reservedSource || configured.includes(name)
  return [...(isKnown ? [] : (['not_configured'] as const)), ...(enabled ? [] : (['command'] as const))]
}

/** Status of a source: errors are a last pull that failed, or a lasting notice of level `error`; of one that is not read they are over. */
export function sourceStatus(source: SourceOverview, configured?: readonly string[]): StatusWord {
  if (whyNotRead(source, configured).length > 0) return 'Inactive'
  return source.lastPull && (!source.lastPull.ok || errorNotices(source).length > 0) ? 'Active with errors' : 'Active'
}

/** Status of a destination: errors are a breaker that is not closed, or a failure since the last delivery. */
export function destinationStatus(destination: DestinationOverview): StatusWord {
  const { state, health } = destination
  if (state !== 'enabled') return 'Inactive'
  if (!health) return 'Active'
  const failed = health.lastFailure !== null && health.lastFailure.at > (lastSuccessAt(destination) ?? -Infinity)
  return health.state !== 'closed' || failed ? 'Active with errors' : 'Active'
}

/** When something was delivered last: health is written down now and then, the log of attempts with each of them. */
export function lastSuccessAt({ health, lastAttempts }: DestinationOverview): number | null {
  const delivered = lastAttempts.filter(({ verdict }) => verdict === 'delivered').map(({ at }) => at)
  const newest = Math.max(health?.lastDeliveredAt ?? -Infinity, ...delivered)
  return newest === -Infinity ? null : newest
}

export interface LastError {
  readonly at: number
  readonly code: string
  readonly text: string
  readonly status?: number
}

/** What went wrong last: the reason for which a breaker is open, else the last failure. */
export function lastError({ health }: DestinationOverview): LastError | undefined {
  if (!health) return undefined
  if (health.state !== 'closed' && health.reason) return { ...health.reason, at: health.since }
  return health.lastFailure ? { ...health.lastFailure.reason, at: health.lastFailure.at } : undefined
}

/** When something is tried next: a trial while the breaker is not closed, else the earliest retry. */
export function nextAttemptAt(destination: DestinationOverview): number | undefined {
  const { health } = destination
  if (destination.state !== 'enabled') return undefined
  if (health && health.state !== 'closed') return health.nextTrialAt
  return destination.nextRetryAt ?? undefined
}

/** How long the oldest waiting event has waited, ms; 0 when none waits. */
export function lagMs(destination: DestinationOverview, now: number): number {
  if (destination.waiting === 0 || destination.oldestWaitingAt === null) return 0
  return Math.max(0, now - destination.oldestWaitingAt)
}

/** What does not add up for a source, as sentences. */
export function sourceImbalances(source: SourceOverview): readonly string[] {
  return faultsOf(sourceEquations(source), countText)
}

/** The same for a destination. */
export function imbalances(destination: DestinationOverview): readonly string[] {
  return faultsOf(destinationEquations(destination), countText)
}

/** Everything that is wrong, the relay first. Empty means well. */
export function problemsOf(overview: Overview, expected: Expectations, now: number): readonly Problem[] {
  return [
    ...relayProblems(overview, expected, now),
    ...overview.sources.flatMap((source) => sourceProblems(source, expected, now)),
    ...overview.destinations.flatMap((destination) => destinationProblems(destination, expected, now)),
  ]
}

/** What is wrong with the relay as a whole. */
export function relayProblems(
  overview: Overview,
  { maxLagMs, scheduled, maxBytes }: Expectations,
  now: number,
): readonly Problem[] {
  const problems: Problem[] = []
  const add = (code: string, text: string) => problems.push({ code, subject: 'relay', text })
  const silentMs = overview.heartbeatAt === null ? Infinity : now - overview.heartbeatAt
  const heard = overview.heartbeatAt === null ? 'it never has' : `last sign of life ${durationText(silentMs)} ago`
  if (!overview.running && (!scheduled || silentMs > maxLagMs)) add('not_running', `does not run; ${heard}`)
  if (overview.running && silentMs > Math.max(maxLagMs, stuckMs)) add('stuck', `runs but makes no progress; ${heard}`)
  if (maxBytes !== undefined && overview.usedBytes > maxBytes * 0.9)
    add(
      'state_nearly_full',
      `the state uses ${sizeText(overview.usedBytes)} of ${sizeText(maxBytes)}; reading stops when it is full`,
    )
  return problems
}

/** A living relay beats every few seconds. */
const stuckMs = 60_000

/** What is wrong with one source. */
export function sourceProblems(source: SourceOverview, expected: Expectations, now: number): readonly Problem[] {
  const problems: Problem[] = []
  const add = (code: string, text: string) => problems.push({ code, subject: source.name, text })
  for (const fault of sourceImbalances(source)) add('imbalance', fault)
  // What was wrong with its last pull ended with it.
  if (whyNotRead(source, expected.configured).includes('not_configured')) return problems
  if (source.lastPull && !source.lastPull.ok)
    add('pull_failed', `cannot be read: ${source.lastPull.error ?? 'no reason given'}`)
  for (const notice of errorNotices(source)) add(notice.code, notice.text)
  const newest = source.quarantine[0]
  // Old quarantine is history; only what came within the window is news, so that the alarm ends by itself.
  if (newest && now - newest.at <= expected.maxLagMs)
    add(
      'quarantined',
      `${counted(source.quarantined, 'record')} quarantined, the newest ${durationText(now - newest.at)} ago: ${newest.detail}`,
    )
  return problems
}

function errorNotices(source: SourceOverview) {
  return source.lastPull?.notices.filter((notice) => notice.level === 'error') ?? []
}

/** What is wrong with one destination. */
export function destinationProblems(d: DestinationOverview, expected: Expectations, now: number): readonly Problem[] {
  const problems: Problem[] = []
  const add = (code: string, text: string) => problems.push({ code, subject: d.name, text })
  for (const fault of imbalances(d)) add('imbalance', fault)
  if (destinationStatus(d) === 'Active with errors') add('failing', lastError(d)?.text ?? 'no reason given')
  const lag = lagMs(d, now)
  if (d.state === 'enabled' && lag > expected.maxLagMs)
    add('lag', `${counted(d.waiting, 'event')} waiting, the oldest for ${durationText(lag)}`)
  if (d.state === 'parked' && d.waiting > 0)
    add('parked', `is not in the configuration and holds ${counted(d.waiting, 'waiting event')}`)
  if (d.dead > 0) add('dead_letters', counted(d.dead, 'dead letter'))
  return problems
}
