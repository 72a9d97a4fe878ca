// Where a source that is new begins, and what is done about a beginning by a clock that was far behind: what lies between is older than
// was asked for, and is not read once that is known. Pure.
import { laneFrom, type LaneState, wholeSecond } from './window.ts'
import type { WindowedParts } from './windowed-parts.ts'

type Around = Pick<WindowedParts, 'settings' | 'time'>

/** A smaller difference is read through: that costs little, and a source may have been out of reach for so long. */
const doubtMs = 86_400_000
/** What the source tells is cut off at the second. */
const toldMs = 1000

/** `start` ago, as far as the source keeps that. */
export function beginning({ startMs, retentionMs }: WindowedParts['settings'], now: number): number {
  return Math.max(0, wholeSecond(Math.floor(now) - Math.min(startMs, retentionMs ?? Infinity)))
}

export function isLongBefore(floor: number, begun: number): boolean {
  return begun - floor > doubtMs
}

/** The state of a part that was begun `elapsedMs` ago; with where the source's clock would have it begin, when ours is far behind. */
export function inDoubt(state: LaneState, { settings, time }: Around, elapsedMs: number): LaneState {
  if (time.told === null || time.told === undefined) return state
  const bySource = beginning(settings, time.told - elapsedMs)
  return isLongBefore(state.floor, bySource) ? { ...state, doubted: bySource } : state
}

/** How it goes on now that the clocks agree; null where nothing is in doubt, or still is. */
export function cleared(state: LaneState, { time }: Pick<Around, 'time'>): LaneState | null {
  const { doubted, frontier, width } = state
  if (doubted === undefined || time.told === null || time.told === undefined) return null
  const now = time.now()
  if (now < time.told - toldMs) return null
  // A clock of the source that was ahead itself, and was mended, has it begin in what is still to come.
  return doubted > frontier && doubted <= now ? laneFrom(doubted, width) : { ...state, doubted: undefined }
}
