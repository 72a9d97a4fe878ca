// What the holder of the state does besides reading and delivering: signs of life, removing what is settled and old, what operators
// ask for, and a look at the balance and at outages that last.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Bounds } from './bounds.ts'
import { BalanceWatch } from './balance-watch.ts'
import { OutageWatch } from './outage-watch.ts'
import type { OwnEvents } from './own-events.ts'
import type { DeadLetterExpiry } from './expiry.ts'
import type { Requests } from './requests.ts'

export interface UpkeepParts {
  readonly store: Store
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly requests: Requests
  readonly expiry?: DeadLetterExpiry
  readonly own?: OwnEvents
  readonly bounds?: Bounds
  /** Called about once a second. */
  readonly tick?: () => void
}

/** Something that is done again and again; true when it is to be done again at once. */
interface Chore {
  readonly everyMs: number
  /** Monotonic. */
  dueAt: number
  readonly work: () => Promise<boolean>
}

export class Upkeep {
  readonly #parts: UpkeepParts
  readonly #balance: BalanceWatch
  readonly #outages: OutageWatch

  constructor(parts: UpkeepParts) {
    this.#parts = parts
    this.#balance = new BalanceWatch(parts.telemetry)
    this.#outages = new OutageWatch(parts.telemetry, parts.clock.now())
  }

  /** Goes on until `drain`, then waits for the requests that are being carried out. */
  async run(drain: AbortSignal): Promise<void> {
    const { clock, requests } = this.#parts
    const chores = this.#chores(drain)
    while (!drain.aborted) {
      for (const chore of chores) await perform(chore, clock)
      const next = Math.min(...chores.map(({ dueAt }) => dueAt))
      await clock.sleep(Math.max(next - clock.monotonic(), 0), drain).catch(() => {})
    }
    await requests.finish()
    await this.#parts.bounds?.finish()
  }

  #chores(drain: AbortSignal): readonly Chore[] {
    const { store, clock, requests, own, expiry, bounds, tick } = this.#parts
    const dueAt = clock.monotonic()
    return [
      { everyMs: 1_000, dueAt, work: done(() => tick?.()) },
      { everyMs: 5_000, dueAt, work: done(() => store.heartbeat(clock.now())) },
      { everyMs: 1_000, dueAt, work: done(() => requests.step(drain)) },
      { everyMs: 1_000, dueAt, work: done(() => own?.step()) },
      { everyMs: 5_000, dueAt, work: done(() => bounds?.step(drain)) },
      { everyMs: 30_000, dueAt, work: () => this.#prune() },
      { everyMs: 60_000, dueAt, work: async () => (await expiry?.step()) ?? false },
      { everyMs: 60_000, dueAt, work: done(() => this.#look()) },
    ]
  }

  async #look(): Promise<void> {
    const { clock, store } = this.#parts
    const overview = await store.overview(clock.now())
    this.#balance.look(overview)
    this.#outages.look(overview, { now: clock.now(), monotonic: clock.monotonic() })
  }

  async #prune(): Promise<boolean> {
    const { clock, store, telemetry } = this.#parts
    crashPoint('before-prune')
    const { pages, more } = await store.prune(clock.now())
    crashPoint('after-prune')
    if (pages > 0) telemetry.emit({ type: 'pruned', pages })
    return more
  }
}

/** Without room on the disk a chore is put off: the relay waits for room, and does not end. */
async function perform(chore: Chore, clock: Clock): Promise<void> {
  const now = clock.monotonic()
  if (now < chore.dueAt) return
  chore.dueAt = now + chore.everyMs
  try {
    if (await chore.work()) chore.dueAt = now
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error
  }
}

function done(work: () => Promise<void> | void): () => Promise<boolean> {
  return async () => {
    await work()
    return false
  }
}
