// The dispatchers that run, by destination. One of them can be stopped for a piece of work on the store (a command that disables
// or enables it) while its siblings go on.
import type { Clock } from '../runtime/clock.ts'
import { Crew } from '../runtime/crew.ts'
import type { Store } from '../store/store.ts'
import type { Dispatcher, Standing, StopSignals } from './dispatcher.ts'

/** Routes a destination that is new, or back, over what is kept. */
interface LateRouting {
  /** Until nothing is left, waiting for room while the state is full. */
  run(drain: AbortSignal): Promise<void>
  /** The same without waiting. True when nothing is left. */
  route(drain: AbortSignal): Promise<boolean>
}

/** What belongs to one destination. A dispatcher runs once; the next run of a destination has a new one. */
export interface FleetMember {
  readonly dispatcher: Dispatcher
  readonly late?: LateRouting
}

export interface FleetParts {
  readonly store: Store
  readonly clock: Clock
  /** Makes what a destination needs to run; undefined for one that is not in the configuration. */
  readonly make: (name: string) => FleetMember | undefined
  /** The destinations that run from the start. */
  readonly enabled: readonly string[]
}

export class Fleet {
  readonly #parts: FleetParts
  readonly #crew: Crew
  readonly #running = new Map<string, FleetMember>()

  constructor(parts: FleetParts) {
    this.#parts = parts
    this.#crew = new Crew(parts.clock)
    for (const name of parts.enabled) this.#make(name)
  }

  /** Runs until `drain`. Rejects when a dispatcher does, after the others have ended. `routing: false` leaves that to `route`. */
  async run(signals: StopSignals, { routing }: { readonly routing: boolean } = { routing: true }): Promise<void> {
    const loops = [...this.#running].flatMap(([name, member]) => loopsOf(name, member, routing))
    await this.#crew.run(signals, new Map(loops))
  }

  /** Routes those that are new, or back, over what is kept, while there is room. False when something is left. */
  async route(drain: AbortSignal): Promise<boolean> {
    const routed = await Promise.all(
      [...this.#running.values()].map(async ({ late }) => (late ? late.route(drain) : true)),
    )
    return !routed.includes(false)
  }

  /**
   * Stops a destination's dispatcher, does the work, and starts it again if the state says then that it is enabled; also when the work
   * failed. Works for the same destination take turns.
   */
  with<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return this.#crew.inTurn(name, async () => {
      await Promise.all([this.#crew.stop(name), this.#crew.stop(lateOf(name))])
      this.#running.delete(name)
      try {
        return await work()
      } finally {
        await this.#startIfEnabled(name)
      }
    })
  }

  /** A page was committed or routed. */
  wake(): void {
    for (const { dispatcher } of this.#running.values()) dispatcher.wake()
  }

  /** Events set aside for this destination have changed in the store. */
  lookAgain(name: string): void {
    this.#running.get(name)?.dispatcher.lookAgain()
  }

  /** What each could do next. */
  standings(): readonly Standing[] {
    return [...this.#running.values()].map(({ dispatcher }) => dispatcher.standing())
  }

  async #startIfEnabled(name: string): Promise<void> {
    const { store, clock } = this.#parts
    if (!this.#crew.open) return
    const { destinations } = await store.overview(clock.now())
    if (!destinations.some((destination) => destination.name === name && destination.state === 'enabled')) return
    if (!this.#crew.open) return
    const member = this.#make(name)
    if (member) for (const [key, loop] of loopsOf(name, member, true)) this.#crew.start(key, loop)
  }

  #make(name: string): FleetMember | undefined {
    const member = this.#parts.make(name)
    if (member) this.#running.set(name, member)
    return member
  }
}

/** Beside the name of the destination, which has no blank. */
const lateOf = (name: string): string => `${name} late`

type NamedLoop = readonly [string, { run(signals: StopSignals): Promise<void>; readonly graceMs: number }]

function loopsOf(name: string, { dispatcher, late }: FleetMember, routing: boolean): readonly NamedLoop[] {
  const graceMs = dispatcher.timeoutMs
  const delivery: NamedLoop = [name, { run: (signals) => dispatcher.run(signals), graceMs }]
  if (!late || !routing) return [delivery]
  return [delivery, [lateOf(name), { run: ({ drain }) => late.run(drain), graceMs }]]
}
