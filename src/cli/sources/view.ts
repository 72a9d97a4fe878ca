// What `sources show` looks at: one source with how far each lane of it has been read. Pure.
import type { RelayConfig, SourceConfig } from '../../config/config.ts'
import { SetupError } from '../../model/errors.ts'
import { LIVE, sweepDelayMs } from '../../polling/lanes.ts'
import { ownerOf } from '../../polling/owner.ts'
import { type Reading, WIDEST_MS } from '../../polling/reset.ts'
import { viewOf } from '../../polling/window-state.ts'
import type { WindowDefaults } from '../../sources/source.ts'
import { windowSettings } from '../../sources/window-settings.ts'
import type { Notice } from '../../store/notices.ts'
import type { StoredRequest } from '../../store/requests.ts'
import type { Cursor, SourceOverview } from '../../store/store.ts'
import { type ShownSource } from '../control-view.ts'

/** How far one lane has read one part, in source time, ms. */
export interface ShownLane {
  readonly lane: string
  readonly part: string
  readonly frontier: number
  readonly lagMs: number
  /** The window that is being read. */
  readonly window: { readonly from: number; readonly to: number; readonly begun: boolean } | null
  /** How far the pull goes that it belongs to. */
  readonly until: number | null
  /** How wide its windows are at present; null while nobody has narrowed them, where the configuration is not known. */
  readonly widthMs: number | null
}

export interface SourceDetail {
  readonly shown: ShownSource
  /** Undefined when it has not been read yet. */
  readonly known: SourceOverview | undefined
  /** As it is written: every so often, or by the clock; null without the configuration. */
  readonly schedule: string | null
  /** Undefined without the configuration. */
  readonly windows: WindowDefaults | null | undefined
  readonly lanes: readonly ShownLane[]
  /** Cursors of a source that keeps its own place. */
  readonly ownCursors: number
  readonly backfills: readonly StoredRequest[]
  /** What was lost or passed over, newest first. */
  readonly gaps: readonly Notice[]
  /** Source time up to which what was read may be forgotten. */
  readonly forgottenTo: number | null
  /** When all of it was looked at. */
  readonly now: number
}

/** Lanes that are read in windows: live, then sweeps, the shortest delay first, then backfills. `maxWindowMs`: as the file has it now. */
export function lanesOf(cursors: readonly Cursor[], now: number, maxWindowMs = Infinity): readonly ShownLane[] {
  const shown = cursors.flatMap(({ lane, part, value }): readonly ShownLane[] => {
    const view = viewOf(value)
    if (!view) return []
    const { frontier, open, until } = view
    const width = Math.min(view.widthMs, maxWindowMs)
    const widthMs = width === WIDEST_MS ? null : width
    return [{ lane, part, frontier, lagMs: Math.max(0, now - frontier), window: open, until, widthMs }]
  })
  return shown.toSorted(
    (a, b) => orderOf(a) - orderOf(b) || delayOf(a) - delayOf(b) || compare(a.lane, b.lane) || compare(a.part, b.part),
  )
}

/** How far the part that is farthest behind has been read; null for a source that keeps its own place, or was not read yet. */
export function liveFrontier(cursors: readonly Cursor[]): number | null {
  const live = cursors.filter(({ lane }) => lane === LIVE).map(({ value }) => viewOf(value)?.frontier)
  const known = live.filter((frontier) => frontier !== undefined)
  return known.length === 0 ? null : Math.min(...known)
}

/** How it is read in windows: null when it cannot be; undefined when nobody can tell. */
export function windowsOf(source: SourceConfig | undefined): WindowDefaults | null | undefined {
  if (!source) return undefined
  const { kind, windows = {} } = source
  if (!kind.windows) return null
  try {
    const usual = kind.windows(source.options())
    return usual && !usual.ofCursor ? windowSettings(usual, windows) : null
  } catch (error) {
    // A secret is missing here; the relay may well have it.
    if (error instanceof SetupError) return undefined
    throw error
  }
}

/** Tells how each source of the configuration is read live; undefined where nobody can tell. */
export function readingIn(config: RelayConfig | undefined): (name: string) => Reading | undefined {
  return (name) => {
    const source = configured(config, name)
    const windows = windowsOf(source)
    if (!source || windows === undefined) return undefined
    const { kind } = source
    const options = source.options()
    return { windowed: windows !== null, ...kind.originOf?.(options), owner: ownerOf(kind, options) }
  }
}

export function configured(config: RelayConfig | undefined, name: string): SourceConfig | undefined {
  return config?.sources.find((source) => source.name === name)
}

function orderOf({ lane }: ShownLane): number {
  return lane === LIVE ? 0 : lane.startsWith('sweep') ? 1 : 2
}

function delayOf({ lane }: ShownLane): number {
  return sweepDelayMs(lane) ?? 0
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
