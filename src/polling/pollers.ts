// The pollers that run, by source. One of them can be stopped for a piece of work on the store (a command that disables or enables
// it) while the others go on.
import type { Clock } from '../runtime/clock.ts'
import { Crew, type Loop } from '../runtime/crew.ts'
import type { Store } from '../store/store.ts'
import type { Poller, Pull } from './poller.ts'

/** A pull ends with the page that it is at. */
const graceMs = 30_000

export interface PollersParts {
  readonly store: Store
  readonly clock: Clock
  readonly pollers: readonly Poller[]
  /** Every source of the configuration, those without a poller too. */
  readonly configured: readonly string[]
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

  /** Pulls every source that is enabled, until `drain`. Rejects when a poller does, after the others have ended. */
  async run(signals: { readonly drain: AbortSignal; readonly abort: AbortSignal }): Promise<void> {
    await this.#crew.run(signals, new Map(this.#parts.pollers.map((poller) => [poller.name, this.#loop(poller)])))
  }

  /** One pull of each source that is enabled. */
  async once(drain: AbortSignal): Promise<readonly Pull[]> {
    const enabled = await this.#enabled()
    try {
      return await Promise.all(enabled.map((poller) => poller.step(drain)))
    } finally {
      await Promise.all(enabled.map((poller) => poller.close()))
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
      if ((await this.#enabled()).includes(poller)) await poller.run(drain)
    }
    return { run, graceMs }
  }

  /** A source that the state does not know has not been disabled. */
  async #enabled(): Promise<readonly Poller[]> {
    const { store, clock, pollers } = this.#parts
    const { sources } = await store.overview(clock.now())
    const disabled = new Set(sources.filter(({ enabled }) => !enabled).map(({ name }) => name))
    return pollers.filter(({ name }) => !disabled.has(name))
  }
}
