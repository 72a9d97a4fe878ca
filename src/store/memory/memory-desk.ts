// The verbs of requests in memory.
import type { Moment } from '../elapsed.ts'
import type { Asked, MovedCursors, RequestVerbs, StoredRequest } from '../requests.ts'
import { controlInMemory } from './memory-controlling.ts'
import { noteInMemory } from './memory-notices.ts'
import { purgeInMemory, takeInMemory } from './memory-replaying.ts'
import { canBeginInMemory, takeKeptInMemory } from './memory-retaking.ts'
import { saveInMemory } from './memory-committing.ts'
import { askInMemory, backfillInMemory, beginInMemory, endInMemory, shownRequest } from './memory-requests.ts'
import type { MemoryState } from './memory-state.ts'

export class MemoryDesk implements RequestVerbs {
  readonly #held: (now?: number) => MemoryState
  readonly #moment: (now: number) => Moment

  /** `held` gives the state, or throws when another store has taken it over. */
  constructor(held: (now?: number) => MemoryState, moment: (now: number) => Moment) {
    this.#held = held
    this.#moment = moment
  }

  async ask(asked: Asked, by: string, now: number): Promise<number> {
    return askInMemory(this.#held(now), asked, by, now)
  }

  async openRequests(): Promise<readonly StoredRequest[]> {
    return this.#held()
      .requests.filter(({ finishedAt }) => finishedAt === null)
      .map(shownRequest)
  }

  async finishRequest(
    id: number,
    end: { readonly ok: boolean; readonly text: string },
    now: number,
    moved?: MovedCursors,
  ): Promise<void> {
    const state = this.#held(now)
    if (!endInMemory(state, id, end, now) || !moved) return
    const source = state.source(moved.source)
    source.rememberFrom = Math.min(source.rememberFrom, moved.rememberFrom ?? Infinity)
    for (const { lane, ...cursor } of moved.cursors) saveInMemory(source, lane, [cursor], state.nextSeq)
    noteInMemory(state, moved.noticed ?? [], now)
  }

  async beginBackfill(id: number, now: number): Promise<void> {
    // Nothing is forgotten in memory, so that it may begin anywhere.
    beginInMemory(this.#held(now), id, now)
  }

  async saveTrouble(id: number, trouble: string | null, now: number): Promise<void> {
    backfillInMemory(this.#held(now), id, (far) => ({ ...far, trouble }))
  }

  async control(id: number, configured: readonly string[], now: number): Promise<StoredRequest> {
    return shownRequest(controlInMemory(this.#held(now), id, configured, now))
  }

  async takeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return shownRequest(takeInMemory(this.#held(now), id, limit, this.#moment(now)))
  }

  async takeKept(id: number, limit: number, now: number): Promise<StoredRequest> {
    return shownRequest(takeKeptInMemory(this.#held(now), id, limit, now))
  }

  async canBegin(id: number): Promise<boolean> {
    return canBeginInMemory(this.#held(), id)
  }

  async purgeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return shownRequest(purgeInMemory(this.#held(now), id, limit, now))
  }
}
