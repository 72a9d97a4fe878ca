// What it means to set a source back, or forward, to a time: which lanes move from where. Pure.
import type { Cursor } from '../store/store.ts'
import { isPulled, LIVE, sweepDelayMs } from './lanes.ts'
import { isForeign, madeBy } from './made-by.ts'
import { type Owner, wrap } from './owner.ts'
import { stateOf, stateText } from './window-state.ts'
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
  readonly owner: Owner
  /** Live reading goes by windows. */
  readonly windowed: boolean
  /** Of one that does not: the cursor with which it reads on from a time, ms. */
  readonly cursorAt?: ((ms: number) => string) | undefined
}

/** Whether a time can be set, or something is there that has to go before it can be read on. */
export function isResettable(cursors: readonly Cursor[], reading?: Reading): boolean {
  if (reading?.windowed || reading?.cursorAt) return true
  return cursors.some((cursor) => isPulled(cursor.lane) && (reading ? isLeft(cursor, reading) : isOfTime(cursor)))
}

/** Live reading went by windows, also with a cursor that this version cannot read. */
function isOfTime({ value }: Cursor): boolean {
  return madeBy(value)?.windowed ?? false
}

/** What was read otherwise than a source with a place of its own is now. */
function isLeft({ value }: Cursor, reading: Reading): boolean {
  return isForeign(madeBy(value), reading)
}

/** The parts that live reading knows. */
export function partsOf(cursors: readonly Cursor[]): readonly string[] {
  return cursors.filter(({ lane }) => lane === LIVE).map(({ part }) => part)
}

/**
 * What moves when live reading is to go on at `to`. Sweeps go on where they stand, for what they have not looked at yet live reading
 * does not read again; what it passes over they pass over, too. Of a source with a place of its own that no time can set, what is left of another one goes.
 */
export function movesTo(
  cursors: readonly Cursor[],
  { part: only, to }: { readonly part: string | null; readonly to: number },
  reading?: Reading,
): readonly LaneMove[] {
  const chosen = cursors.filter(({ lane, part }) => isPulled(lane) && (only === null || part === only))
  if (reading?.windowed === false) return ownMoves(chosen, to, reading)
  return chosen.flatMap((cursor) => {
    const live = chosen.find(({ lane, part }) => lane === LIVE && part === cursor.part)
    const from = stateOf(cursor.value)?.frontier ?? null
    const { lane, part } = cursor
    const state = lane === LIVE ? laneFrom(to, WIDEST_MS) : sweepAfter(cursor, stateOf(live?.value ?? ''), to)
    const value = stateText(state, reading?.owner)
    const isThere = from === to && !(reading && isForeign(madeBy(cursor.value), reading))
    return (lane === LIVE ? isThere : value === cursor.value) ? [] : [{ lane, part, from, value }]
  })
}

function ownMoves(chosen: readonly Cursor[], to: number, reading: Reading): readonly LaneMove[] {
  const { cursorAt, owner } = reading
  return chosen.flatMap((cursor): readonly LaneMove[] => {
    const { lane, part } = cursor
    if (lane === LIVE && cursorAt)
      return [{ lane, part, from: stateOf(cursor.value)?.frontier ?? null, value: wrap(cursorAt(to), owner) }]
    return isLeft(cursor, reading) ? [{ lane, part, from: null, value: null }] : []
  })
}

/** One that cannot be read begins anew, before what live reading has read. */
function sweepAfter({ lane, value }: Cursor, live: LaneState | null, to: number): LaneState {
  const read = live?.frontier ?? to
  const state = stateOf(value) ?? laneFrom(Math.max(0, Math.min(read, to) - (sweepDelayMs(lane) ?? 0)), WIDEST_MS)
  return read < to ? spare(state, { from: read, to }, Infinity, 0) : state
}
