// The verbs of requests on SQLite, each one transaction.
import type { Elapsed } from '../elapsed.ts'
import { type BackfillAsked, requireRemembered } from '../backfilling.ts'
import type { Asked, MovedCursors, RequestVerbs, StoredRequest } from '../requests.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer.ts'

export class RequestDesk implements RequestVerbs {
  readonly #writer: Writer
  readonly #tables: Tables
  readonly #elapsed: Elapsed

  constructor(writer: Writer, tables: Tables, elapsed: Elapsed) {
    this.#writer = writer
    this.#tables = tables
    this.#elapsed = elapsed
  }

  ask(asked: Asked, by: string, now: number): Promise<number> {
    return this.#writer.write(() => this.#tables.requests.ask(asked, by, now))
  }

  async openRequests(): Promise<readonly StoredRequest[]> {
    this.#writer.check()
    return this.#tables.requests.open()
  }

  finishRequest(
    id: number,
    end: { readonly ok: boolean; readonly text: string },
    now: number,
    moved?: MovedCursors,
  ): Promise<void> {
    const { requests, sources, state, notices } = this.#tables
    return this.#writer.write(() => {
      if (!requests.end(id, end, now) || !moved) return
      const row = sources.ensure(moved.source)
      const source = row.id
      const { rememberFrom } = moved
      if (rememberFrom !== undefined)
        sources.rememberFrom(row, Math.min(row.remember_from ?? rememberFrom, rememberFrom))
      const stamp = { seq: state.nextSeq(), now }
      for (const { lane, ...cursor } of moved.cursors) sources.saveCursors(source, lane, [cursor], stamp)
      notices.add(moved.noticed ?? [], now)
    })
  }

  beginBackfill(id: number, now: number): Promise<void> {
    const { requests, sources } = this.#tables
    return this.#writer.write(() => {
      const { asked, state } = requests.get(id).request
      if (state !== 'asked') return
      const { source } = asked as BackfillAsked
      requireRemembered(asked as BackfillAsked, sources.forgottenTo(source))
      requests.begin(id, now)
    })
  }

  saveTrouble(id: number, trouble: string | null): Promise<void> {
    return this.#writer.write(() => this.#tables.requests.backfill(id, (far) => ({ ...far, trouble })))
  }

  control(id: number, configured: readonly string[], now: number): Promise<StoredRequest> {
    const { controlling, destinations, held } = this.#tables
    // The number of one that was removed may be given to another.
    const forget = (): void => {
      destinations.forgetNames()
      held.forget()
    }
    return this.#writer.write(() => controlling.carryOut(id, configured, now), { committed: forget, undone: forget })
  }

  takeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return this.#writer.write(() => this.#tables.replaying.take(id, limit, this.#elapsed.moment(now)))
  }

  takeKept(id: number, limit: number, now: number): Promise<StoredRequest> {
    const { retaking, held } = this.#tables
    return this.#writer.write(() => retaking.take(id, limit, now), { undone: () => held.forget() })
  }

  async canBegin(id: number): Promise<boolean> {
    this.#writer.check()
    return this.#tables.retaking.canBegin(id)
  }

  purgeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest> {
    return this.#writer.write(() => this.#tables.replaying.purge(id, limit, now))
  }
}
