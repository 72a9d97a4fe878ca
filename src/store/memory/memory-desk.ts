// The verbs of requests in memory.
import type { Moment } from '../elapsed.ts'
import type { Asked, RequestVerbs, StoredRequest } from '../requests.ts'
import { disableInMemory, enableInMemory, enableSourceInMemory, removeInMemory } from './memory-controlling.ts'
import { purgeInMemory, takeInMemory } from './memory-replaying.ts'
import { canBeginInMemory, takeKeptInMemory } from './memory-retaking.ts'
import { askInMemory, endInMemory, shownRequest } from './memory-requests.ts'
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

  async finishRequest(id: number, end: { readonly ok: boolean; readonly text: string }, now: number): Promise<void> {
    endInMemory(this.#held(now), id, end, now)
  }

  async disableDestination(name: string, discard: boolean, now: number): Promise<number> {
    return disableInMemory(this.#held(now), name, discard, now)
  }

  async enableDestination(name: string, now: number): Promise<void> {
    enableInMemory(this.#held(now), name)
  }

  async removeDestination(name: string, now: number): Promise<{ waiting: number; retrying: number; dead: number }> {
    return removeInMemory(this.#held(now), name, now)
  }

  async setSourceEnabled(
    name: string,
    enabled: boolean,
    now: number,
    configured: readonly string[] = [],
  ): Promise<void> {
    enableSourceInMemory(this.#held(now), name, enabled, configured)
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
