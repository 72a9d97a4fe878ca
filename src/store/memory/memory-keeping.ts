// The verbs of health, pulls, notices, of old dead letters and of bounds in memory.
import type { BufferVerbs, Trimmed } from '../buffer.ts'
import type { Elapsed } from '../elapsed.ts'
import { type NewNotice, type Notice, noticesOfGaps, type NoticeVerbs } from '../notices.ts'
import { type Expiry, type RetentionVerbs, UNCHANGED } from '../retention.ts'
import type { Health, PullRecord } from '../store.ts'
import { expireInMemory } from './memory-expiring.ts'
import { noteInMemory, waitingInMemory } from './memory-notices.ts'
import type { MemoryState } from './memory-state.ts'
import { overInMemory, trimInMemory } from './memory-trimming.ts'

export class MemoryKeeping implements NoticeVerbs, RetentionVerbs, BufferVerbs {
  readonly #held: (now?: number) => MemoryState
  readonly #lived: (now: number) => Elapsed

  /** `held` gives the state, or throws when another store has taken it over. */
  constructor(held: (now?: number) => MemoryState, lived: (now: number) => Elapsed) {
    this.#held = held
    this.#lived = lived
  }

  async saveHealth(
    destination: string,
    health: Health,
    now: number,
    notices: readonly NewNotice[] = [],
  ): Promise<void> {
    const state = this.#held(now)
    state.destination(destination).health = structuredClone(health)
    noteInMemory(state, notices, now)
  }

  async savePull(source: string, pull: PullRecord, now: number): Promise<void> {
    const state = this.#held(now)
    const kept = state.source(source)
    noteInMemory(state, noticesOfGaps(source, pull, kept.lastPull), now)
    kept.lastPull = structuredClone(pull)
  }

  async note(notices: readonly NewNotice[], now: number): Promise<void> {
    noteInMemory(this.#held(now), notices, now)
  }

  async waitingNotices(now: number, limit: number): Promise<readonly Notice[]> {
    return waitingInMemory(this.#held(now), now, limit)
  }

  async expireDeadLetters(destination: string, keepMs: number, now: number): Promise<Expiry> {
    const state = this.#held(now)
    const lived = this.#lived(now)
    if (!lived.agrees(now)) return UNCHANGED
    return expireInMemory(state, destination, keepMs, lived.moment(now))
  }

  async overBuffer(now: number): Promise<readonly string[]> {
    return overInMemory(this.#held(now), this.#since(now))
  }

  async trimBuffer(destination: string, now: number): Promise<Trimmed> {
    return trimInMemory(this.#held(now), destination, { since: this.#since(now), at: this.#lived(now).moment(now) })
  }

  /** From which age on nothing is too old for `maxAgeMs`; nothing is while the clocks disagree. */
  #since(now: number): (maxAgeMs: number) => number {
    const lived = this.#lived(now)
    const age = lived.agrees(now) ? lived.ms() : -Infinity
    return (maxAgeMs) => age - maxAgeMs
  }
}
