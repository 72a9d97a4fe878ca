// The end of old dead letters in a relay that runs a few minutes a day: announced, audited where it may be, carried out a day later.
import { afterEach, expect, it } from 'vitest'
import { Relay } from '../../src/cli/relay.ts'
import { Fleet } from '../../src/delivery/fleet.ts'
import { compileFilter } from '../../src/filters/compile.ts'
import { Pollers } from '../../src/polling/pollers.ts'
import type { DestinationOverview, Store } from '../../src/store/store.ts'
import type { TelemetryEvent } from '../../src/telemetry/events.ts'
import { DeadLetterExpiry } from '../../src/upkeep/expiry.ts'
import { OwnEvents } from '../../src/upkeep/own-events.ts'
import { aside, commitOf, DAY, destination, idsOf, live, many, settlement } from '../contract/store-events.ts'
import { BENCHES, type StoreBench } from '../contract/store-openers.ts'

const ranMs = 3 * 60_000
let bench: StoreBench | undefined
afterEach(() => bench?.dispose())

/** A run of the relay as cron starts it, and the day until the next one. */
async function day(bench: StoreBench, keepMs: number | null): Promise<readonly TelemetryEvent[]> {
  const { clock } = bench
  const store = await bench.open()
  const told: TelemetryEvent[] = []
  const telemetry = { emit: (event: TelemetryEvent) => void told.push(event) }
  await store.register([destination('siem'), destination('archive')], clock.now())
  const fleet = new Fleet({ store, clock, make: () => undefined, enabled: [] })
  const pollers = new Pollers({ store, clock, pollers: [], configured: [] })
  const filter = compileFilter({ types: ['audit.stream_dead_letters_*'] })
  const routes = ['siem', 'archive'].map((name) => ({ destination: name, filter }))
  const own = new OwnEvents({ store, clock, routes: () => routes, committed: () => {} })
  const expiry = new DeadLetterExpiry({ store, clock, telemetry, keepMs: new Map([['siem', keepMs]]) })
  const stop = new AbortController()
  const relay = new Relay({ store, pollers, fleet, clock, telemetry, own, expiry })
  const running = relay.run({ drain: stop.signal, abort: stop.signal })
  await clock.advance(ranMs)
  stop.abort()
  await clock.advance(1000)
  await running
  await store.close(clock.now())
  clock.jump(DAY - ranMs - 1000)
  return told.filter(({ type }) => type.startsWith('dead_letters'))
}

/** Three events that died at siem. */
async function threeDie(bench: StoreBench): Promise<void> {
  const store = await bench.open()
  await store.register([destination('siem'), destination('archive')], bench.clock.now())
  await store.commitPage(commitOf(store, 'app', many('e', 3), { to: { siem: 'all' } }), bench.clock.now())
  const dead = [1, 2, 3].map((seq) => ({ ...aside(seq), cause: 'rejected', provisional: false }))
  await store.settle(settlement('siem', { settled: live([1, 4]), dead }), bench.clock.now())
  await store.close(bench.clock.now())
}

async function look(store: Store, now: number, name: string): Promise<DestinationOverview> {
  const { destinations } = await store.overview(now)
  return destinations.find((one) => one.name === name) as DestinationOverview
}

it.each(Object.entries(BENCHES))('run daily over the %s store', async (_, makeBench) => {
  bench = makeBench()
  const { clock } = bench
  await threeDie(bench)
  const days: (readonly string[])[] = []
  for (let count = 0; count < 10; count++) {
    const told = await day(bench, 7 * DAY)
    days.push(told.map(({ type }) => type))
  }
  // The first run is at the very moment of the deaths; the seventh is six days later.
  expect(days.findIndex((types) => types.includes('dead_letters_expiring'))).toBe(6)
  const purged = days.findIndex((types) => types.includes('dead_letters_purged'))
  expect([7, 8]).toContain(purged)
  expect(days.flat()).toEqual(['dead_letters_expiring', 'dead_letters_purged'])
  const store = await bench.open()
  expect(await look(store, clock.now(), 'siem')).toMatchObject({ dead: 0, dropped: 3, waiting: 0, purge: null })
  const audited: string[] = []
  for (let from = 1; ;) {
    const page = await store.nextPage('archive', 'live', from)
    if ('end' in page) break
    audited.push(...idsOf(page.page).map(() => page.source))
    from = page.firstSeq + page.page.count
  }
  expect(audited).toEqual(['relay', 'relay'])
})

it.each(Object.entries(BENCHES))('what is kept for ever stays, over the %s store', async (_, makeBench) => {
  bench = makeBench()
  await threeDie(bench)
  for (let count = 0; count < 10; count++) expect(await day(bench, null)).toEqual([])
  expect(await look(await bench.open(), bench.clock.now(), 'siem')).toMatchObject({ dead: 3, dropped: 0 })
})
