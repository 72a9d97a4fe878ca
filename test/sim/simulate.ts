// One simulated history: the whole relay on a clock of its own, a source and receivers with bad habits, kills and clean
// stops, then quiet; and the oracle's judgement. Everything follows from the seed.
import type { Destination } from '../../src/destinations/destination.ts'
import type { FilterSpec } from '../../src/filters/schema.ts'
import { messageOf } from '../../src/model/errors.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { MemoryState } from '../../src/store/memory/memory-state.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import type { Store } from '../../src/store/store.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { judge } from './oracle.ts'
import { judgeOwn } from './own.ts'
import { Life } from './life.ts'
import { type FileEntry, runRelay, type Signals } from './one-relay.ts'
import { Seeded } from './seeded.ts'
import { SimReceiver } from './sim-receiver.ts'
import type { Feed } from './sim-source.ts'
import { type TrueEvent, Truth } from './truth.ts'

/** Ways to break the relay on purpose, to see that the oracle notices. */
export interface Sabotage {
  readonly store?: (store: Store, clock: Clock, state: MemoryState) => Store
  readonly destination?: (destination: Destination) => Destination
}

export interface SimulationReport {
  readonly seed: number
  readonly faults: readonly string[]
  readonly events: number
  readonly kills: number
  /** What happened at least once: moods, refusals, kills, telemetry types. */
  readonly seen: ReadonlySet<string>
}

interface Site extends FileEntry {
  readonly passes: (event: Pick<TrueEvent, 'type' | 'outcome'>) => boolean
}

export async function simulate(seed: number, sabotage: Sabotage = {}): Promise<SimulationReport> {
  const world = new World(seed, sabotage)
  await world.turbulence()
  await world.quiet()
  return world.report()
}

class World {
  readonly #seed: number
  readonly #random: Seeded
  readonly #clock = new TestClock(undefined, 1)
  readonly #truth: Truth
  readonly #feed: Feed
  readonly #sites: readonly Site[]
  readonly #sabotage: Sabotage
  readonly #seen = new Set<string>()
  readonly #backing = openMemoryStore.backing()
  #store = openMemoryStore({ backing: this.#backing })
  #life = new Life()
  #drain = new AbortController()
  /** Of every life: Node keeps a signal that somebody listens to until it fires, and with it a whole dead world. */
  readonly #controllers: AbortController[] = []
  #running: Promise<void> = Promise.resolve()
  #kills = 0
  #crash: unknown

  constructor(seed: number, sabotage: Sabotage) {
    this.#seed = seed
    this.#sabotage = sabotage
    this.#random = new Seeded(seed)
    this.#truth = new Truth(new Seeded(seed + 1))
    this.#feed = { truth: this.#truth, random: new Seeded(seed + 2), failure: 0.05 }
    this.#sites = [
      this.#site('all', {}, () => true),
      this.#site('failures', { outcome: 'failure' }, ({ outcome }) => outcome === 'failure'),
      this.#site(
        'auth',
        { types: ['auth.*', 'security.*'] },
        ({ type }) => type.startsWith('auth.') || type.startsWith('security.'),
      ),
    ]
  }

  /** Events, faults, kills and clean stops, for a while of virtual time. */
  async turbulence(): Promise<void> {
    this.#start()
    for (let round = this.#random.between(3, 8); round > 0; round--) {
      for (let count = this.#random.between(0, 60); count > 0; count--) this.#truth.reveal()
      await this.#advance(this.#random.pick([200, 2000, 20_000, 200_000, 2_000_000]))
      if (this.#random.chance(0.5)) await this.#kill()
      else if (this.#random.chance(0.3)) await this.#stop()
    }
  }

  /** No more faults. A fresh event now and then, since nothing else can prove that a receiver which refused the last one is well. */
  async quiet(): Promise<void> {
    this.#feed.failure = 0
    for (const { receiver } of this.#sites) receiver.recover()
    for (let round = 0; round < 200 && this.#crash === undefined; round++) {
      this.#truth.reveal()
      await this.#advance(400_000)
      const { destinations } = await this.#peek()
      if (round > 2 && destinations.every(({ waiting, retrying }) => waiting + retrying === 0)) break
    }
  }

  #peek(): ReturnType<Store['overview']> {
    return this.#store.overview(this.#clock.now())
  }

  async report(): Promise<SimulationReport> {
    if (this.#crash !== undefined)
      this.#fault(
        `the relay ended by itself: ${this.#crash instanceof Error ? this.#crash.stack : messageOf(this.#crash)}`,
      )
    await this.#stop(false)
    const overview = await this.#peek()
    for (const site of this.#sites) {
      for (const what of site.receiver.seen) this.#seen.add(what)
      const own = overview.destinations.find(({ name }) => name === site.name)
      if (!own) throw new Error(`${site.name} is unknown to the state`)
      const { offered, filtered, routed, delivered, waiting, retrying, dead, dropped } = own
      if (waiting + retrying > 0)
        this.#fault(
          `${site.name}: ${waiting} still wait and ${retrying} retry after quiet days, ${JSON.stringify({ health: own.health, last: own.lastAttempts.slice(0, 8) })}`,
        )
      if (offered !== filtered + routed || routed !== delivered + waiting + retrying + dead + dropped)
        this.#fault(
          `${site.name}: out of balance: ${JSON.stringify({ offered, filtered, routed, delivered, waiting, retrying, dead, dropped })}`,
        )
      // A kill may repeat what was in flight or not yet settled; a lost answer what was in that request.
      const duplicatesAllowed = this.#kills * (site.inFlight * site.batch + 2000) + site.receiver.ambiguousEvents
      this.#faults.push(
        ...judge(this.#truth.events, { destination: site.name, ...site, dead, duplicatesAllowed }),
        ...judgeOwn(this.#backing, { destination: site.name, ...site }),
      )
    }
    for (const { kind, carried } of this.#backing.notices) if (carried) this.#seen.add(`own ${kind}`)
    for (const controller of this.#controllers) controller.abort()
    await this.#clock.settle()
    return {
      seed: this.#seed,
      faults: this.#faults,
      events: this.#truth.events.length,
      kills: this.#kills,
      seen: this.#seen,
    }
  }

  readonly #faults: string[] = []
  #fault(text: string): void {
    this.#faults.push(text)
  }

  #site(name: string, filter: FilterSpec, passes: Site['passes']): Site {
    const random = this.#random
    const batch = random.pick([1, 7, 40])
    const habits = {
      outage: random.pick([0, 0.02, 0.1]),
      lostAnswer: random.pick([0, 0.02, 0.1]),
      poison: random.pick([-1, random.below(97)]),
      firewall: random.pick([-1, -1, random.below(97)]),
      maxBytes: random.pick([Infinity, Infinity, 2000]),
    }
    const dataOf = (n: number) => this.#truth.events[n]?.data
    const receiver = new SimReceiver({ clock: this.#clock, random: new Seeded(random.below(1e9)), habits, dataOf })
    return { name, filter, passes, batch, inFlight: random.pick([1, 4]), receiver }
  }

  async #advance(ms: number): Promise<void> {
    await Promise.race([this.#clock.advance(ms), this.#running.then(() => this.#clock.settle())])
  }

  /** Starts the relay on what the last life left. */
  #start(): void {
    const life = (this.#life = new Life())
    this.#drain = new AbortController()
    const abort = new AbortController()
    this.#controllers.push(this.#drain, abort)
    this.#running = this.#live(life, { drain: this.#drain.signal, abort: abort.signal }).catch((error: unknown) => {
      this.#crash ??= error
    })
  }

  #live(life: Life, signals: Signals): Promise<void> {
    const clock = life.clock(this.#clock)
    const reopened = (this.#store = openMemoryStore({ backing: this.#backing }))
    const store = life.store(this.#sabotage.store?.(reopened, clock, this.#backing) ?? reopened)
    const telemetry = { emit: ({ type }: { type: string }) => void this.#seen.add(type) }
    const feeds = new Map([['sim', this.#feed]])
    const parts = { life, clock, store, file: this.#sites, feeds, random: this.#random, telemetry }
    return runRelay({ ...parts, around: this.#sabotage.destination }, signals)
  }

  async #kill(): Promise<void> {
    this.#seen.add('kill')
    this.#kills++
    this.#life.kill()
    await this.#advanceAlone(this.#random.pick([0, 1000, 100_000]))
    this.#start()
  }

  /** A clean stop, and a start unless it is the last. */
  async #stop(again = true): Promise<void> {
    this.#seen.add('stop')
    this.#drain.abort()
    let stopped = false
    void this.#running.then(() => (stopped = true))
    for (let second = 0; second < 3600 && !stopped; second++) await this.#clock.advance(1000)
    if (!stopped) this.#fault('a clean stop did not end within an hour')
    if (again) this.#start()
  }

  async #advanceAlone(ms: number): Promise<void> {
    await this.#clock.advance(ms)
  }
}
