// A relay put together: pollers and dispatchers over one store. Everything it touches is handed in, so that the simulation
// runs the same relay on a clock and a network of its own.
import type { Dispatcher } from '../delivery/dispatcher.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { LateRouter } from '../polling/late-router.ts'
import type { Poller, Pull } from '../polling/poller.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

const heartbeatEveryMs = 5000
const pruneEveryMs = 30_000
const tickEveryMs = 1000
const standingEveryMs = 100

export interface RelayParts {
  readonly store: Store
  readonly pollers: readonly Poller[]
  readonly dispatchers: readonly Dispatcher[]
  /** For destinations that may have kept pages to be routed over; each ends by itself. */
  readonly late?: readonly LateRouter[]
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Called about once a second while the relay runs. */
  tick?(): void
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

  constructor(parts: RelayParts) {
    this.#parts = parts
  }

  /** Runs until `drain`, then finishes what is in flight. Rejects when a loop does, after the others have stopped. */
  async run(signals: RunSignals): Promise<void> {
    await together(signals, ({ drain, abort }) => [
      ...this.#parts.pollers.map((poller) => poller.run(drain)),
      ...this.#parts.dispatchers.map((dispatcher) => dispatcher.run({ drain, abort })),
      ...(this.#parts.late ?? []).map((router) => router.run(drain)),
      this.#housekeeping(drain),
    ])
  }

  /**
   * One pull of every source, then delivery until nothing is left, or until nothing was delivered for `maxWaitMs`, or nothing can be
   * tried before then.
   */
  async once(signals: RunSignals, maxWaitMs: number): Promise<OnceResult> {
    const { pollers, late = [], store, clock } = this.#parts
    await store.heartbeat(clock.now())
    let pulls: readonly Pull[] = []
    let routed: readonly boolean[] = []
    let left = 0
    await together(signals, ({ drain, abort }) => {
      const delivered = new AbortController()
      const stop = AbortSignal.any([drain, delivered.signal])
      const finish = async () => {
        const pulling = Promise.all(pollers.map((poller) => poller.step(drain)))
        const routing = Promise.all(late.map((router) => router.route(drain)))
        ;[pulls, routed] = await Promise.all([pulling, routing])
        left = await this.#delivered(drain, maxWaitMs)
        delivered.abort()
        await Promise.all(pollers.map((poller) => poller.close()))
      }
      const dispatching = this.#parts.dispatchers.map((dispatcher) => dispatcher.run({ drain: stop, abort }))
      return [finish(), this.#housekeeping(stop), ...dispatching]
    })
    return {
      sourcesFailed: pulls.some(({ ok }) => !ok),
      unfinished: left > 0 || routed.includes(false) || signals.drain.aborted,
    }
  }

  /** Resolves when nothing more can be done in this run; with the number of events that are left. */
  async #delivered(drain: AbortSignal, maxWaitMs: number): Promise<number> {
    const { dispatchers, clock } = this.#parts
    let left = Infinity
    let deadline = clock.monotonic() + maxWaitMs
    for (;;) {
      const now = await this.#left()
      if (now < left) deadline = clock.monotonic() + maxWaitMs
      left = now
      const leftMs = deadline - clock.monotonic()
      const worthWaiting = dispatchers
        .map((dispatcher) => dispatcher.standing())
        .some(({ busy, nextInMs }) => busy || (nextInMs !== null && nextInMs <= leftMs))
      if (left === 0 || leftMs <= 0 || !worthWaiting || drain.aborted) return left
      await clock.sleep(standingEveryMs, drain).catch(() => {})
    }
  }

  /** Events that still wait for an enabled destination. */
  async #left(): Promise<number> {
    const { destinations } = await this.#parts.store.overview(this.#parts.clock.now())
    const enabled = destinations.filter(({ state }) => state === 'enabled')
    return enabled.reduce((sum, { waiting, retrying }) => sum + waiting + retrying, 0)
  }

  async #housekeeping(drain: AbortSignal): Promise<void> {
    const { clock, store } = this.#parts
    let pruneAt = clock.monotonic()
    let heartbeatAt = clock.monotonic()
    while (!drain.aborted) {
      this.#parts.tick?.()
      const now = clock.monotonic()
      if (now >= heartbeatAt) {
        heartbeatAt = now + heartbeatEveryMs
        await store.heartbeat(clock.now())
      }
      if (now >= pruneAt) pruneAt = (await this.#prune()) ? now : now + pruneEveryMs
      const nextMs = Math.min(heartbeatAt, pruneAt) - clock.monotonic()
      await clock.sleep(this.#parts.tick ? Math.min(nextMs, tickEveryMs) : nextMs, drain).catch(() => {})
    }
  }

  /** True when there is more to remove at once. */
  async #prune(): Promise<boolean> {
    const { clock, store, telemetry } = this.#parts
    crashPoint('before-prune')
    const { pages, more } = await store.prune(clock.now())
    crashPoint('after-prune')
    if (pages > 0) telemetry.emit({ type: 'pruned', pages })
    return more
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
