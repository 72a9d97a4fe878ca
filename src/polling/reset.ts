// What it means to set a source back, or forward, to a time: which lanes move from where. Pure.
import type { Origin } from '../sources/source.ts'
import type { Cursor } from '../store/store.ts'
import { isPulled, LIVE, sweepDelayMs } from './lanes.ts'
import { isForeign, isSameSystem, madeBy, madeText, readTo, type Way } from './made-by.ts'
import { ownOf, wrap } from './owner.ts'
import { savedOwnerOf, stateOf, stateText } from './window-state.ts'
import { laneFrom, type LaneState, spare } from './window.ts'

/** Wider than any; the lane's own rules narrow it. */
export const WIDEST_MS = Number.MAX_SAFE_INTEGER

/** One lane of one part that goes on elsewhere. */
export interface LaneMove {
  readonly lane: string
  readonly part: string
  /** What it had read to; null when that is unknown, and where it was another system that had been read. */
  readonly from: number | null
  /** Null: it is removed. */
  readonly value: string | null
  /** Nothing of this system was read before. */
  readonly isNew?: true
}

/** How a source is read live now, by its configuration. */
export type Reading = Way & Pick<Origin, 'cursorAt' | 'timeOf' | 'parts'>

/** Whether a time can be set, or something is there that has to go before it can be read on. */
export function isResettable(cursors: readonly Cursor[], reading?: Reading): boolean {
  if (canBeSet(reading)) return true
  return cursors.some((cursor) => isPulled(cursor.lane) && (reading ? isLeft(cursor, reading) : isOfTime(cursor)))
}

/** Whether it can be read from a time. */
export function canBeSet(reading?: Reading): boolean {
  return reading !== undefined && (reading.windowed || reading.cursorAt !== undefined)
}

/** Live reading went by windows, also with a cursor that this version cannot read. */
function isOfTime({ value }: Cursor): boolean {
  return madeBy(value)?.windowed ?? false
}

/** What live reading cannot go on from, and what no time can mend. */
function isLeft({ lane, part, value }: Cursor, reading: Reading): boolean {
  const { windowed, cursorAt, timeOf, parts } = reading
  const made = madeBy(value)
  if (isForeign(made, reading)) return true
  if (windowed) return made === null && parts?.includes(part) === false
  if (lane === LIVE && cursorAt) return false
  const found = ownOf(value)
  return !found || timeOf?.(found.own) === null
}

/** What is removed because it belongs to something else than the source is now. */
export interface Left {
  /** What it was read as. */
  readonly as: string
  /** Its parts are not known before it is read: they begin at `start`. */
  readonly isUnlisted: boolean
}

/** Null where nothing was read otherwise. */
export function leftIn(cursors: readonly Cursor[], reading?: Reading): Left | null {
  if (!reading) return null
  const mades = cursors.flatMap(({ lane, value }) => {
    const made = isPulled(lane) ? madeBy(value) : null
    return made && isForeign(made, reading) ? [{ lane, made }] : []
  })
  if (mades.length === 0) return null
  const as = new Set(mades.map(({ made }) => madeText(made, reading.owner)))
  const isUnlisted = canBeSet(reading) && !reading.parts && mades.some(({ lane }) => lane === LIVE)
  return { as: [...as].join(' and '), isUnlisted }
}

/** The parts that live reading knows. */
export function partsOf(cursors: readonly Cursor[]): readonly string[] {
  return cursors.filter(({ lane }) => lane === LIVE).map(({ part }) => part)
}

/**
 * What moves when live reading is to go on at `to`. What was read otherwise goes, and the parts that the source has now, as far as they
 * are known, begin there; what is not read any more stays where it is.
 */
export function movesTo(
  cursors: readonly Cursor[],
  { part: only, to }: { readonly part: string | null; readonly to: number },
  reading?: Reading,
): readonly LaneMove[] {
  const pulled = cursors.filter(({ lane, part }) => isPulled(lane) && (only === null || part === only))
  const left = reading ? pulled.filter((cursor) => isLeft(cursor, reading)) : []
  const kept = pulled.filter(
    (cursor) => !left.includes(cursor) && (only !== null || (reading?.parts?.includes(cursor.part) ?? true)),
  )
  const set = reading?.windowed === false ? ownMoves(kept, to, reading) : windowMoves(kept, to, reading)
  const begun = reading && only === null ? begunAt(to, { kept, left }, reading) : []
  const isBegun = ({ lane, part }: Cursor): boolean => lane === LIVE && begun.some((one) => one.part === part)
  const gone = left.filter((cursor) => !isBegun(cursor))
  return [...set, ...begun, ...gone.map((cursor) => removed(cursor, reading))]
}

/** Sweeps go on where they stand: what they have not looked at yet live reading does not read again; what it passes over they do, too. */
function windowMoves(chosen: readonly Cursor[], to: number, reading?: Reading): readonly LaneMove[] {
  return chosen.flatMap((cursor) => {
    const live = chosen.find(({ lane, part }) => lane === LIVE && part === cursor.part)
    const from = readTo(cursor.value, reading?.owner, reading?.timeOf)
    const { lane, part } = cursor
    const state = lane === LIVE ? laneFrom(to, WIDEST_MS) : sweepAfter(cursor, stateOf(live?.value ?? ''), to)
    const value = stateText(state, reading?.owner ?? savedOwnerOf(cursor.value))
    return (lane === LIVE ? from === to : value === cursor.value) ? [] : [{ lane, part, from, value }]
  })
}

function ownMoves(chosen: readonly Cursor[], to: number, { cursorAt, owner, timeOf }: Reading): readonly LaneMove[] {
  if (!cursorAt) return []
  return chosen
    .filter(({ lane }) => lane === LIVE)
    .map(({ lane, part, value }) => {
      return { lane, part, from: readTo(value, owner, timeOf), value: wrap(cursorAt(to), owner) }
    })
}

/** Parts that begin: they were not read, or otherwise. What all others of the same system had read counts for one that it did not have. */
function begunAt(
  to: number,
  { kept, left }: { readonly kept: readonly Cursor[]; readonly left: readonly Cursor[] },
  reading: Reading,
): readonly LaneMove[] {
  const { windowed, cursorAt, owner, timeOf, parts = [] } = reading
  if (!canBeSet(reading)) return []
  const value = !windowed && cursorAt ? wrap(cursorAt(to), owner) : stateText(laneFrom(to, WIDEST_MS), owner)
  const known = new Set(partsOf(kept))
  const before = left
    .filter((cursor) => cursor.lane === LIVE && isOfSystem(cursor, reading))
    .map((cursor) => ({ part: cursor.part, at: readTo(cursor.value, owner, timeOf) }))
  const times = before.flatMap(({ at }) => at ?? [])
  const earliest = times.length === 0 ? null : Math.min(...times)
  return parts
    .filter((part) => !known.has(part))
    .map((part) => {
      const own = before.find((one) => one.part === part)
      return { lane: LIVE, part, from: own ? own.at : earliest, value, ...(before.length === 0 && { isNew: true }) }
    })
}

/** How far it had been read counts where nothing is set instead. */
function removed({ lane, part, value }: Cursor, reading?: Reading): LaneMove {
  const isReplaced = canBeSet(reading) && reading?.parts !== undefined
  const counts = reading && !isReplaced && isOfSystem({ value }, reading)
  return { lane, part, from: counts ? readTo(value, reading.owner, reading.timeOf) : null, value: null }
}

function isOfSystem({ value }: Pick<Cursor, 'value'>, reading: Reading): boolean {
  const made = madeBy(value)
  return made === null || isSameSystem(made, reading)
}

/** One that cannot be read begins anew, before what live reading has read. */
function sweepAfter({ lane, value }: Cursor, live: LaneState | null, to: number): LaneState {
  const read = live?.frontier ?? to
  const state = stateOf(value) ?? laneFrom(Math.max(0, Math.min(read, to) - (sweepDelayMs(lane) ?? 0)), WIDEST_MS)
  return read < to ? spare(state, { from: read, to }, Infinity, 0) : state
}
