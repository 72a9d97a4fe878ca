// One simulated history of a relay that is operated: besides faults and kills there are commands, at any moment and with kills around them, and
// a file that changes between two lives. Everything follows from the seed; the oracle's judgement is in the judge-* files.
import { messageOf } from '../../src/model/errors.ts'
import { balances } from '../../src/store/balance.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { Editor } from './editor.ts'
import { judgeHistory } from './judge-history.ts'
import type { Order } from './judge-requests.ts'
import { Life } from './life.ts'
import { runRelay, type Signals } from './one-relay.ts'
import { type NewOrder, nextOrder, repairs } from './operator.ts'
import { Seeded } from './seeded.ts'
import type { Sabotage, SimulationReport } from './simulate.ts'
import type { SiteEntry } from './site.ts'
import type { Feed } from './sim-source.ts'
import { Truth } from './truth.ts'
import { Witness } from './witness.ts'

const dayMs = 86_400_000
/** The numbers of the second source's events begin here. */
const jobsFrom = 100_000
const who = 'operator'

export async function simulateOperated(seed: number, sabotage: Sabotage = {}): Promise<SimulationReport> {
  const history = new History(seed, sabotage)
  await history.turbulence()
  await history.quiet()
  return history.report()
}

class History {
  readonly #seed: number
  readonly #sabotage: Sabotage
  readonly #random: Seeded
  readonly #clock = new TestClock(undefined, 1)
  readonly #state = openMemoryStore.backing()
  readonly #witness = new Witness(() => this.#clock.monotonic())
  readonly #feeds: ReadonlyMap<string, Feed>
  readonly #editor: Editor
  readonly #orders: Order[] = []
  readonly #faults: string[] = []
  readonly #seen = new Set<string>()
  /** Of every life: Node keeps a signal that somebody listens to until it fires, and with it a whole dead world. */
  readonly #controllers: AbortController[] = []
  #file: readonly SiteEntry[]
  #store = openMemoryStore({ backing: this.#state })
  #life = new Life()
  #drain = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #kills = 0

  constructor(seed: number, sabotage: Sabotage) {
    this.#seed = seed
    this.#sabotage = sabotage
    const random = (this.#random = new Seeded(seed ^ 0x0be7a7e))
    const feed = (salt: number, first: number): Feed => {
      return { truth: new Truth(new Seeded(seed + salt), first), random: new Seeded(seed + salt + 1), failure: 0.05 }
    }
    this.#feeds = new Map([
      ['sim', feed(10, 0)],
      ['jobs', feed(20, jobsFrom)],
    ])
    const dataOf = (n: number): string | undefined =>
      this.#feeds.get(n < jobsFrom ? 'sim' : 'jobs')?.truth.events[n % jobsFrom]?.data
    this.#editor = new Editor({ random, clock: this.#clock, witness: this.#witness, dataOf })
    this.#file = this.#editor.begin(random.between(2, 3))
  }

  async turbulence(): Promise<void> {
    const random = this.#random
    this.#start()
    for (let round = random.between(4, 8); round > 0; round--) {
      this.#reveal(random.between(0, 40))
      for (let acts = random.between(0, 3); acts > 0; acts--) await this.#operate()
      await this.#advance(random.pick([200, 2000, 20_000, 200_000, 1_000_000]))
      const isToEnd = random.chance(0.6)
      if (isToEnd && random.chance(0.5)) this.#life.kill()
      else if (isToEnd) await this.#stop()
      if (isToEnd || this.#life.dead) await this.#nextLife()
    }
  }

  /** Everything is put back and started again, nothing fails any more, and what waits must go. */
  async quiet(): Promise<void> {
    await this.#stop()
    for (const feed of this.#feeds.values()) feed.failure = 0
    this.#file = this.#editor.complete()
    for (const { receiver } of this.#witness.sites) receiver.recover()
    this.#start()
    await this.#advance(5_000)
    const now = this.#clock.monotonic()
    for (const order of repairs({ witness: this.#witness, now, sources: this.#feeds.keys() })) await this.#ask(order)
    for (let round = 0; round < 200 && this.#faults.length === 0; round++) {
      this.#reveal(2)
      await this.#advance(200_000)
      if (round > 2 && (await this.#isDone())) return
    }
    this.#faults.push('something waits after quiet days')
  }

  async report(): Promise<SimulationReport> {
    await this.#stop()
    const { seen, faults } = judgeHistory({
      state: this.#state,
      witness: this.#witness,
      orders: this.#orders,
      kills: this.#kills,
    })
    for (const what of seen) this.#seen.add(what)
    for (const { receiver } of this.#witness.sites) for (const what of receiver.seen) this.#seen.add(what)
    for (const controller of this.#controllers) controller.abort()
    await this.#clock.settle()
    return {
      seed: this.#seed,
      faults: [...this.#faults, ...faults],
      events: this.#witness.reads.size,
      kills: this.#kills,
      seen: this.#seen,
    }
  }

  /** One thing that an operator asks, with a kill somewhere after it now and then. */
  async #operate(): Promise<void> {
    const random = this.#random
    const order = nextOrder({ random, state: this.#state, witness: this.#witness, now: this.#clock.monotonic() })
    if (order) await this.#ask(order)
    if (random.chance(0.3)) this.#life.killAfter(random.between(0, 40))
    await this.#advance(random.pick([0, 300, 1000, 3000, 20_000]))
    if (this.#life.dead) await this.#nextLife()
  }

  async #ask(order: NewOrder): Promise<void> {
    const id = await this.#store.ask(order.asked, who, this.#clock.now())
    this.#orders.push({ ...order, id })
    this.#seen.add(order.asked.kind)
  }

  /** While the relay is off time goes by, days at most, the file may change, and operators may ask all the same. */
  async #nextLife(): Promise<void> {
    const random = this.#random
    if (this.#life.dead) {
      this.#kills++
      this.#seen.add('kill')
    }
    await this.#clock.advance(random.pick([0, 0, 1000, 100_000, dayMs]))
    for (let edits = random.pick([0, 0, 1, 1, 3]); edits > 0; edits--) this.#editor.change()
    this.#file = this.#editor.file()
    if (random.chance(0.2)) await this.#operateBlind()
    this.#start()
  }

  async #operateBlind(): Promise<void> {
    const now = this.#clock.monotonic()
    const order = nextOrder({ random: this.#random, state: this.#state, witness: this.#witness, now })
    if (order) await this.#ask(order)
  }

  #reveal(count: number): void {
    for (const [name, { truth }] of this.#feeds)
      for (let left = name === 'sim' ? count : count / 4; left > 0; left--) truth.reveal()
  }

  async #advance(ms: number): Promise<void> {
    await Promise.race([this.#clock.advance(ms), this.#running.then(() => this.#clock.settle())])
    const overview = await this.#store.overview(this.#clock.now())
    if (!balances(overview)) this.#faults.push(`out of balance: ${JSON.stringify(overview.destinations)}`)
  }

  #start(): void {
    const life = (this.#life = new Life())
    this.#drain = new AbortController()
    const abort = new AbortController()
    this.#controllers.push(this.#drain, abort)
    this.#running = this.#live(life, { drain: this.#drain.signal, abort: abort.signal }).catch((error: unknown) => {
      this.#faults.push(`the relay ended by itself: ${error instanceof Error ? error.stack : messageOf(error)}`)
    })
  }

  #live(life: Life, signals: Signals): Promise<void> {
    const clock = life.clock(this.#clock)
    const reopened = (this.#store = openMemoryStore({ backing: this.#state }))
    const sabotaged = this.#sabotage.store?.(reopened, clock, this.#state) ?? reopened
    const store = life.store(this.#witness.watch(sabotaged, this.#file))
    const telemetry = { emit: ({ type }: { type: string }) => void this.#seen.add(type) }
    const around = this.#sabotage.destination
    const parts = { life, clock, store, file: this.#file, feeds: this.#feeds, random: this.#random, telemetry, around }
    return runRelay(parts, signals)
  }

  async #stop(): Promise<void> {
    this.#seen.add('stop')
    this.#drain.abort()
    let isOver = false
    void this.#running.then(() => (isOver = true))
    for (let second = 0; second < 3600 && !isOver && !this.#life.dead; second++) await this.#clock.advance(1000)
    if (!isOver && !this.#life.dead) this.#faults.push('a clean stop did not end within an hour')
  }

  /** Nothing waits, nothing is asked for, and nobody is still to be led over what he missed. */
  async #isDone(): Promise<boolean> {
    const { destinations } = await this.#store.overview(this.#clock.now())
    const waits = destinations.some(({ waiting, retrying }) => waiting + retrying > 0)
    const late = this.#state.destinations.some((one) => one.late.length > 0)
    return !waits && !late && (await this.#store.openRequests()).length === 0
  }
}
