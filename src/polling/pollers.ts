// The pollers that run, by source. One of them can be stopped for a piece of work on the store (a command that disables or enables
// it) while the others go on.
import type { Clock } from '../runtime/clock.ts'
import { Crew, type Loop } from '../runtime/crew.ts'
import type { PullRecord, Store } from '../store/store.ts'
import type { Poller, Pull } from './poller.ts'
import type { Reading } from './reset.ts'

/** A pull ends with the page that it is at. */
const graceMs = 30_000

export interface PollersParts {
  readonly store: Store
  readonly clock: Clock
  readonly pollers: readonly Poller[]
  /** Every source of the configuration, those without a poller too. */
  readonly configured: readonly string[]
  /** How a source of the configuration is read; without it nobody can tell. */
  readonly readingOf?: (name: string) => Reading | undefined
}

export class Pollers {
  readonly #parts: PollersParts
  readonly #crew: Crew

  constructor(parts: PollersParts) {
    this.#parts = parts
    this.#crew = new Crew(parts.clock)
  }

  get configured(): readonly string[] {
    return this.#parts.configured
  }

  /** Undefined when nobody can tell. */
  readingOf(name: string): Reading | undefined {
    return this.#parts.readingOf?.(name)
  }

  /** Pulls every source that is enabled, until `drain`. Rejects when a poller does, after the others have ended. */
  async run(signals: { readonly drain: AbortSignal; readonly abort: AbortSignal }): Promise<void> {
    await this.#crew.run(signals, new Map(this.#parts.pollers.map((poller) => [poller.name, this.#loop(poller)])))
  }

  /** One pull of each source that is enabled and due; one that asks to wait a little is pulled on. When one rejects the others end with the page that they are at; then it is thrown. */
  async once(drain: AbortSignal, maxWaitMs = 0): Promise<readonly Pull[]> {
    const enabled = await this.#enabled()
    const due = enabled.filter(({ poller, last }) => poller.isDue(last))
    const left = enabled.filter((one) => !due.includes(one))
    const failed = new AbortController()
    let fault: { readonly error: unknown } | undefined
    const stop = AbortSignal.any([drain, failed.signal])
    const pull = (poller: Poller): Promise<Pull> =>
      this.#pullWhole(poller, stop, maxWaitMs).catch((error: unknown) => {
        fault ??= { error }
        failed.abort()
        throw error
      })
    const pulls = await Promise.allSettled(due.map(({ poller }) => pull(poller)))
    const closed = await Promise.allSettled(due.map(({ poller }) => poller.close()))
    if (fault) throw fault.error
    for (const one of closed) if (one.status === 'rejected') throw one.reason
    const putOff = left.map(({ poller, last }) => poller.putOff(last))
    return [...pulls.map((one) => (one as PromiseFulfilledResult<Pull>).value), ...putOff.filter((one) => one !== null)]
  }

  /** A wait that a source asks for is waited for, unless nothing new has come for `maxWaitMs` by then. */
  async #pullWhole(poller: Poller, stop: AbortSignal, maxWaitMs: number): Promise<Pull> {
    const { clock } = this.#parts
    let events = 0
    for (let deadline = clock.monotonic() + maxWaitMs; ;) {
      const pull = await poller.step(stop, Infinity)
      events += pull.events
      if (pull.events > 0) deadline = clock.monotonic() + maxWaitMs
      if (!pull.limited || stop.aborted || clock.monotonic() + pull.nextInMs > deadline) return { ...pull, events }
      await clock.sleep(pull.nextInMs, stop).catch(() => {})
    }
  }

  /** Stops a source's poller, does the work, and starts it again if the state says then that it is enabled; also when the work failed. */
  with<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return this.#crew.inTurn(name, async () => {
      await this.#crew.stop(name)
      try {
        return await work()
      } finally {
        const poller = this.#parts.pollers.find((one) => one.name === name)
        if (poller) this.#crew.start(name, this.#loop(poller))
      }
    })
  }

  #loop(poller: Poller): Loop {
    const run = async ({ drain }: { readonly drain: AbortSignal }): Promise<void> => {
      const enabled = (await this.#enabled()).find((one) => one.poller === poller)
      if (enabled) await poller.run(drain, enabled.last)
    }
    return { run, graceMs }
  }

  /** A source that the state does not know has not been disabled. */
  async #enabled(): Promise<readonly { readonly poller: Poller; readonly last: PullRecord | null }[]> {
    const { store, clock, pollers } = this.#parts
    const { sources } = await store.overview(clock.now())
    const known = new Map(sources.map((source) => [source.name, source]))
    return pollers
      .filter(({ name }) => known.get(name)?.enabled ?? true)
      .map((poller) => ({ poller, last: known.get(poller.name)?.lastPull ?? null }))
  }
}
