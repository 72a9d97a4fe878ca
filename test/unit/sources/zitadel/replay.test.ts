// The ways in which ZITADEL's own readers lost events, played again: an event gets the time at which its transaction began, and is seen
// when that is committed (zitadel/zitadel#12703); several transactions share a microsecond (zitadel/zitadel#10710).
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LaneCursor } from '../../../../src/polling/lanes.ts'
import { openReader } from '../../../../src/polling/reader.ts'
import { zitadel } from '../../../../src/sources/zitadel/index.ts'
import { testIdentity } from '../../../fakes/source-tools.ts'
import { TestClock } from '../../../fakes/test-clock.ts'
import { FakeZitadel } from '../../../fakes/zitadel.ts'
import type { StoredEvent } from '../../../fakes/zitadel-events.ts'

const second = 1_000_000
const minute = 60 * second
const hour = 60 * minute

let fake: FakeZitadel
let relay: Relay
beforeEach(async () => {
  fake = await FakeZitadel.start()
  relay = new Relay(fake)
})
afterEach(async () => fake.close())

const id = ({ aggregateType, aggregateId, sequence }: StoredEvent): string =>
  `acme|${aggregateType}|${aggregateId}|${sequence}`

/** Pulls as polling does, keeps what the store keeps, and can be killed after any page. */
class Relay {
  readonly seen = new Map<string, number>()
  readonly clock: TestClock
  readonly #cursors = new Map<string, LaneCursor>()
  readonly #fake: FakeZitadel
  limit = 1000

  constructor(of: FakeZitadel) {
    this.#fake = of
    this.clock = new TestClock(of.now / 1000, 1)
  }

  /** Time passes for both. */
  async pass(time: number): Promise<void> {
    this.#fake.now += time
    await this.clock.advance(time / 1000)
  }

  /** One opening of the source: so many pulls, or until `pages` are committed. */
  async pull(pages = Infinity): Promise<void> {
    const options = zitadel.options.parse({
      url: this.#fake.url,
      auth: { token: this.#fake.token() },
      instance: 'acme',
      limit: this.limit,
    })
    const parts = {
      name: 'zitadel-prod',
      kind: zitadel as never,
      options: () => options,
      routes: [],
      identity: testIdentity,
      clock: this.clock,
    }
    const reader = openReader(parts, [...this.#cursors.values()], () => undefined)
    let left = pages
    try {
      for await (const { page, cursors, lane } of reader.read(new AbortController().signal)) {
        for (const line of Buffer.from(page.bytes).toString().split('\n').slice(0, -1)) {
          const { event_id: eventId } = JSON.parse(line) as { event_id: string }
          if (!this.seen.has(eventId)) this.seen.set(eventId, this.#fake.now)
        }
        for (const { part, value, lane: own } of cursors) {
          const key = `${own ?? lane ?? 'live'}\0${part}`
          if (value === null) this.#cursors.delete(key)
          else this.#cursors.set(key, { part, value, lane: own ?? lane ?? 'live' })
        }
        if (--left <= 0) break
      }
    } finally {
      await reader.close()
    }
  }

  missing(): string[] {
    return this.#fake.table.all.map(id).filter((one) => !this.seen.has(one))
  }
}

/** What the connectors do that are to be had: newest date so far, and on from there. */
class Naive {
  readonly seen = new Set<string>()
  #since = 0
  pull(now: number): void {
    const everything = { eventTypes: [], aggregateTypes: [], aggregateId: '', resourceOwner: '', editor: '' }
    for (const event of fake.table.find(
      { ...everything, asc: true, limit: 1000, since: this.#since, until: Infinity },
      now,
    )) {
      this.seen.add(id(event))
      this.#since = Math.max(this.#since, event.createdAt)
    }
  }
}

test.each([
  ['8 s, before anything of its time is read', 8 * second],
  ['3 minutes, which the overlap covers', 3 * minute],
  ['40 minutes, which the sweep after an hour covers', 40 * minute],
  ['20 hours, which the sweep after a day covers', 20 * hour],
])(
  'row 20: a slow transaction that is committed after %s is not lost, and a faster one is not read twice',
  async (_, late) => {
    const naive = new Naive()
    await relay.pull()
    const slow = fake.table.add({ createdAt: fake.now, committedAt: fake.now + late, aggregateId: 'slow' })
    for (let step = 1; step <= 40; step++) {
      await relay.pass(late / 20)
      fake.table.add({ createdAt: fake.now - second, aggregateId: `fast ${step}` })
      naive.pull(fake.now)
      await relay.pull()
    }
    for (let step = 0; step < 32; step++) {
      await relay.pass(hour)
      await relay.pull()
    }
    expect(naive.seen).not.toContain(id(slow))
    expect(relay.missing()).toEqual([])
    expect(relay.seen.size).toBe(41)
  },
)

test('row 21: transactions of one microsecond, whose places in the order change from one answer to the next', async () => {
  relay.limit = 10
  await relay.pull()
  const at = fake.now
  for (let index = 0; index < 9; index++)
    fake.table.add({ createdAt: at, inTxOrder: 1, aggregateId: `${index}`, position: at })
  fake.instead = () => {
    // Nothing sorts what is equal in position and place.
    for (const [index, event] of fake.table.all.entries())
      Object.assign(event, { inTxOrder: (index * 7 + fake.searches.length) % 9 })
    return undefined
  }
  for (let index = 0; index < 30; index++) fake.table.add({ createdAt: at + 1 + index, aggregateId: `later ${index}` })
  await relay.pass(minute)
  await relay.pull()
  expect(relay.missing()).toEqual([])
})

test('rows 19-21: hours of late events, ties and small answers, killed at random, show everything once', async () => {
  let state = 20_260_517
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
  relay.limit = 7
  await relay.pull()
  for (let step = 0; step < 120; step++) {
    for (let count = Math.floor(random() * 8); count > 0; count--) {
      // Few different times, so that they tie; most are seen at once, few very late.
      const createdAt = fake.now - Math.floor(random() * 3) * second
      const late = random() < 0.8 ? 0 : 20 * hour * random() ** 6
      const kind = ['user', 'org', 'session'][Math.floor(random() * 3)] as string
      fake.table.add({
        createdAt,
        committedAt: createdAt + late,
        position: createdAt + Math.min(late, second) * random(),
        aggregateType: kind,
        aggregateId: String(Math.floor(random() * 5)),
        type: `${kind}.${Math.floor(random() * 4)}`,
      })
    }
    await relay.pass(3 * minute)
    fake.instead =
      random() < 0.1
        ? (_, index) => (index % 3 === 0 ? { status: 429, body: '{"code":8,"message":"too many"}' } : undefined)
        : undefined
    await relay
      .pull(random() < 0.4 ? 1 + Math.floor(random() * 4) : Infinity)
      .catch((error: unknown) => expect(error).toMatchObject({ kind: 'limited' }))
  }
  fake.instead = undefined
  for (let step = 0; step < 40; step++) {
    await relay.pass(hour)
    await relay.pull()
  }
  expect(fake.table.all.length).toBeGreaterThan(350)
  expect(relay.missing()).toEqual([])
  expect(relay.seen.size).toBe(fake.table.all.length)
})
