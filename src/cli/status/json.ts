// The machine form of `status`. The names here are a promise to scripts: add, never rename.
import type { DestinationOverview, SourceOverview } from '../../store/store.ts'
import { purgeJson } from '../announced-purge.ts'
import { whyInactive } from '../control-view.ts'
import {
  destinationStatus,
  imbalances,
  lagMs,
  lastError,
  lastSuccessAt,
  nextAttemptAt,
  problemsOf,
  ownNotices,
  shownSources,
  sourceImbalances,
  sourceStatus,
  whyNotRead,
} from './assess.ts'
import { bufferJson } from './buffers.ts'
import type { StatusView } from './view.ts'

/** Times are RFC 3339 in UTC or null, durations seconds, sizes bytes. */
export function statusJson(view: Omit<StatusView, 'paint' | 'width'>): unknown {
  const { overview, state, expected, now } = view
  return {
    at: time(now),
    relay: {
      running: overview.running,
      heartbeat_at: time(overview.heartbeatAt),
      state,
      instance: overview.instance,
      used_bytes: overview.usedBytes,
      max_bytes: expected.maxBytes ?? null,
      notices: ownNotices(overview),
    },
    sources: shownSources(overview).map((source) => sourceJson(source, expected.configured)),
    destinations: overview.destinations.map((destination) => destinationJson(destination, now)),
    problems: problemsOf(overview, expected, now),
  }
}

function sourceJson(source: SourceOverview, configured: readonly string[] | undefined): unknown {
  const { lastPull } = source
  return {
    name: source.name,
    status: sourceStatus(source, configured),
    inactive_because: whyNotRead(source, configured),
    pulled: source.pulled,
    new: source.new,
    duplicates: source.duplicates,
    conflicts: source.conflicts,
    quarantined: source.quarantined,
    balanced: sourceImbalances(source).length === 0,
    parts: source.parts,
    last_event_at: time(source.lastEventAt),
    last_pull: lastPull && { at: time(lastPull.at), ok: lastPull.ok, error: lastPull.error },
    notices: lastPull?.notices ?? [],
    resting_backfills: (source.resting ?? []).map(({ backfill, reason }) => ({ request: backfill, reason })),
    quarantine: source.quarantine.map((record) => ({ ...record, at: time(record.at) })),
  }
}

function destinationJson(d: DestinationOverview, now: number): unknown {
  const error = lastError(d)
  return {
    name: d.name,
    type: d.type,
    status: destinationStatus(d),
    inactive_because: whyInactive(d),
    state: d.state,
    breaker: d.health?.state ?? 'closed',
    lag_seconds: lagMs(d, now) / 1000,
    offered: d.offered,
    filtered: d.filtered,
    routed: d.routed,
    delivered: d.delivered,
    waiting: d.waiting,
    retrying: d.retrying,
    dead: d.dead,
    dropped: d.dropped,
    buffer: bufferJson(d.buffer),
    purge: purgeJson(d),
    balanced: imbalances(d).length === 0,
    oldest_waiting_at: time(d.oldestWaitingAt),
    last_success_at: time(lastSuccessAt(d)),
    next_attempt_at: time(nextAttemptAt(d)),
    last_error: error ? { at: time(error.at), code: error.code, text: error.text, status: error.status ?? null } : null,
  }
}

function time(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined || Number.isNaN(ms) ? null : new Date(ms).toISOString()
}
