// One simulated history of a source that is read in windows, beside one with a cursor of its own: late events, a relay whose clock is
// wrong, failures, kills and clean stops; then quiet, and the judgement: what the source held is what was kept, once each.
import { eventBytes } from '../../src/model/page.ts'
import { messageOf } from '../../src/model/errors.ts'
import { SharedSource } from '../../src/polling/shared-source.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { SourceKind, WindowDefaults } from '../../src/sources/source.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import type { Store } from '../../src/store/store.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { Life } from './life.ts'
import { type FileEntry, runRelay } from './one-relay.ts'
import { judge } from './oracle.ts'
import { Seeded } from './seeded.ts'
import { SimReceiver } from './sim-receiver.ts'
import type { Feed } from './sim-source.ts'
import { newWindowEvent, simWindowSource, type WindowFeed } from './sim-window-source.ts'
import { Truth } from './truth.ts'
import { keptOnce } from './windowed-oracle.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
/** Events of windows are numbered from here, so that no number is used twice. */
const firstN = 1_000_000
const latest = 6 * hour
const everyMs = 2 * minute
/** The relay's clock is never further off. */
const wrongest = 10 * minute

const usual: WindowDefaults = {
  startMs: hour,
  settleMs: 10 * second,
  overlapMs: 5 * minute,
  maxWindowMs: hour,
  sweepsMs: [hour, latest],
  retentionMs: null,
}

/** Ways to break the relay on purpose. */
export interface WindowSabotage {
  /** What it goes by instead of what was declared. */
  readonly settings?: Partial<WindowDefaults>
  readonly store?: (store: Store, clock: Clock) => Store
  readonly kind?: (kind: SourceKind) => SourceKind
}

export interface WindowReport {
  readonly faults: readonly string[]
  readonly events: number
  readonly kills: number
  readonly seen: ReadonlySet<string>
}

export async function simulateWindows(seed: number, sabotage: WindowSabotage = {}): Promise<WindowReport> {
  const world = new World(seed, sabotage)
  await world.turbulence()
  await world.quiet()
  return world.report()
}

class World {
  readonly #random: Seeded
  readonly #clock = new TestClock(undefined, 1)
  readonly #sabotage: WindowSabotage
  readonly #truth: Truth
  readonly #feed: Feed
  readonly #windows: WindowFeed
  readonly #site: FileEntry
  readonly #backing = openMemoryStore.backing()
  readonly #faults: string[] = []
  readonly #controllers: AbortController[] = []
  /** Nothing older counts: the relay was to begin there, by a clock that may be wrong when it is killed in its first pull. */
  readonly #since: number
  #store = openMemoryStore({ backing: this.#backing })
  #life = new Life()
  #drain = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #skew = 0
  #kills = 0
  #crash: unknown

  constructor(seed: number, sabotage: WindowSabotage) {
    const random = (this.#random = new Seeded(seed))
    this.#sabotage = sabotage
    this.#truth = new Truth(new Seeded(seed + 1))
    this.#feed = { truth: this.#truth, random: new Seeded(seed + 2), failure: 0.05 }
    this.#since = this.#clock.now() - hour + wrongest + minute
    this.#windows = {
      random: new Seeded(seed + 3),
      settings: { ...usual, ...sabotage.settings },
      parts: random.pick([[''], ['a', 'b']]),
      events: [],
      failure: random.pick([0, 0.05, 0.2]),
      pageSize: random.pick([7, 40]),
      // More than ever happens within a second: no window is narrower.
      most: random.pick([Infinity, 160]),
      seen: new Set(),
    }
    const habits = { outage: 0.02, lostAnswer: 0.02, poison: -1, firewall: -1, maxBytes: Infinity }
    const dataOf = (n: number): string | undefined =>
      n < firstN ? this.#truth.events[n]?.data : this.#windows.events[n - firstN]?.data
    const receiver = new SimReceiver({ clock: this.#clock, random: new Seeded(seed + 4), habits, dataOf })
    this.#site = { name: 'all', filter: {}, batch: random.pick([7, 40]), inFlight: 4, receiver }
  }

  async turbulence(): Promise<void> {
    this.#happen(100, hour)
    this.#start()
    for (let round = this.#random.between(4, 10); round > 0; round--) {
      const ms = this.#random.pick([2 * second, 20 * second, 5 * minute, 40 * minute, 3 * hour])
      for (let pieces = 3; pieces > 0; pieces--) {
        await this.#advance(Math.ceil(ms / 3))
        this.#happen(this.#random.between(0, 15), ms / 3)
      }
      if (this.#random.chance(0.6)) await this.#kill()
      else if (this.#random.chance(0.2)) await this.#stop()
    }
  }

  /** No more faults. What is late within the overlap comes soon; what is later comes with the last sweep. */
  async quiet(): Promise<void> {
    this.#feed.failure = 0
    this.#windows.failure = 0
    this.#site.receiver.recover()
    await this.#advance(10 * minute)
    this.#add(0)
    this.#add(minute)
    const soon = this.#windows.events.slice(-2)
    await this.#advance(2 * everyMs + minute)
    const kept = new Set((await this.#kept()).map(({ n }) => n))
    for (const { n } of soon) if (!kept.has(n)) this.#faults.push(`n=${n} was not there after some minutes`)
    for (let round = 0; round < 9 && this.#crash === undefined; round++) {
      this.#truth.reveal()
      await this.#advance(hour)
    }
  }

  async report(): Promise<WindowReport> {
    if (this.#crash !== undefined) this.#faults.push(`the relay ended by itself: ${messageOf(this.#crash)}`)
    await this.#stop(false)
    const { receiver, batch, inFlight } = this.#site
    const [{ dead } = { dead: 0 }] = (await this.#store.overview(this.#clock.now())).destinations
    const due = this.#windows.events.filter(({ at }) => at >= this.#since)
    const kept = (await this.#kept()).filter(({ n }) => n >= firstN)
    this.#faults.push(...keptOnce(due, this.#windows.events, kept))
    const events = [...this.#truth.events, ...this.#windows.events.map(wireOf)].filter(
      ({ n }) => n < firstN || kept.some((one) => one.n === n),
    )
    const duplicatesAllowed = this.#kills * (inFlight * batch + 2000) + receiver.ambiguousEvents
    const expectation = { destination: 'all', receiver, passes: () => true, dead, duplicatesAllowed }
    this.#faults.push(...judge(events, expectation))
    for (const controller of this.#controllers) controller.abort()
    await this.#clock.settle()
    return { faults: this.#faults, events: due.length, kills: this.#kills, seen: this.#windows.seen }
  }

  /** Events of the last `ms`: many at once, some of them ties, most seen at once, some hours late. */
  #happen(count: number, ms: number): void {
    const random = this.#random
    for (let left = count; left > 0; left--) {
      this.#truth.reveal()
      const at = this.#clock.now() - random.below(Math.max(1, Math.floor(ms)))
      for (let ties = random.pick([1, 1, 1, 2, 5]); ties > 0; ties--)
        this.#add(random.pick([0, 0, 0, 8 * second, 4 * minute, 50 * minute, latest - minute]), at)
    }
  }

  /** Never shown before now: whoever has looked has not seen it. */
  #add(lateMs: number, at = this.#clock.now()): void {
    const { parts, events, seen } = this.#windows
    if (lateMs > usual.overlapMs) seen.add('late')
    const hidden = Math.max(lateMs, this.#clock.now() - at)
    events.push(newWindowEvent(firstN + events.length, this.#random.pick(parts), { at, lateMs: hidden }))
  }

  async #advance(ms: number): Promise<void> {
    await Promise.race([this.#clock.advance(ms), this.#running.then(() => this.#clock.settle())])
  }

  #start(): void {
    const life = (this.#life = new Life())
    this.#skew = this.#random.pick([0, 0, 30 * second, -30 * second, wrongest, -wrongest])
    this.#drain = new AbortController()
    const abort = new AbortController()
    this.#controllers.push(this.#drain, abort)
    this.#running = this.#live(life, { drain: this.#drain.signal, abort: abort.signal }).catch((error: unknown) => {
      this.#crash ??= error
    })
  }

  #live(life: Life, signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
    const alive = life.clock(this.#clock)
    const skew = this.#skew
    const clock: Clock = { ...alive, now: () => alive.now() + skew }
    const reopened = (this.#store = openMemoryStore({ backing: this.#backing }))
    const store = life.store(this.#sabotage.store?.(reopened, clock) ?? reopened)
    const shared = new SharedSource(clock)
    const meeting = simWindowSource({ feed: this.#windows, time: this.#clock, shared })
    const windowed = { kind: this.#sabotage.kind?.(meeting) ?? meeting, shared, everyMs }
    const feeds = new Map<string, Feed | typeof windowed>([
      ['sim', this.#feed],
      ['windows', windowed],
    ])
    const parts = { life, clock, store, file: [this.#site], feeds, random: this.#random, telemetry: { emit: () => {} } }
    return runRelay(parts, signals)
  }

  async #kill(): Promise<void> {
    this.#kills++
    this.#life.kill()
    const offMs = this.#random.pick([0, second, 2 * minute, 2 * hour])
    await this.#clock.advance(offMs)
    this.#happen(this.#random.between(0, 5), offMs)
    this.#start()
  }

  async #stop(again = true): Promise<void> {
    this.#drain.abort()
    let stopped = false
    void this.#running.then(() => (stopped = true))
    for (let seconds = 0; seconds < 3600 && !stopped; seconds++) await this.#clock.advance(second)
    if (!stopped) this.#faults.push('a clean stop did not end within an hour')
    if (again) this.#start()
  }

  /** Everything that the store holds for the destination, in order. */
  async #kept(): Promise<{ n: number; id: string; text: string }[]> {
    const found: { n: number; id: string; text: string }[] = []
    for (let from = 0; ;) {
      const next = await this.#store.nextPage('all', 'live', from)
      if ('end' in next) return found
      const { page, firstSeq } = next
      for (let index = 0; index < page.count; index++) {
        const text = Buffer.from(eventBytes(page, index)).toString()
        const { event_id: id, data } = JSON.parse(text) as { event_id: string; data: { n: number } }
        found.push({ n: data.n, id, text })
      }
      from = firstSeq + page.count
    }
  }
}

function wireOf({ n, part, data, text }: WindowFeed['events'][number]) {
  return { n, eventId: `${part}/w-${n}`, type: 'user.signed_in', outcome: undefined, line: text, data }
}
