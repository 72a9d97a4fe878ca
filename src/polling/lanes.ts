// The lanes of a source that is read in windows: their names, their rules, and how far each has read each part. What changes is handed
// out with the next page of the part, so that it is committed with it.
import { parseDuration } from '../model/units.ts'
import type { CursorChange, SavedCursor, WindowDefaults } from '../sources/source.ts'
import type { Owner } from './owner.ts'
import { type LaneRules, type LaneState } from './window.ts'
import { adapted } from './window.ts'
import { parseState, stateText } from './window-state.ts'

export const LIVE = 'live'
const sweepPrefix = 'sweep '
/** A sweep looks when a quarter of its delay has come together. */
const sweepShare = 4

/** A saved cursor with the lane that it belongs to; without one it is live. */
export interface LaneCursor extends SavedCursor {
  readonly lane?: string
}

/** A change of a cursor; without a lane it is of the lane of its page. */
export interface LaneChange extends CursorChange {
  readonly lane?: string
}

export interface Lane {
  readonly name: string
  readonly rules: LaneRules
}

export function liveLane({ settleMs, overlapMs, maxWindowMs }: WindowDefaults): Lane {
  return { name: LIVE, rules: { lagMs: settleMs, overlapMs, maxWindowMs, stepMs: 0 } }
}

/** Reads the past once, so that it needs no overlap. */
export function backfillLane(id: string | number, { settleMs, maxWindowMs }: WindowDefaults): Lane {
  return { name: `backfill ${id}`, rules: { lagMs: settleMs, overlapMs: 0, maxWindowMs, stepMs: 0 } }
}

/** Shortest delay first. */
export function sweepLanes({ sweepsMs, maxWindowMs }: WindowDefaults): readonly Lane[] {
  return sweepsMs.map((lagMs) => ({
    name: sweepPrefix + delayText(lagMs),
    rules: { lagMs, overlapMs: 0, maxWindowMs, stepMs: Math.ceil(lagMs / sweepShare) },
  }))
}

/** Whether a lane is read along with live reading. */
export function isPulled(lane: string): boolean {
  return lane === LIVE || lane.startsWith(sweepPrefix)
}

/** The delay of a sweep's lane, ms; undefined for another lane. */
export function sweepDelayMs(lane: string): number | undefined {
  return lane.startsWith(sweepPrefix) ? parseDuration(lane.slice(sweepPrefix.length)) : undefined
}

function delayText(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ]
  for (const [unit, length] of units) {
    // A day is 24h to most people who write it down.
    const isRound = ms % length === 0 && (unit !== 'd' || ms > length)
    if (isRound) return `${ms / length}${unit}`
  }
  return `${ms}ms`
}

export interface LaneStatesParts {
  readonly source: string
  readonly lanes: readonly Lane[]
  readonly cursors: readonly LaneCursor[]
  /** Written with what is saved. */
  readonly owner?: Owner
}

/** Throws `SetupError` when a saved cursor cannot be read. */
export class LaneStates {
  readonly #states = new Map<string, LaneState>()
  /** By part the lanes whose cursor is to be written; null: forgotten. */
  readonly #changed = new Map<string, Map<string, LaneState | null>>()

  readonly #owner: Owner | undefined

  constructor({ source, lanes, cursors, owner }: LaneStatesParts) {
    this.#owner = owner
    for (const { lane = LIVE, part, value } of cursors) {
      const known = lanes.find(({ name }) => name === lane)
      if (known) {
        const state = parseState(value, { source, lane, part })
        this.#states.set(keyOf(lane, part), adapted(state, known.rules.maxWindowMs))
      } else if (sweepDelayMs(lane) !== undefined) this.#note(lane, part, null)
    }
  }

  get(lane: string, part: string): LaneState | undefined {
    return this.#states.get(keyOf(lane, part))
  }

  set(lane: string, part: string, state: LaneState): void {
    if (this.get(lane, part) === state) return
    this.#states.set(keyOf(lane, part), state)
    this.#note(lane, part, state)
  }

  /** The earliest time to which a lane has read one of the parts; Infinity when none has begun. */
  earliest(lanes: readonly Lane[], parts: readonly string[]): number {
    const all = lanes.flatMap(({ name }) => parts.map((part) => this.get(name, part)?.frontier ?? Infinity))
    return all.reduce((a, b) => Math.min(a, b), Infinity)
  }

  /** The parts that the lane has begun. */
  partsOf(lane: string): readonly string[] {
    const places = [...this.#states.keys()].map((key) => JSON.parse(key) as readonly [string, string])
    return places.filter(([name]) => name === lane).map(([, part]) => part)
  }

  forget(lane: string, part: string): void {
    this.#states.delete(keyOf(lane, part))
    this.#note(lane, part, null)
  }

  /** What has changed for the part since it was last asked. */
  take(part: string): readonly LaneChange[] {
    const changed = this.#changed.get(part)
    this.#changed.delete(part)
    return [...(changed ?? [])].map(([lane, state]) => ({ lane, part, value: state && this.textOf(state) }))
  }

  /** As it is saved. */
  textOf(state: LaneState): string {
    return stateText(state, this.#owner)
  }

  #note(lane: string, part: string, state: LaneState | null): void {
    const changed = this.#changed.get(part) ?? new Map<string, LaneState | null>()
    this.#changed.set(part, changed.set(lane, state))
  }
}

/** A part of a lane as one key. */
export function keyOf(lane: string, part: string): string {
  return JSON.stringify([lane, part])
}
