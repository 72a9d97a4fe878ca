// The verbs of requests in memory.
import type { Asked, RequestVerbs, StoredRequest } from '../requests.ts'
import { disableInMemory, enableInMemory, enableSourceInMemory, removeInMemory } from './memory-controlling.ts'
import { purgeInMemory, takeInMemory } from './memory-replaying.ts'
import { askInMemory, endInMemory, shownRequest } from './memory-requests.ts'
import type { MemoryState } from './memory-state.ts'

export class MemoryDesk implements RequestVerbs {
  readonly #held: (now?: number) => MemoryState

  /** `held` gives the state, or throws when another store has taken it over. */
  constructor(held: (now?: number) => MemoryState) {
    this.#held = held
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

  async setSourceEnabled(name: string, enabled: boolean, now: number): Promise<void> {
    enableSourceInMemory(this.#held(now), name, enabled)
  }

  async takeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return shownRequest(takeInMemory(this.#held(now), id, limit, now))
  }

  async purgeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return shownRequest(purgeInMemory(this.#held(now), id, limit, now))
  }
}
