// Routing a destination over kept pages: each once, in order, counted, held and pruned like what was committed for it.
import { afterEach, describe, expect, it } from 'vitest'
import { allBits, type Seq } from '../../src/model/page.ts'
import type { LatePage, LateRouting } from '../../src/store/late.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationOverview, Queue, RoutedPage, SeqRange, Store } from '../../src/store/store.ts'
import { commitOf, DAY, destination, ids, idsOf, live, many, settlement } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

const keepMs = 3 * DAY

function verdict({ firstSeq, page }: LatePage, bits: Uint8Array = allBits(page.count)): LateRouting {
  const matched = [...bits].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  return { firstSeq, count: page.count, bitmap: bits, matched, bypassed: 0, missing: 0 }
}

describe.each(Object.entries(BENCHES))('late routing in the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  const now = (): number => bench.clock.now()
  const opened = async (maxBytes = 1e12): Promise<void> => {
    bench = makeBench({ maxBytes, keepMs })
    store = await bench.open()
    await store.register([destination('a')], now())
  }
  afterEach(() => bench.dispose())

  const commit = async (...args: [source: string, events: Parameters<typeof commitOf>[2], queue?: 'catch_up']) => {
    const { destinations } = await store.overview(now())
    const routed = destinations.filter(({ state }) => state !== 'parked').map(({ name }) => [name, 'all'] as const)
    const [source, events, queue = 'live'] = args
    await store.commitPage(commitOf(store, source, events, { to: Object.fromEntries(routed), queue }), now())
  }
  const settle = (name: string, queue: Queue, range: SeqRange, delivered: number) =>
    store.settle(settlement(name, { settled: [{ queue, range }], delivered: new Map([['app', delivered]]) }), now())
  const overviewOf = async (name: string): Promise<DestinationOverview> => {
    const one = (await store.overview(now())).destinations.find((other) => other.name === name) as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    return one
  }
  const routeAll = async (name: string): Promise<string[]> => {
    const seen: string[] = []
    for (let late = await store.nextLate(name); late; late = await store.nextLate(name)) {
      seen.push(...idsOf(late.page))
      await store.routeLate(name, verdict(late), now())
    }
    return seen
  }
  const next = async (name: string, from: Seq): Promise<RoutedPage | { readonly end: Seq }> =>
    store.nextPage(name, 'catch_up', from)

  it('leads a new destination over what is kept, in order, and its queue waits for what is not routed', async () => {
    await opened()
    await commit('app', ids('1', '2'))
    await commit('billing', ids('3'))
    await commit('app', ids('4', '5'))
    await store.register([destination('a'), destination('b', { start: 'beginning', sources: ['app'] })], now())
    expect((await store.progress('b')).map(({ position }) => position)).toEqual([6, 1, 6])
    expect(await next('b', 1)).toEqual({ end: 1 })
    const first = (await store.nextLate('b')) as LatePage
    expect(first).toMatchObject({ source: 'app', firstSeq: 1 })
    await store.routeLate('b', verdict(first, Uint8Array.of(0b10)), now())
    expect(await next('b', 1)).toMatchObject({ source: 'app', firstSeq: 1 })
    expect(await next('b', 3)).toEqual({ end: 3 })
    store = await bench.open()
    expect(await routeAll('b')).toEqual(['4', '5'])
    expect(await next('b', 3)).toMatchObject({ firstSeq: 4 })
    expect(await next('b', 6)).toEqual({ end: 6 })
    expect(await overviewOf('b')).toMatchObject({ offered: 4, filtered: 1, routed: 3, waiting: 3 })
    expect(await store.nextLate('a')).toBeNull()
    expect(await overviewOf('a')).toMatchObject({ offered: 5, waiting: 5 })
  })

  it('row 1: routes no page twice, whoever asks again', async () => {
    await opened()
    await commit('app', ids('1', '2'))
    await store.register([destination('a'), destination('b', { start: 'beginning' })], now())
    const late = (await store.nextLate('b')) as LatePage
    await store.routeLate('b', verdict(late), now())
    await store.routeLate('b', verdict(late), now())
    store = await bench.open()
    await store.routeLate('b', verdict(late), now())
    expect(await overviewOf('b')).toMatchObject({ offered: 2, waiting: 2 })
  })

  it('leads one that comes back over what it missed, twice too, with settled events behind and in between', async () => {
    await opened()
    const both = [destination('a'), destination('b')]
    await store.register(both, now())
    await commit('app', ids('1'))
    await settle('b', 'live', { from: 1, to: 2 }, 1)
    for (const [missed, seq] of [
      ['2', 2],
      ['3', 3],
    ] as const) {
      await store.register([destination('a')], now())
      await commit('app', ids(missed))
      await store.register(both, now())
      if (missed === '3') continue
      expect(await routeAll('b')).toEqual(['2'])
      await settle('b', 'catch_up', { from: 1, to: seq + 1 }, 1)
    }
    expect(await routeAll('b')).toEqual(['3'])
    expect(await overviewOf('b')).toMatchObject({ offered: 3, delivered: 2, waiting: 1 })
    await settle('b', 'catch_up', { from: 3, to: 4 }, 1)
    expect(await overviewOf('b')).toMatchObject({ delivered: 3, waiting: 0 })
  })

  it('puts backfills that come meanwhile behind what is to be routed first', async () => {
    await opened()
    await commit('app', ids('1'))
    await store.register([destination('a'), destination('b', { start: 'beginning' })], now())
    await commit('app', ids('2'))
    await commit('app', ids('3'), 'catch_up')
    expect(await routeAll('b')).toEqual(['1', '3'])
    expect(await overviewOf('b')).toMatchObject({ offered: 3, waiting: 3 })
    expect(((await next('b', 2)) as RoutedPage).firstSeq).toBe(3)
  })

  it('begins where a time says', async () => {
    await opened()
    await commit('app', ids('1'))
    const sinceMs = (ms: number) => ({ start: { sinceMs: ms } })
    const at = Date.UTC(2026, 4, 17, 8)
    await store.register([destination('a'), destination('b', sinceMs(at)), destination('c', sinceMs(at + 1))], now())
    expect(await routeAll('b')).toEqual(['1'])
    expect(await routeAll('c')).toEqual([])
  })

  it('holds what waits after late routing, also where everything seemed settled before', async () => {
    await opened()
    await commit('app', many('x', 10, 2000))
    await settle('a', 'live', { from: 1, to: 11 }, 10)
    await store.register([destination('a'), destination('b', { start: 'beginning' })], now())
    expect(await store.settledThrough('app')).toBe(11)
    await bench.clock.advance(keepMs + 1000)
    expect((await store.prune(now())).pages).toBe(0)
    await routeAll('b')
    expect(await store.settledThrough('app')).toBe(1)
    expect((await store.prune(now())).pages).toBe(0)
    await settle('b', 'catch_up', { from: 1, to: 11 }, 10)
    expect((await store.prune(now())).pages).toBe(1)
  })

  it('is not held up by pages that were removed for want of room, before or in the middle', async () => {
    await opened()
    await commit('app', many('x', 10, 2000))
    await commit('app', ids('last'))
    await store.register([destination('a'), destination('b', { start: 'beginning' })], now())
    const late = (await store.nextLate('b')) as LatePage
    await settle('a', 'live', { from: 1, to: 12 }, 11)
    await pressed()
    await store.routeLate('b', verdict(late), now())
    expect(await routeAll('b')).toEqual([])
    expect(await overviewOf('b')).toMatchObject({ offered: 0, waiting: 0 })
    expect(await next('b', 1)).toEqual({ end: 12 })
  })

  /** Removes every settled page, as a full state does. */
  async function pressed(): Promise<void> {
    store = await bench.open({ maxBytes: 1, keepMs })
    await store.prune(now())
  }

  it.runIf(kind === 'sqlite')('leaves a state that check finds nothing wrong with', async () => {
    await opened()
    await commit('app', ids('1', '2'))
    await commit('app', ids('3'))
    await store.register([destination('a'), destination('b', { start: 'beginning' })], now())
    await commit('app', ids('4'))
    const late = (await store.nextLate('b')) as LatePage
    await store.routeLate('b', verdict(late, Uint8Array.of(1)), now())
    const check = async (): Promise<readonly string[]> => {
      const reader = await openSqliteReader(bench.path as string)
      const { faults } = await reader.check()
      await reader.close()
      return faults
    }
    expect(await check()).toEqual([])
    await routeAll('b')
    await store.settle(settlement('b', { settled: live([4, 5]), delivered: new Map([['app', 1]]) }), now())
    await settle('b', 'catch_up', { from: 1, to: 5 }, 2)
    expect(await check()).toEqual([])
    expect(await overviewOf('b')).toMatchObject({ offered: 4, delivered: 3, waiting: 0 })
  })
})
