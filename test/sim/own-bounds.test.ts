// A destination's own bound in the running relay, on a clock of its own: an outage of hours costs the bounded destination what is too
// old, which is counted and audited, and its siblings nothing.
import { afterEach, expect, it } from 'vitest'
import { Relay } from '../../src/cli/relay.ts'
import { createDispatcher } from '../../src/delivery/dispatcher.ts'
import { Fleet } from '../../src/delivery/fleet.ts'
import { webhook } from '../../src/destinations/webhook/index.ts'
import { compileFilter } from '../../src/filters/compile.ts'
import { Identity } from '../../src/model/identity.ts'
import { Poller } from '../../src/polling/poller.ts'
import { Pollers } from '../../src/polling/pollers.ts'
import { openReader } from '../../src/polling/reader.ts'
import { type HttpClient, HttpError } from '../../src/runtime/http.ts'
import type { BufferBound } from '../../src/store/buffer.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import type { DestinationOverview, Store } from '../../src/store/store.ts'
import type { TelemetryEvent } from '../../src/telemetry/events.ts'
import { Bounds } from '../../src/upkeep/bounds.ts'
import { OwnEvents } from '../../src/upkeep/own-events.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { Seeded } from './seeded.ts'
import { simSource } from './sim-source.ts'
import { Truth } from './truth.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const nothing = { waiting: 0, retrying: 0, dropped: 0, dead: 0 }

interface Taken {
  readonly event_id: string
  readonly event_type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A relay with a bounded destination, `alerts`, and one without, `archive`. */
class Site {
  readonly clock = new TestClock(undefined, 1)
  readonly truth = new Truth(new Seeded(21))
  readonly down = new Set<string>()
  readonly taken = new Map<string, Taken[]>([
    ['alerts', []],
    ['archive', []],
  ])
  readonly told: TelemetryEvent[] = []
  readonly store: Store = openMemoryStore({ backing: openMemoryStore.backing() })
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()

  async start(buffer: BufferBound): Promise<void> {
    const { clock, store } = this
    const telemetry = { emit: (event: TelemetryEvent) => void this.told.push(event) }
    const names = [...this.taken.keys()]
    const rest = { type: 'webhook', definition: '{}', sources: null, enabled: true }
    await store.register(
      [
        { name: 'alerts', ...rest, buffer },
        { name: 'archive', ...rest },
      ],
      clock.now(),
    )
    const make = (name: string) => ({ dispatcher: this.#dispatcher(name, telemetry) })
    const fleet = new Fleet({ store, clock, make, enabled: names })
    const routes = names.map((destination) => ({ destination, filter: compileFilter({}) }))
    const kind = simSource({ truth: this.truth, random: new Seeded(22), failure: 0 })
    const identity = new Identity(store.identity.secret)
    const open: ConstructorParameters<typeof Poller>[0]['open'] = (name, cursors, notice) =>
      Promise.resolve(openReader({ name, kind, options: () => ({}), routes, identity, clock }, cursors, notice))
    const committed = (): void => fleet.wake()
    const poller = new Poller({ name: 'sim', everyMs: second, store, open, clock, telemetry, committed })
    const pollers = new Pollers({ store, clock, pollers: [poller], configured: ['sim'] })
    const bounds = new Bounds({ store, clock, telemetry, destinations: fleet })
    const own = new OwnEvents({ store, clock, routes: () => routes, committed })
    const { signal } = this.#stop
    this.#running = new Relay({ store, pollers, fleet, clock, telemetry, bounds, own }).run({
      drain: signal,
      abort: signal,
    })
  }

  #dispatcher(name: string, telemetry: { emit(event: TelemetryEvent): void }) {
    const { clock, store } = this
    const random = new Seeded(name.length)
    const options = webhook.options.parse({ url: 'http://receiver.invalid/', batch: 20 })
    const open = () => webhook.open(options, { name, clock, random, http: () => this.#receiver(name) })
    const pace = { limits: webhook.limits(options), inFlight: 2, timeoutMs: 30 * second, scheduleMs: [second, minute] }
    return createDispatcher({ store, telemetry, ...pace, name, open, clock, random })
  }

  #receiver(name: string): HttpClient {
    return {
      request: async ({ body }, signal) => {
        await this.clock.sleep(10, signal)
        if (this.down.has(name)) throw new HttpError('connect', 'connection refused')
        this.taken.get(name)?.push(...(JSON.parse(Buffer.from(body ?? []).toString()) as Taken[]))
        return { status: 200, headers: {}, body: new Uint8Array(), truncated: false }
      },
      close: () => Promise.resolve(),
    }
  }

  /** One event a minute. */
  async load(minutes: number): Promise<void> {
    for (let left = minutes; left > 0; left--) {
      this.truth.reveal()
      await this.clock.advance(minute)
    }
  }

  /** The numbers of the source's events that a receiver took, in order. */
  numbers(name: string): number[] {
    const events = (this.taken.get(name) ?? []).filter(({ data }) => typeof data['n'] === 'number')
    return [...new Set(events.map(({ data }) => data['n'] as number))].toSorted((a, b) => a - b)
  }

  /** Everything that a receiver took and that both should get. */
  ids(name: string): ReadonlySet<string> {
    const about = ({ data }: Taken): unknown[] => (Array.isArray(data['destinations']) ? data['destinations'] : [])
    const shared = (this.taken.get(name) ?? []).filter((event) => {
      return !about(event).includes('alerts') && !about(event).includes('archive')
    })
    return new Set(shared.map(({ event_id: id }) => id))
  }

  async look(name: string): Promise<DestinationOverview> {
    const { destinations } = await this.store.overview(this.clock.now())
    const one = destinations.find((other) => other.name === name) as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    return one
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.clock.advance(2 * minute)
    await this.#running
  }
}

const sites: Site[] = []
afterEach(async () => {
  for (const site of sites.splice(0)) await site.stop()
})

it.each(['drop_oldest', 'dead_letter'] as const)(
  'row 58: an outage of three hours with max_age 1h, %s: what is older goes, the last hour is delivered, and it is audited',
  async (whenFull) => {
    const site = new Site()
    sites.push(site)
    await site.start({ maxAgeMs: hour, maxBytes: null, whenFull })
    await site.load(10)
    site.down.add('alerts')
    await site.load(180)
    const during = await site.look('alerts')
    expect(during.waiting + during.retrying).toBeGreaterThanOrEqual(59)
    expect(during.waiting + during.retrying).toBeLessThanOrEqual(62)
    site.down.delete('alerts')
    await site.clock.advance(5 * minute)

    const { delivered, waiting, retrying, dropped, dead } = await site.look('alerts')
    const gone = whenFull === 'drop_oldest' ? dropped : dead
    expect({ waiting, retrying, dropped, dead }).toEqual({
      ...nothing,
      [whenFull === 'drop_oldest' ? 'dropped' : 'dead']: gone,
    })
    const all = site.truth.events.map(({ n }) => n)
    expect(site.numbers('archive')).toEqual(all)
    expect(await site.look('archive')).toMatchObject(nothing)
    // What went is one stretch, the oldest of the outage; everything before it and after it was delivered.
    const taken = site.numbers('alerts')
    const missing = all.filter((n) => !taken.includes(n))
    expect(missing.length).toBeGreaterThan(100)
    expect(missing).toEqual(all.slice(all.indexOf(missing[0] as number)).slice(0, missing.length))
    // The relay's own events go the same way, but for those about the destination itself.
    expect(site.ids('alerts').size + gone).toBe(site.ids('archive').size)
    expect(delivered).toBe(new Set(site.taken.get('alerts')?.map(({ event_id: id }) => id)).size)

    const audits = (name: string): Taken[] =>
      (site.taken.get(name) ?? []).filter(({ event_type: type }) => type === 'audit.stream_buffer_full')
    const counts = audits('archive').map(({ data }) => data['count'] as number)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(gone)
    expect(audits('archive')[0]?.data).toMatchObject({ destination: 'alerts', policy: whenFull, why: 'age' })
    expect(audits('alerts')).toEqual([])
    const lines = site.told.filter(({ type }) => type === (whenFull === 'drop_oldest' ? 'dropped' : 'died'))
    expect(lines[0]).toMatchObject({ destination: 'alerts', cause: 'too_old' })
  },
)
