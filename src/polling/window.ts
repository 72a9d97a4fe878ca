// Which window a lane reads next, and what has been read when one is finished. Pure: times come in, states come out. A stretch is what
// one pull wants to read; it is read in windows that touch and do not overlap, each at most as wide as the lane may ask for at present.
import type { Window } from '../sources/source.ts'

/** How far one lane has read one part, source time in ms. */
export interface LaneState {
  /** Everything before it has been read. It never goes back. */
  readonly frontier: number
  /** Where the lane began, or where its last gap ended: nothing before it is asked for. */
  readonly floor: number
  /** How wide the next window may be. */
  readonly width: number
  /** Windows of the full width that were finished since the width last changed. */
  readonly streak: number
  /** What was begun and is not finished. */
  readonly open: Stretch | null
  /** Ahead of the frontier: what another lane read when it was already old enough for this one. Sorted, disjoint. */
  readonly spared: readonly Window[]
  /** Where it would have begun by the source's clock, which was far ahead of ours then: one of the two was wrong. */
  readonly doubted?: number | undefined
}

/** The window that is being read is `[at, until)`; up to `at` the stretch has been read. */
export interface Stretch {
  readonly at: number
  readonly until: number
  readonly to: number
  /** What time the source had when the stretch was begun, as well as it is known. */
  readonly asOf: number
  /** Where reading goes on within the window. */
  readonly progress: string | null
}

/** How one lane is read, ms. */
export interface LaneRules {
  /** Nothing younger than this is read. */
  readonly lagMs: number
  readonly overlapMs: number
  readonly maxWindowMs: number
  /** A stretch is begun only when so much is to be read. */
  readonly stepMs: number
}

/** A window is never narrower. */
export const narrowestMs = 1000
/** So many windows of one width are finished before a wider one is tried. */
const streakToGrow = 4
/** A lane that is spared more pieces than this reads the oldest of them again. */
const mostSpared = 16

/** Windows end at whole seconds: many sources show no more of a time, and alike records of one second must be counted together. */
export function wholeSecond(ms: number): number {
  return ms - (ms % 1000)
}

/** A lane that has read nothing. */
export function laneFrom(frontier: number, maxWindowMs: number): LaneState {
  return { frontier, floor: frontier, width: maxWindowMs, streak: 0, open: null, spared: [] }
}

/** Begins a stretch up to `limit`, but not past the source's `now`; null when nothing is due. An open stretch goes on as it is. */
export function plan(state: LaneState, rules: LaneRules, now: number, limit: number): LaneState | null {
  if (state.open) return state
  const due = Math.min(limit, wholeSecond(now - rules.lagMs))
  if (due <= state.frontier || due - state.frontier < rules.stepMs) return null
  const to = Math.min(due, state.spared[0]?.from ?? Infinity)
  const at = Math.max(state.floor, wholeSecond(state.frontier - rules.overlapMs))
  return { ...state, open: windowFrom({ at, to, asOf: now }, state.width) }
}

/** Begins to read again what lies just before the frontier, though nothing new is due: what the source says shows what time it has. */
export function lookBack(state: LaneState, { overlapMs }: LaneRules, now: number): LaneState {
  const at = Math.max(state.floor, wholeSecond(state.frontier - Math.max(overlapMs, narrowestMs)))
  const to = Math.max(state.frontier, at + narrowestMs)
  return { ...state, open: windowFrom({ at, to, asOf: Math.min(now, state.frontier) }, state.width) }
}

/** The source's clock was `asOf` at most when the open stretch was begun: an answer said so. */
export function corrected(state: LaneState, asOf: number): LaneState {
  return state.open && asOf < state.open.asOf ? { ...state, open: { ...state.open, asOf } } : state
}

/** A page of the open window was read. */
export function pageRead(state: LaneState, progress: string | null): LaneState {
  return { ...state, open: { ...stretchOf(state), progress } }
}

/** The open window was read to its end. What was not old enough yet when the stretch was begun does not count as read. */
export function windowRead(state: LaneState, { lagMs, maxWindowMs }: LaneRules): LaneState {
  const { at, until, to, asOf } = stretchOf(state)
  const reach = wholeSecond(asOf - lagMs)
  const grown = widened(state, until - at, maxWindowMs)
  const end = Math.min(to, reach)
  const open = until < end ? windowFrom({ at: until, to: end, asOf }, grown.width) : null
  return skipSpared({ ...grown, open, frontier: Math.max(state.frontier, Math.min(until, reach)) })
}

/** The open window holds too much: half of it, from its beginning. Null when it cannot be narrower. */
export function narrowed(state: LaneState): LaneState | null {
  const { at, until, to, asOf } = stretchOf(state)
  if (until - at <= narrowestMs) return null
  const width = wholeSecond(Math.ceil((until - at) / 2) + 999)
  return { ...state, width, streak: 0, open: windowFrom({ at, to, asOf }, width) }
}

/** What was read of `[from, to)` at the source's time `asOf` need not be read again by a lane that wants it `lagMs` old. */
export function spare(state: LaneState, { from, to }: Window, asOf: number, lagMs: number): LaneState {
  const read = { from, to: wholeSecond(Math.min(to, asOf - lagMs)) }
  if (read.to <= Math.max(read.from, state.frontier)) return state
  return skipSpared({ ...state, spared: joined([...state.spared, read]).slice(-mostSpared) })
}

/** What the source no longer has: `lost` is what was to be read of it, null when nothing was read before. */
export interface Jump {
  readonly state: LaneState
  readonly lost: Window | null
}

/** Goes on behind what the source forgot (before `horizon`); null when it forgot nothing that was still to be read. */
export function jumpTo(state: LaneState, horizon: number): Jump | null {
  const { open, frontier, floor } = state
  const underWay = open !== null && open.progress !== null && open.until > horizon
  if (frontier >= horizon || underWay) return null
  const next = { ...state, open: null, frontier: horizon, floor: horizon - 1 }
  return { state: skipSpared(next), lost: frontier > floor ? { from: frontier, to: horizon } : null }
}

/** A state from the file of the state under rules that may have changed since. */
export function adapted(state: LaneState, maxWindowMs: number): LaneState {
  const width = Math.min(state.width, maxWindowMs)
  const { open } = state
  const fits = open === null || open.until - open.at <= maxWindowMs
  return { ...state, width, open: fits ? open : windowFrom(open, width) }
}

function windowFrom({ at, to, asOf }: Pick<Stretch, 'at' | 'to' | 'asOf'>, width: number): Stretch {
  const until = wholeSecond(at + width)
  return { at, until: Math.min(until > at ? until : at + width, to), to, asOf, progress: null }
}

/** What was begun. */
export function stretchOf({ open }: LaneState): Stretch {
  if (!open) throw new Error('no window is open')
  return open
}

function widened(state: LaneState, read: number, maxWindowMs: number): LaneState {
  if (state.width >= maxWindowMs || read < state.width) return state
  if (state.streak + 1 < streakToGrow) return { ...state, streak: state.streak + 1 }
  return { ...state, streak: 0, width: Math.min(maxWindowMs, state.width * 2) }
}

function skipSpared(state: LaneState): LaneState {
  let { frontier } = state
  for (const { from, to } of state.spared) if (from <= frontier) frontier = Math.max(frontier, to)
  const spared = state.spared.filter(({ to }) => to > frontier)
  const open = state.open && frontier >= state.open.to ? null : state.open
  return { ...state, frontier, spared, open }
}

function joined(windows: readonly Window[]): readonly Window[] {
  const sorted = windows.toSorted((a, b) => a.from - b.from)
  const result: Window[] = []
  for (const window of sorted) {
    const last = result.at(-1)
    if (!last || window.from > last.to) result.push(window)
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, window.to) }
  }
  return result
}
