// What it means to set a source back, or forward, to a time: which lanes move from where. Pure.
import type { Cursor } from '../store/store.ts'
import { isPulled, LIVE, sweepDelayMs } from './lanes.ts'
import { kindOf, stateOf, stateText, viewOf } from './window-state.ts'
import { laneFrom, type LaneState, spare } from './window.ts'

/** Wider than any; the lane's own rules narrow it. */
export const WIDEST_MS = Number.MAX_SAFE_INTEGER

/** One lane of one part that goes on elsewhere. `from`: what it had read to; null when that cannot be read. */
export interface LaneMove {
  readonly lane: string
  readonly part: string
  readonly from: number | null
  /** Null: it is removed. */
  readonly value: string | null
}

/** How a source is read now, by its configuration. */
export interface Reading {
  readonly type: string
  /** Live reading goes by windows. */
  readonly windowed: boolean
}

/** Whether live reading went by windows: its cursors say so, also one that this version cannot read. */
export function isReadByTime(cursors: readonly Cursor[]): boolean {
  return cursors.some(isOfTime)
}

function isOfTime({ lane, value }: Cursor): boolean {
  return isPulled(lane) && (viewOf(value) !== null || /"frontier"/.test(value))
}

/** The parts that live reading knows. */
export function partsOf(cursors: readonly Cursor[]): readonly string[] {
  return cursors.filter(({ lane }) => lane === LIVE).map(({ part }) => part)
}

/**
 * What moves when live reading is to go on at `to`. Sweeps go on where they stand, for what they have not looked at yet live reading
 * does not read again; what it passes over they pass over, too. Of a source that is no longer read by time what is left of that goes.
 */
export function movesTo(
  cursors: readonly Cursor[],
  { part: only, to }: { readonly part: string | null; readonly to: number },
  reading?: Reading,
): readonly LaneMove[] {
  const chosen = cursors.filter(({ lane, part }) => isPulled(lane) && (only === null || part === only))
  const kind = reading?.type
  if (reading?.windowed === false)
    return chosen.filter(isOfTime).map(({ lane, part }) => ({ lane, part, from: null, value: null }))
  return chosen.flatMap((cursor) => {
    const live = chosen.find(({ lane, part }) => lane === LIVE && part === cursor.part)
    const from = stateOf(cursor.value)?.frontier ?? null
    const { lane, part } = cursor
    const state = lane === LIVE ? laneFrom(to, WIDEST_MS) : sweepAfter(cursor, stateOf(live?.value ?? ''), to)
    const value = stateText(state, kind)
    const isThere = from === to && (kindOf(cursor.value) ?? kind) === kind
    return (lane === LIVE ? isThere : value === cursor.value) ? [] : [{ lane, part, from, value }]
  })
}

/** One that cannot be read begins anew, before what live reading has read. */
function sweepAfter({ lane, value }: Cursor, live: LaneState | null, to: number): LaneState {
  const read = live?.frontier ?? to
  const state = stateOf(value) ?? laneFrom(Math.max(0, Math.min(read, to) - (sweepDelayMs(lane) ?? 0)), WIDEST_MS)
  return read < to ? spare(state, { from: read, to }, Infinity, 0) : state
}
