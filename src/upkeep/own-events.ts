// Carries what must be audited into events of the built-in source `relay`, each exactly once: the page that holds the events also says
// which notices it carried, in one transaction.
import { StateFullError } from '../model/errors.ts'
import { Identity } from '../model/identity.ts'
import { encodeOwnPage, type OwnRoute } from '../polling/own-page.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import { type Notice, RELAY_SOURCE } from '../store/notices.ts'
import type { Store } from '../store/store.ts'
import { ownEvent } from './own-event.ts'

/** Notices in one page. */
const pageNotices = 200

export interface OwnEventsParts {
  readonly store: Store
  readonly clock: Clock
  /** The destinations that read the relay's own events; called once there is one, because compiling filters costs memory. */
  readonly routes: () => readonly OwnRoute[]
  /** A page was committed. */
  readonly committed: () => void
}

export class OwnEvents {
  readonly #parts: OwnEventsParts
  readonly #identity: Identity
  #routes: readonly OwnRoute[] | undefined
  /** Two at a time would take the same notices. */
  #turn: Promise<unknown> = Promise.resolve()
  #carried = 0

  constructor(parts: OwnEventsParts) {
    this.#parts = parts
    this.#identity = new Identity(parts.store.identity.secret)
  }

  /** How many this process has made. */
  get carried(): number {
    return this.#carried
  }

  /** Makes events of what waits; while there is no room for them it waits on. */
  step(): Promise<void> {
    const turn = this.#turn.then(() => this.#carryAll())
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #carryAll(): Promise<void> {
    const { store, clock } = this.#parts
    try {
      for (let more = true; more;) {
        const waiting = await store.waitingNotices(clock.now(), pageNotices)
        if (waiting.length > 0) await this.#carry(waiting)
        more = waiting.length === pageNotices
      }
    } catch (error) {
      if (!(error instanceof StateFullError)) throw error
    }
  }

  async #carry(notices: readonly Notice[]): Promise<void> {
    const { store, clock, routes, committed } = this.#parts
    this.#routes ??= routes()
    const events = notices.map((notice) => ownEvent(notice, store.identity.instance))
    const encoded = encodeOwnPage(events, this.#routes, this.#identity)
    crashPoint('before-own-events')
    const ids = notices.map(({ id }) => id)
    await store.commitPage({ ...encoded, source: RELAY_SOURCE, lane: 'live', queue: 'live', notices: ids }, clock.now())
    crashPoint('after-own-events')
    this.#carried += ids.length
    committed()
  }
}
