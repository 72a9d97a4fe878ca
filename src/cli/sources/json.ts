// The machine form of `sources show`. The names here are a promise to scripts: add, never rename. Times are RFC 3339 in UTC.
import { isoTime } from '../../runtime/clock.ts'
import { LATENESS_BOUNDS } from '../../store/lateness.ts'
import { timeOrNull } from '../control-report.ts'
import { backfillJson } from './backfill-words.ts'
import type { ShownLane, SourceDetail } from './view.ts'

export function sourceJson(detail: SourceDetail): object {
  const { shown, known, schedule, windows, lanes, backfills, gaps, forgottenTo } = detail
  const { name, type, status, why, lastEventAt, nextPullAt } = shown
  return {
    name,
    type,
    status,
    inactive_because: why,
    schedule,
    next_pull_at: timeOrNull(nextPullAt),
    last_pull: pullJson(known),
    last_event_at: timeOrNull(lastEventAt),
    counts: {
      new: known?.new ?? 0,
      duplicates: known?.duplicates ?? 0,
      conflicts: known?.conflicts ?? 0,
      quarantined: known?.quarantined ?? 0,
    },
    windows: windows ? windowsJson(windows) : null,
    lanes: lanes.map(laneJson),
    late: (known?.late ?? []).map(({ lane, buckets }) => ({
      lane,
      events: buckets.map((events, bucket) => {
        const most = LATENESS_BOUNDS[bucket]
        return { up_to_seconds: most === undefined ? null : most / 1000, events }
      }),
    })),
    remembered_after: timeOrNull(forgottenTo),
    gaps: gaps.map(({ at, by, data }) => ({ at: isoTime(at), by, ...data })),
    quarantine: (known?.quarantine ?? []).map(({ at, ...record }) => ({ at: isoTime(at), ...record })),
    backfills: backfills.map(backfillJson),
  }
}

function pullJson(known: SourceDetail['known']): object | null {
  if (!known?.lastPull) return null
  const { at, ok, error, notices } = known.lastPull
  return { at: isoTime(at), ok, error, notices }
}

function windowsJson(windows: NonNullable<SourceDetail['windows']>): object {
  const { settleMs, overlapMs, maxWindowMs, sweepsMs, retentionMs } = windows
  return {
    settle_seconds: settleMs / 1000,
    overlap_seconds: overlapMs / 1000,
    max_window_seconds: maxWindowMs / 1000,
    sweep_seconds: sweepsMs.map((ms) => ms / 1000),
    retention_seconds: retentionMs === null ? null : retentionMs / 1000,
  }
}

function laneJson({ lane, part, frontier, lagMs, window, until, widthMs }: ShownLane): object {
  const reading = window && { from: isoTime(window.from), to: isoTime(window.to), begun: window.begun }
  return {
    lane,
    part,
    read_up_to: isoTime(frontier),
    lag_seconds: lagMs / 1000,
    window: reading,
    until: timeOrNull(until),
    width_seconds: widthMs === null ? null : widthMs / 1000,
  }
}
