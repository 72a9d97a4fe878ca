// A relay put together: pollers and dispatchers over one store. Everything it touches is handed in, so that the simulation
// runs the same relay on a clock and a network of its own.
import type { Fleet } from '../delivery/fleet.ts'
import type { Clock } from '../runtime/clock.ts'
import type { OpenBackfill } from '../polling/backfill-lane.ts'
import type { Pollers } from '../polling/pollers.ts'
import type { Pull } from '../polling/poller.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Bounds } from '../upkeep/bounds.ts'
import type { OwnEvents } from '../upkeep/own-events.ts'
import type { DeadLetterExpiry } from '../upkeep/expiry.ts'
import { Requests } from '../upkeep/requests.ts'
import { Upkeep } from '../upkeep/upkeep.ts'

const standingEveryMs = 100

export interface RelayParts {
  readonly store: Store
  readonly pollers: Pollers
  readonly fleet: Fleet
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Opens the lanes of backfills; without it they wait. */
  readonly openBackfill?: OpenBackfill
  /** Carries what must be audited into events; without it what is noticed waits. */
  readonly own?: OwnEvents
  /** Keeps destinations within their own bounds; without it nothing is trimmed. */
  readonly bounds?: Bounds
  /** Ends dead letters that have been kept long enough; without it they stay. */
  readonly expiry?: DeadLetterExpiry
  /** Called about once a second while the relay runs. */
  readonly tick?: () => void
}

export interface RunSignals {
  /** Take no new work. */
  readonly drain: AbortSignal
  /** Leave what is in flight. */
  readonly abort: AbortSignal
}

/** How `run --once` ended. */
export interface OnceResult {
  readonly sourcesFailed: boolean
  /** An enabled destination still has events that wait, or the run was ended early. */
  readonly unfinished: boolean
}

export class Relay {
  readonly #parts: RelayParts
  readonly #requests: Requests
  readonly #upkeep: Upkeep

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#requests = new Requests({ ...parts, destinations: parts.fleet, sources: parts.pollers })
    this.#upkeep = new Upkeep({ ...parts, requests: this.#requests })
  }

  /** Runs until `drain`, then finishes what is in flight. Rejects when a loop does, after the others have stopped. */
  async run(signals: RunSignals): Promise<void> {
    const { pollers, fleet } = this.#parts
    await together(signals, (all) => [fleet.run(all), pollers.run(all), this.#upkeep.run(all.drain)])
  }

  /**
   * One pull of every source, and what operators have asked for; then delivery until nothing is left, or until nothing was delivered for
   * `maxWaitMs`, or nothing can be tried before then.
   */
  async once(signals: RunSignals, maxWaitMs: number): Promise<OnceResult> {
    const { pollers, fleet, store, clock, own, bounds } = this.#parts
    await store.heartbeat(clock.now())
    await bounds?.before(signals.drain)
    let pulls: readonly Pull[] = []
    let routed = false
    let left = 0
    await together(signals, ({ drain, abort }) => {
      const delivered = new AbortController()
      const stop = AbortSignal.any([drain, delivered.signal])
      const finish = async () => {
        ;[pulls, routed] = await Promise.all([
          pollers.once(drain, maxWaitMs),
          fleet.route(drain),
          this.#requests.step(stop),
        ])
        await own?.step()
        let carried: number | undefined
        // What was noticed meanwhile is delivered too; that notices nothing more, so that it ends.
        do {
          carried = own?.carried
          left = await this.#delivered(drain, maxWaitMs)
          await own?.step()
        } while (own?.carried !== carried && !drain.aborted)
        delivered.abort()
      }
      return [fleet.run({ drain: stop, abort }, { routing: false }), finish(), this.#upkeep.run(stop)]
    })
    const asked = await store.openRequests()
    return {
      sourcesFailed: pulls.some(({ ok }) => !ok),
      unfinished: left > 0 || asked.length > 0 || !routed || signals.drain.aborted,
    }
  }

  /** Resolves when nothing more can be done in this run; with the number of events that are left. */
  async #delivered(drain: AbortSignal, maxWaitMs: number): Promise<number> {
    const { fleet, clock } = this.#parts
    let left = Infinity
    let deadline = clock.monotonic() + maxWaitMs
    for (;;) {
      const working = this.#requests.busy || this.#parts.bounds?.busy === true
      const now = await this.#left()
      if (now < left) deadline = clock.monotonic() + maxWaitMs
      left = now
      const leftMs = deadline - clock.monotonic()
      const worthWaiting = fleet
        .standings()
        .some(({ busy, nextInMs }) => busy || (nextInMs !== null && nextInMs <= leftMs))
      const idle = left === 0 || !worthWaiting
      if (leftMs <= 0 || drain.aborted || (idle && !working)) return left
      await clock.sleep(standingEveryMs, drain).catch(() => {})
    }
  }

  /** Events that still wait for an enabled destination. */
  async #left(): Promise<number> {
    const { destinations } = await this.#parts.store.overview(this.#parts.clock.now())
    const enabled = destinations.filter(({ state }) => state === 'enabled')
    return enabled.reduce((sum, { waiting, retrying }) => sum + waiting + retrying, 0)
  }
}

/** Runs loops side by side. When one rejects the others are told to stop at once, and its error is thrown when they have. */
async function together(signals: RunSignals, start: (signals: RunSignals) => readonly Promise<void>[]): Promise<void> {
  const failed = new AbortController()
  const loops = start({
    drain: AbortSignal.any([signals.drain, failed.signal]),
    abort: AbortSignal.any([signals.abort, failed.signal]),
  })
  const guarded = loops.map((loop) =>
    loop.catch((error: unknown) => {
      failed.abort()
      throw error
    }),
  )
  const ends = await Promise.allSettled(guarded)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
