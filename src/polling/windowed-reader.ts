// Pulls a source that is read in windows: for each part what has come since (live), then what is to be looked at again (sweeps), as
// long as the next pull is not due. A backfill reads its period in the same way.
import { PartFailures } from '../sources/part-failures.ts'
import type { Window } from '../sources/source.ts'
import { againFrom, tellHeldBack } from './again-from.ts'
import { beginning, cleared, inDoubt, isLongBefore } from './beginning.ts'
import { ClockBehind } from './clock-behind.ts'
import { backfillLane, type Lane, LaneStates, LIVE, liveLane, sweepLanes } from './lanes.ts'
import { endsOfParts } from './part-ends.ts'
import { type LanePage, StretchReader } from './stretch.ts'
import { type Jump, jumpTo, laneFrom, type LaneState, lookBack, plan, wholeSecond } from './window.ts'
import type { WindowedParts } from './windowed-parts.ts'

export type { Backfill } from './windowed-parts.ts'

/** A first pull that began so much too late begins anew. */
const aheadMs = 60_000
/** Clocks may step back by so much without a word: then nothing is due for a moment. */
const behindMs = 60_000

export class WindowedReader {
  readonly #parts: WindowedParts
  readonly #live: Lane
  readonly #sweeps: readonly Lane[]
  readonly #states: LaneStates
  readonly #stretches: StretchReader
  /** By part where it stood before the source told its time. */
  readonly #unsure = new Map<string, LaneState>()
  /** Parts that were begun by our clock, before the source told its time; and when, on the monotonic clock. */
  readonly #blind = new Map<string, number>()
  /** From where on something may be read again, as the pull began. */
  #rememberFrom: number | undefined
  readonly #behind: ClockBehind

  /** Throws `SetupError` when a saved cursor cannot be read. */
  constructor(parts: WindowedParts) {
    const { name, owner, settings, backfill, cursors } = parts
    this.#parts = parts
    this.#behind = new ClockBehind((notice) => parts.notice(notice))
    this.#live = backfill ? backfillLane(backfill.id, settings) : liveLane(settings)
    this.#sweeps = backfill ? [] : sweepLanes(settings)
    const mine = backfill ? cursors.map((cursor) => ({ ...cursor, lane: this.#live.name })) : cursors
    this.#states = new LaneStates({ source: name, lanes: [this.#live, ...this.#sweeps], cursors: mine, owner })
    this.#stretches = new StretchReader({
      ...parts,
      source: name,
      states: this.#states,
      sweeps: this.#sweeps,
      rememberFrom: () => this.#rememberFrom,
    })
  }

  /** Everything that is due now; sweeps give way after `dueInMs`. A part that fails does not stop the others. */
  async *read(signal: AbortSignal, dueInMs: number): AsyncGenerator<LanePage, void> {
    const { clock, reads, backfill } = this.#parts
    const dueAt = clock.monotonic() + dueInMs
    const limit = backfill?.to ?? wholeSecond(this.#now())
    const failures = new PartFailures(signal)
    const parts = (await reads.parts?.(signal)) ?? ['']
    this.#rememberFrom = backfill ? undefined : againFrom(parts, this.#around)
    for (const part of parts) yield* failures.guard(part, this.#pull(part, limit, signal))
    yield* this.#sweep(failures.sound(parts), failures, { signal, dueAt })
    if (!backfill) tellHeldBack(parts, failures.sound(parts), this.#around)
    failures.end()
    if (backfill && !signal.aborted)
      yield* endsOfParts(parts, { ...this.#parts, states: this.#states, lane: this.#live.name })
  }

  /** What was begun, then everything up to `limit`. */
  async *#pull(part: string, limit: number, signal: AbortSignal): AsyncGenerator<LanePage, void> {
    const givesWay = (): boolean => signal.aborted
    for (let planned = false; !signal.aborted;) {
      const { lost, moved } = this.#ready(part)
      if (!this.#state(part).open) {
        const next = planned && !moved ? null : this.#plan(part, limit)
        if (!next) {
          yield* this.#doubts(part)
          return this.#tellBehind(part)
        }
        planned = true
        this.#stretches.begin(this.#live, part, next)
      }
      yield* this.#stretches.readWindow({ lane: this.#live, part, lost, givesWay }, signal)
    }
  }

  /** A doubt that came with the last answer is written down at once: another process could not know of it. */
  *#doubts(part: string): Generator<LanePage, void> {
    const cursors = this.#state(part).doubted === undefined ? [] : this.#states.take(part)
    if (cursors.length > 0) yield { draft: this.#parts.newPage(), lane: LIVE, cursors, narrower: null }
  }

  /** Longest overdue first; at least one page. */
  async *#sweep(
    parts: readonly string[],
    failures: PartFailures,
    { signal, dueAt }: { readonly signal: AbortSignal; readonly dueAt: number },
  ): AsyncGenerator<LanePage, void> {
    let pages = 0
    const givesWay = (): boolean => signal.aborted || (pages > 0 && this.#parts.clock.monotonic() >= dueAt)
    for (const { lane, part } of this.#overdue(parts)) {
      if (givesWay()) return
      // Another sweep may have spared it a piece meanwhile.
      const state = this.#planSweep(lane, part)
      if (!state) continue
      this.#stretches.begin(lane, part, state)
      const errand = { lane, part, lost: null, givesWay }
      for await (const page of failures.guard(part, this.#stretches.read(errand, signal))) {
        pages++
        yield page
      }
    }
  }

  #overdue(parts: readonly string[]): readonly { readonly lane: Lane; readonly part: string }[] {
    const now = this.#now()
    const found = parts.flatMap((part) =>
      this.#sweeps.flatMap((lane) => {
        const planned = this.#planSweep(lane, part)
        return planned ? [{ lane, part, late: (now - planned.frontier) / lane.rules.lagMs }] : []
      }),
    )
    return found.toSorted((a, b) => b.late - a.late)
  }

  /** A sweep trails what is read live. */
  #planSweep({ name, rules }: Lane, part: string): LaneState | null {
    const state = this.#states.get(name, part)
    const live = this.#states.get(LIVE, part)
    return (state && live && plan(state, rules, this.#now(), live.frontier)) ?? null
  }

  /** A backfill's end was agreed on before; live reading ends at the time at which the pull began. */
  #plan(part: string, limit: number): LaneState | null {
    const now = this.#parts.backfill ? this.#now() : Math.min(this.#now(), limit)
    const state = this.#state(part)
    return this.#isBehind(part) ? lookBack(state, this.#live.rules, now) : plan(state, this.#live.rules, now, limit)
  }

  /** Our clock was set back, or is wrong since the start: no window is due, and without a request nobody tells the time. */
  #isBehind(part: string): boolean {
    return !this.#parts.backfill && this.#state(part).frontier - this.#now() > behindMs
  }

  #tellBehind(part: string): void {
    const { clock, time } = this.#parts
    const clocks = { local: clock.now(), source: time.told ?? null }
    this.#behind.tell(part, this.#isBehind(part) ? this.#state(part).frontier : null, clocks)
  }

  /** Lanes of the part that have no cursor begin; what the source has forgotten meanwhile is passed over. */
  #ready(part: string): { readonly moved: boolean; readonly lost: Window | null } {
    const state = this.#states.get(this.#live.name, part)
    const cleared = state !== undefined && this.#clear(part, state)
    const misplaced = !cleared && (state === undefined || this.#isMisplaced(part, state))
    if (misplaced) this.#place(part)
    const moved = cleared || misplaced
    const jumped = moved || this.#parts.backfill ? null : this.#jump(part, state)
    this.#beginSweeps(part)
    return { moved: moved || jumped !== null, lost: jumped?.lost ?? null }
  }

  /** It was begun by a clock that was wrong, and has read nothing since. */
  #isMisplaced(part: string, state: LaneState): boolean {
    const { backfill, time, clock } = this.#parts
    const { frontier, floor } = state
    if (backfill || !time.known) return false
    const placedAt = this.#blind.get(part)
    this.#blind.delete(part)
    if (placedAt === undefined) return frontier === floor && floor > this.#now()
    const elapsed = clock.monotonic() - placedAt
    const begun = this.#start() - elapsed
    this.#states.set(LIVE, part, inDoubt(state, this.#parts, elapsed))
    return floor - begun > aheadMs || isLongBefore(floor, begun)
  }

  /** It was begun while our clock was far behind the source's; true when they agree now, and it goes on where the source's had it begin. */
  #clear(part: string, state: LaneState): boolean {
    const next = cleared(state, this.#parts)
    if (!next) return false
    const isMoved = next.floor !== state.floor
    for (const { name } of isMoved ? [this.#live, ...this.#sweeps] : [this.#live]) this.#states.set(name, part, next)
    return isMoved
  }

  #place(part: string): void {
    const { backfill, settings, time, clock } = this.#parts
    if (!time.known) this.#blind.set(part, clock.monotonic())
    const state = laneFrom(backfill?.from ?? this.#start(), settings.maxWindowMs)
    for (const { name } of [this.#live, ...this.#sweeps]) this.#states.set(name, part, state)
    if (!backfill && time.known) this.#states.set(LIVE, part, inDoubt(state, this.#parts, 0))
  }

  #start(): number {
    return beginning(this.#parts.settings, this.#now())
  }

  /**
   * Not before the source has told its time: ours may be wrong by years. Written down with the first page behind the gap: as long as the
   * source does not answer, nobody knows where it ends.
   */
  #jump(part: string, state: LaneState): Jump | null {
    const { time, settings } = this.#parts
    if (settings.retentionMs === null) return null
    if (!time.known) {
      if (!this.#unsure.has(part)) this.#unsure.set(part, state)
      return null
    }
    const before = this.#unsure.get(part) ?? state
    this.#unsure.delete(part)
    const horizon = wholeSecond(this.#now() - settings.retentionMs)
    const jump = jumpTo(state, horizon)
    if (!jump) return null
    for (const { name } of [this.#live, ...this.#sweeps]) {
      const passed = jumpTo(this.#states.get(name, part) ?? state, horizon)
      if (passed) this.#states.set(name, part, passed.state)
    }
    const isRead = before.frontier > before.floor
    return isRead ? { ...jump, lost: { from: before.frontier, to: horizon } } : jump
  }

  /** A sweep that is new looks at what live reading has read within its delay. */
  #beginSweeps(part: string): void {
    const { frontier, floor } = this.#state(part)
    const { maxWindowMs } = this.#parts.settings
    for (const { name, rules } of this.#sweeps)
      if (!this.#states.get(name, part))
        this.#states.set(name, part, laneFrom(Math.max(floor, frontier - rules.lagMs), maxWindowMs))
  }

  get #around(): Parameters<typeof againFrom>[1] {
    return { ...this.#parts, states: this.#states, lanes: [this.#live, ...this.#sweeps] }
  }

  #now(): number {
    return Math.floor(this.#parts.time.now())
  }

  #state(part: string): LaneState {
    const state = this.#states.get(this.#live.name, part)
    if (!state) throw new Error(`lane ${this.#live.name} was not begun`)
    return state
  }
}
