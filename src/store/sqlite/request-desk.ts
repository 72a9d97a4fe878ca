// The verbs of requests on SQLite, each one transaction.
import type { Asked, RequestVerbs, StoredRequest } from '../requests.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer.ts'

export class RequestDesk implements RequestVerbs {
  readonly #writer: Writer
  readonly #tables: Tables

  constructor(writer: Writer, tables: Tables) {
    this.#writer = writer
    this.#tables = tables
  }

  ask(asked: Asked, by: string, now: number): Promise<number> {
    return this.#writer.write(() => this.#tables.requests.ask(asked, by, now))
  }

  async openRequests(): Promise<readonly StoredRequest[]> {
    this.#writer.check()
    return this.#tables.requests.open()
  }

  finishRequest(id: number, end: { readonly ok: boolean; readonly text: string }, now: number): Promise<void> {
    return this.#writer.write(() => this.#tables.requests.end(id, end, now))
  }

  disableDestination(name: string, discard: boolean, now: number): Promise<number> {
    return this.#writer.write(() => this.#tables.controlling.disable(name, discard, now))
  }

  enableDestination(name: string): Promise<void> {
    return this.#writer.write(() => this.#tables.controlling.enable(name))
  }

  removeDestination(name: string, now: number): Promise<{ waiting: number; retrying: number; dead: number }> {
    const { controlling, destinations, held } = this.#tables
    // Its number may be given to another.
    const forget = (): void => {
      destinations.forgetNames()
      held.forget()
    }
    return this.#writer.write(() => controlling.remove(name, now), { committed: forget, undone: forget })
  }

  setSourceEnabled(name: string, enabled: boolean): Promise<void> {
    return this.#writer.write(() => this.#tables.controlling.enableSource(name, enabled))
  }

  takeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return this.#writer.write(() => this.#tables.replaying.take(id, limit, now))
  }

  purgeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return this.#writer.write(() => this.#tables.replaying.purge(id, limit, now))
  }
}
