// Stopping, starting and removing by command: it outlives restarts and edits of the file, and what is dropped with it is counted.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ControlError } from '../../src/model/errors.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationDefinition, DestinationOverview, Store } from '../../src/store/store.ts'
import { aside, commitOf, DAY, destination, ids, live, many, settlement } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'
import { disable, discard, enable, operate, remove } from './store-operator.ts'

describe.each(Object.entries(BENCHES))('commands on the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  const now = (): number => bench.clock.now()
  beforeEach(async () => {
    bench = makeBench()
    store = await bench.open()
    await store.register([destination('siem'), destination('alerts')], now())
  })
  afterEach(() => bench.dispose())

  const commit = async (source: string, events: Parameters<typeof commitOf>[2], queue: 'live' | 'catch_up' = 'live') =>
    store.commitPage(commitOf(store, source, events, { queue, to: { siem: 'all', alerts: [0] } }), now())
  const registered = (...all: (readonly [string, Partial<DestinationDefinition>?])[]) =>
    store.register(
      all.map(([name, more]) => destination(name, more)),
      now(),
    )
  const overviewOf = async (name: string): Promise<DestinationOverview> => {
    const one = (await store.overview(now())).destinations.find((other) => other.name === name) as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    return one
  }
  /** Ten events, of which one waits for another attempt and two are dead. */
  const troubled = async (): Promise<void> => {
    await commit('app', many('e', 10))
    const dead = [3, 4].map((seq) => ({ ...aside(seq), cause: 'rejected', provisional: false }))
    const retrying = [{ ...aside(2), nextAt: now() + 1000 }]
    const delivered = new Map([['app', 1]])
    await store.settle(settlement('siem', { settled: live([1, 5], [7, 8]), delivered, retrying, dead }), now())
    await store.settle(settlement('siem', { delivered: new Map([['app', 1]]) }), now())
  }

  describe('disabling', () => {
    it('lets events wait, over a restart and whatever the file says, until it is enabled again', async () => {
      expect(await disable(store, 'siem', now())).toBe(
        'disabled; 0 events and what comes wait until it is enabled again',
      )
      await commit('app', ids('a', 'b'))
      expect(await overviewOf('siem')).toMatchObject({ state: 'disabled', stopped: true, discard: false, waiting: 2 })
      store = await bench.open()
      await registered(['siem', { definition: '{"other":1}' }], ['alerts'])
      expect(await overviewOf('siem')).toMatchObject({ state: 'disabled', stopped: true })
      await registered(['siem', { enabled: false }], ['alerts'])
      await expect(enable(store, 'siem', now())).rejects.toThrow('the file disables destination "siem"')
      await registered(['siem'], ['alerts'])
      expect(await enable(store, 'siem', now())).toBe('enabled; 2 events waiting')
      expect(await overviewOf('siem')).toMatchObject({ state: 'enabled', stopped: false, waiting: 2 })
      store = await bench.open()
      await registered(['siem'], ['alerts'])
      expect(await overviewOf('siem')).toMatchObject({ state: 'enabled', stopped: false })
    })

    it('stays when the destination gets another name, or leaves the file and comes back', async () => {
      await disable(store, 'siem', now())
      await registered(['splunk', { was: 'siem' }], ['alerts'])
      expect(await overviewOf('splunk')).toMatchObject({ state: 'disabled', stopped: true })
      await registered(['alerts'])
      await store.commitPage(commitOf(store, 'app', ids('missed'), { to: { alerts: 'all' } }), now())
      await registered(['splunk'], ['alerts'])
      expect(await overviewOf('splunk')).toMatchObject({ state: 'disabled', stopped: true })
      await enable(store, 'splunk', now())
      expect(await overviewOf('splunk')).toMatchObject({ state: 'enabled' })
    })

    it('refuses what is unknown or parked, and says what was meant', async () => {
      await expect(disable(store, 'siam', now())).rejects.toThrow('did you mean "siem"?')
      await expect(enable(store, 'nobody', now())).rejects.toThrow(ControlError)
      await registered(['alerts'])
      await expect(discard(store, 'siem', now())).rejects.toThrow('not in the file any more')
      await expect(enable(store, 'siem', now())).rejects.toThrow('not in the file any more')
    })

    it('begins with what comes when one that was never enabled is', async () => {
      await registered(['siem'], ['alerts'], ['archive', { enabled: false }])
      await disable(store, 'archive', now())
      await registered(['siem'], ['alerts'], ['archive'])
      await commit('app', ids('a'))
      const commitAll = () =>
        store.commitPage(commitOf(store, 'billing', ids('b'), { to: { archive: 'all', siem: 'all' } }), now())
      await commitAll()
      expect(await overviewOf('archive')).toMatchObject({ offered: 0, state: 'disabled' })
      await enable(store, 'archive', now())
      expect((await store.progress('archive')).map(({ position }) => position)).toEqual([3, 3, 3])
      await store.commitPage(commitOf(store, 'billing', ids('c'), { to: { archive: 'all' } }), now())
      expect(await overviewOf('archive')).toMatchObject({ offered: 1, waiting: 1 })
    })
  })

  describe('disabling with discard', () => {
    it('drops what waits in any queue and what retries, keeps the dead, and counts every one', async () => {
      await troubled()
      await commit('billing', ids('x', 'y'), 'catch_up')
      expect(await overviewOf('siem')).toMatchObject({ waiting: 7, retrying: 1, dead: 2, delivered: 2 })
      expect(await disable(store, 'siem', now())).toMatch(/^disabled; 8 events and what comes wait/)
      expect(await discard(store, 'siem', now())).toMatch(/^disabled; 8 events dropped/)
      const after = { waiting: 0, retrying: 0, dead: 2, delivered: 2, dropped: 8, discard: true, oldestWaitingAt: null }
      expect(await overviewOf('siem')).toMatchObject(after)
      expect(await store.nextRetryAt('siem', new Set())).toBeNull()
      store = await bench.open()
      await registered(['siem'], ['alerts'])
      expect(await overviewOf('siem')).toMatchObject(after)
      expect(await overviewOf('alerts')).toMatchObject({ dropped: 0, waiting: 2 })
    })

    it('drops what comes at once, and takes it again once it is enabled, or may wait', async () => {
      await discard(store, 'siem', now())
      await commit('app', ids('a', 'b', 'c'))
      await commit('app', ids('d'), 'catch_up')
      expect(await overviewOf('siem')).toMatchObject({ offered: 4, routed: 4, dropped: 4, waiting: 0 })
      expect(await store.nextPage('siem', 'live', 1)).toEqual({ end: 5 })
      await disable(store, 'siem', now())
      await commit('app', ids('e'))
      expect(await overviewOf('siem')).toMatchObject({ dropped: 4, waiting: 1, discard: false })
      await enable(store, 'siem', now())
      await commit('app', ids('f'))
      expect(await overviewOf('siem')).toMatchObject({ offered: 6, dropped: 4, waiting: 2, discard: false })
      await store.settle(settlement('siem', { settled: live([5, 7]), delivered: new Map([['app', 2]]) }), now())
      expect(await overviewOf('siem')).toMatchObject({ delivered: 2, waiting: 0 })
    })

    it('holds no page any more, and no part of a source', async () => {
      await commit('app', many('e', 10))
      await store.settle(settlement('alerts', { settled: live([1, 11]), delivered: new Map([['app', 1]]) }), now())
      expect(await store.settledThrough('app')).toBe(1)
      await discard(store, 'siem', now())
      expect(await store.settledThrough('app')).toBe(11)
      await bench.clock.advance(8 * DAY)
      expect((await store.prune(now())).pages).toBe(1)
    })

    it('gives up what it was still to be routed over, and misses nothing while it is away', async () => {
      await commit('app', ids('a', 'b'))
      await registered(['siem'], ['alerts'], ['late', { start: 'beginning' }])
      expect(await store.nextLate('late')).not.toBeNull()
      await discard(store, 'late', now())
      expect(await store.nextLate('late')).toBeNull()
      await registered(['siem'], ['alerts'])
      await commit('app', ids('c'))
      await registered(['siem'], ['alerts'], ['late'])
      expect(await store.nextLate('late')).toBeNull()
      expect(await overviewOf('late')).toMatchObject({ offered: 0, state: 'disabled', discard: true })
    })
  })

  describe('removing', () => {
    it('forgets a parked destination and says what it held', async () => {
      await troubled()
      await expect(remove(store, 'siem', now())).rejects.toThrow('is in the file in force')
      await registered(['alerts'])
      expect(await store.progress('siem')).toMatchObject([{ position: 5 }, {}, {}])
      expect(await remove(store, 'siem', now())).toBe('removed; dropped 6 waiting events and 2 dead letters')
      expect((await store.overview(now())).destinations.map(({ name }) => name)).toEqual(['alerts'])
      await expect(store.progress('siem')).rejects.toThrow('not registered')
      await expect(remove(store, 'siem', now())).rejects.toThrow('there is no destination "siem"')
      await overviewOf('alerts')
    })

    it('holds nothing for it any more, and leaves nothing of it to one that comes later', async () => {
      await troubled()
      await store.settle(settlement('alerts', { settled: live([1, 11]), delivered: new Map([['app', 1]]) }), now())
      // Looked at before, so that what was seen must be forgotten.
      expect(await store.settledThrough('app')).toBe(5)
      await registered(['alerts'])
      await remove(store, 'siem', now())
      expect(await store.settledThrough('app')).toBe(11)
      expect((await store.room()).holder).toBeUndefined()
      await registered(['alerts'], ['new'])
      await registered(['alerts'], ['new'], ['siem'])
      for (const name of ['new', 'siem']) {
        expect(await overviewOf(name)).toMatchObject({ offered: 0, waiting: 0, retrying: 0, dead: 0, health: null })
        expect(await store.progress(name)).toMatchObject([{ position: 11 }, { position: 11 }, { position: 11 }])
      }
      await store.commitPage(commitOf(store, 'app', ids('z'), { to: { new: 'all', siem: 'all' } }), now())
      expect(await overviewOf('siem')).toMatchObject({ offered: 1, waiting: 1 })
      expect(await store.settledThrough('app')).toBe(11)
      await bench.clock.advance(8 * DAY)
      expect((await store.prune(now())).pages).toBe(1)
    })

    it('does not take the number of one for another', async () => {
      await registered(['siem'])
      await commit('app', ids('a'))
      await remove(store, 'alerts', now())
      await registered(['siem'], ['third'])
      await store.commitPage(commitOf(store, 'app', ids('b'), { to: { siem: 'all', third: 'all' } }), now())
      expect(await overviewOf('third')).toMatchObject({ offered: 1, waiting: 1 })
    })
  })

  const stopSource = (source: string, configured: readonly string[] = []) =>
    operate(store, { kind: 'disable_source', source }, now(), configured)
  const startSource = (source: string, configured: readonly string[] = []) =>
    operate(store, { kind: 'enable_source', source }, now(), configured)

  it('stops and starts a source, over a restart', async () => {
    await commit('app', ids('a'))
    const enabled = async () => (await store.overview(now())).sources.map((one) => [one.name, one.enabled])
    expect(await enabled()).toEqual([['app', true]])
    await stopSource('app')
    store = await bench.open()
    expect(await enabled()).toEqual([['app', false]])
    expect(await startSource('app', ['app'])).toBe('enabled; it is read from where it was')
    expect(await enabled()).toEqual([['app', true]])
    await expect(stopSource('ap')).rejects.toThrow('there is no source "ap"; did you mean')
  })

  it('stops a source that is configured and was never read, and nothing else', async () => {
    await expect(stopSource('billing', ['app'])).rejects.toThrow('there is no source "billing"')
    await expect(stopSource('billin', ['billing'])).rejects.toThrow('did you mean "billing"?')
    await stopSource('billing', ['billing'])
    store = await bench.open()
    expect((await store.overview(now())).sources).toMatchObject([{ name: 'billing', enabled: false, pulled: 0 }])
    expect(await startSource('billing')).toBe(
      'enabled; it is read from where it was as soon as a relay runs whose configuration has it',
    )
    await commit('billing', ids('a'))
    expect((await store.overview(now())).sources).toMatchObject([{ name: 'billing', enabled: true, pulled: 1 }])
  })

  it("never stops the relay's own source", async () => {
    await expect(stopSource('relay', ['relay'])).rejects.toThrow(ControlError)
    await expect(stopSource('relay')).rejects.toThrow('always on')
    expect((await store.overview(now())).sources).toEqual([])
  })

  it.runIf(kind === 'sqlite')('leaves a state that check finds nothing wrong with', async () => {
    const check = async (): Promise<readonly string[]> => {
      const reader = await openSqliteReader(bench.path as string)
      const { faults } = await reader.check()
      await reader.close()
      return faults
    }
    await troubled()
    await discard(store, 'siem', now())
    await commit('app', ids('later'))
    expect(await check()).toEqual([])
    await registered(['alerts'])
    await remove(store, 'siem', now())
    expect(await check()).toEqual([])
  })
})
