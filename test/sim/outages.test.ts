// Outages in the simulation: a poller, a store and three destinations on a clock of their own, one of which fails for as long as
// the test says. What the receivers hold at the end is compared with the truth; times are compared to the millisecond.
import { afterEach, describe, expect, it } from 'vitest'
import { createDispatcher, type Dispatcher } from '../../src/delivery/dispatcher.ts'
import { webhook } from '../../src/destinations/webhook/index.ts'
import { compileFilter } from '../../src/filters/compile.ts'
import { Identity } from '../../src/model/identity.ts'
import { Poller } from '../../src/polling/poller.ts'
import { openReader } from '../../src/polling/reader.ts'
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from '../../src/runtime/http.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import type { TelemetryEvent } from '../../src/telemetry/events.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { Seeded } from './seeded.ts'
import { simSource } from './sim-source.ts'
import { Truth } from './truth.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

type Failing = 'no' | 'refused' | 'silent' | 'http_500' | 'http_401' | 'http_400' | 'http_413' | 'limited'

/** A receiver that fails as it is told, and remembers when it took which event. */
class SteadyReceiver {
  failing: Failing = 'no'
  readonly takenAt = new Map<number, number[]>()
  readonly #clock: TestClock
  readonly #random: Seeded

  constructor(clock: TestClock, seed: number) {
    this.#clock = clock
    this.#random = new Seeded(seed)
  }

  client(): HttpClient {
    return { request: (request, signal) => this.#request(request, signal), close: () => Promise.resolve() }
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    await this.#clock.sleep(this.#random.between(5, 60), signal)
    const { failing } = this
    if (failing === 'refused') throw new HttpError('connect', 'connection refused')
    if (failing === 'silent') await this.#clock.sleep(30 * day, signal)
    if (failing === 'limited') return reply(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '20' })
    if (failing !== 'no') return reply(Number(failing.slice(5)))
    for (const { data } of JSON.parse(Buffer.from(request.body ?? []).toString()) as { data: { n: number } }[])
      this.takenAt.set(data.n, [...(this.takenAt.get(data.n) ?? []), this.#clock.monotonic()])
    return reply(200)
  }
}

function reply(status: number, headers: Record<string, string> = {}): HttpReply {
  return { status, headers, body: new Uint8Array(), truncated: false }
}

class Sky {
  readonly clock = new TestClock(undefined, 1)
  readonly truth = new Truth(new Seeded(11))
  readonly receivers = new Map<string, SteadyReceiver>()
  readonly events: TelemetryEvent[] = []
  readonly #stop = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  async start(names: readonly string[]): Promise<void> {
    const { clock } = this
    const store = openMemoryStore({ backing: openMemoryStore.backing() })
    const definitions = names.map((name) => ({ name, type: 'webhook', definition: '{}', sources: null, enabled: true }))
    await store.register(definitions, clock.now())
    const telemetry = { emit: (event: TelemetryEvent) => void this.events.push(event) }
    const dispatchers = names.map((name, index) => this.#dispatcher(name, index, { store, telemetry }))
    const routes = names.map((name) => ({ destination: name, filter: compileFilter({}) }))
    const kind = simSource({ truth: this.truth, random: new Seeded(12), failure: 0 })
    const identity = new Identity(store.identity.secret)
    const open: ConstructorParameters<typeof Poller>[0]['open'] = (name, cursors, notice) =>
      Promise.resolve(openReader({ name, kind, options: () => ({}), routes, identity, clock }, cursors, notice))
    const committed = (): void => dispatchers.forEach((dispatcher) => dispatcher.wake())
    const poller = new Poller({ name: 'sim', everyMs: second, store, open, clock, telemetry, committed })
    const { signal } = this.#stop
    const loops = dispatchers.map((dispatcher) => dispatcher.run({ drain: signal, abort: signal }))
    this.#running = Promise.all([poller.run(signal), ...loops])
  }

  #dispatcher(
    name: string,
    index: number,
    parts: Pick<Parameters<typeof createDispatcher>[0], 'store' | 'telemetry'>,
  ): Dispatcher {
    const { clock } = this
    const random = new Seeded(100 + index)
    const receiver = new SteadyReceiver(clock, 200 + index)
    this.receivers.set(name, receiver)
    const options = webhook.options.parse({ url: 'http://receiver.invalid/', batch: 10 })
    const open = () => webhook.open(options, { name, clock, random, http: () => receiver.client() })
    const limits = webhook.limits(options)
    const pace = { limits, inFlight: 4, timeoutMs: 30 * second, scheduleMs: [second, 2 * second] }
    return createDispatcher({ ...parts, ...pace, name, open, clock, random })
  }

  receiver(name: string): SteadyReceiver {
    return this.receivers.get(name) as SteadyReceiver
  }

  /** `count` events, spread over `ms`. */
  async load(count: number, ms: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      this.truth.reveal()
      await this.clock.advance(ms / count)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.clock.advance(minute)
    await this.#running
  }

  /** The oracle: every true event was taken, once, and nothing else was. */
  expectAll(...names: readonly string[]): void {
    const all = this.truth.events.map(({ n }) => n)
    for (const name of names) {
      const { takenAt } = this.receiver(name)
      expect(
        [...takenAt.keys()].toSorted((a, b) => a - b),
        name,
      ).toEqual(all)
      expect(
        [...takenAt].filter(([, times]) => times.length > 1),
        `${name}: taken twice`,
      ).toEqual([])
    }
  }

  of(type: TelemetryEvent['type']): TelemetryEvent[] {
    return this.events.filter((event) => event.type === type)
  }
}

const skies: Sky[] = []
async function sky(...names: readonly string[]): Promise<Sky> {
  const made = new Sky()
  skies.push(made)
  await made.start(names)
  return made
}

afterEach(async () => {
  for (const made of skies.splice(0)) await made.stop()
})

const failings: [Failing, number][] = [
  ['refused', 0],
  // What hangs at the moment of the return has to be given up first, and is tried again a second later.
  ['silent', 2 * second],
  ['http_500', 0],
  ['http_401', 0],
  ['http_400', 0],
  ['http_413', 0],
  ['limited', 0],
]

describe.each(failings)('row 58: a receiver that is %s', (failing, slackMs) => {
  it.each([
    ['1 minute', minute],
    ['1 hour', hour],
    ['3 days', 3 * day],
  ])('for %s gets everything, noticed within 30 s, and nothing dies', async (_length, ms) => {
    const s = await sky('siem')
    await s.load(100, 10 * second)
    const receiver = s.receiver('siem')
    receiver.failing = failing
    await s.load(200, ms)
    const during = receiver.takenAt.size
    receiver.failing = 'no'
    await s.clock.advance(30 * second + slackMs)
    expect(receiver.takenAt.size, 'the return was not noticed').toBeGreaterThan(during)
    await s.load(20, 20 * second)
    await s.clock.advance(5 * minute)
    s.expectAll('siem')
    expect(s.of('set_aside')).toEqual([])
    if (failing !== 'http_400' && failing !== 'http_413') expect(s.of('died')).toEqual([])
  })
})

describe('flapping', () => {
  it.each([1, 3, 10, 60, 300])('every %i s loses nothing and kills nothing', async (seconds) => {
    const s = await sky('siem')
    const moods: readonly Failing[] = ['refused', 'no', 'http_500', 'no', 'http_401', 'no', 'limited', 'no']
    for (let turn = 0; turn < 80; turn++) {
      s.receiver('siem').failing = moods[turn % moods.length] as Failing
      await s.load(5, seconds * second)
    }
    s.receiver('siem').failing = 'no'
    await s.clock.advance(5 * minute)
    s.expectAll('siem')
    expect([...s.of('died'), ...s.of('set_aside')]).toEqual([])
  })
})

describe('row 58: one dead destination of three', () => {
  it.each(failings.map(([failing]) => failing))(
    '%s: the others have every event in the same millisecond',
    async (failing) => {
      const times: string[] = []
      for (const names of [
        ['one', 'two'],
        ['one', 'two', 'dead'],
      ]) {
        const s = await sky(...names)
        if (names.includes('dead')) s.receiver('dead').failing = failing
        for (let round = 0; round < 20; round++) await s.load(30, minute)
        await s.clock.advance(minute)
        s.expectAll('one', 'two')
        times.push(JSON.stringify(['one', 'two'].map((name) => [...s.receiver(name).takenAt])))
        if (names.includes('dead')) expect(s.receiver('dead').takenAt.size).toBe(0)
      }
      expect(times[1]).toBe(times[0])
    },
  )
})
