// Facts that must be audited: what the store notices by itself, how notices become one, when they are ripe, and that a page carries each
// exactly once, whatever happens in between.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compileFilter } from '../../src/filters/compile.ts'
import { eventBytes } from '../../src/model/page.ts'
import { about, KEPT_NOTICES, type Notice, type NewNotice } from '../../src/store/notices.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { Store } from '../../src/store/store.ts'
import { OwnEvents } from '../../src/upkeep/own-events.ts'
import { StateFullError } from '../../src/model/errors.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'
import { aside, commitOf, destination, ids, live, settlement, START } from './store-events.ts'

const minute = 60_000

describe.each(Object.keys(BENCHES))('notices in the %s store', (kind) => {
  let bench: StoreBench
  let store: Store
  beforeEach(async () => {
    bench = (BENCHES[kind] as () => StoreBench)()
    store = await bench.open()
  })
  afterEach(() => bench.dispose())

  const waiting = (now: number, limit = 100): Promise<readonly Notice[]> => store.waitingNotices(now, limit)

  /** Without those that say what was registered. */
  async function registered(...names: string[]): Promise<void> {
    await store.register(
      names.map((name) => destination(name)),
      START,
    )
    await own(names).step()
  }

  function own(names: readonly string[], over: Store = store): OwnEvents {
    const routes = () => names.map((name) => ({ destination: name, filter: compileFilter({}) }))
    return new OwnEvents({ store: over, clock: bench.clock, routes, committed: () => {} })
  }

  async function expectBalanced(): Promise<void> {
    const { destinations } = await store.overview(START)
    for (const { offered, filtered, routed, delivered, waiting: waits, retrying, dead, dropped } of destinations) {
      expect(offered).toBe(filtered + routed)
      expect(routed).toBe(delivered + waits + retrying + dead + dropped)
    }
    if (bench.path === undefined) return
    const reader = await openSqliteReader(bench.path)
    expect((await reader.check()).faults).toEqual([])
    await reader.close()
  }

  describe('that may grow', () => {
    const failed = (count: number, more: Partial<NewNotice> = {}): NewNotice =>
      about('event_failed', { destinations: ['a'], count, cause: 'rejected http_400', ...more })

    it('become one within a minute, with the sum of the counts, and are ripe after it', async () => {
      await store.note([failed(2)], START)
      await store.note([failed(3)], START + 59_999)
      expect(await waiting(START + 59_999)).toEqual([])
      expect(await waiting(START + minute)).toMatchObject([{ kind: 'event_failed', at: START, count: 5 }])
      await store.note([failed(7)], START + minute)
      expect((await waiting(START + 2 * minute)).map(({ count }) => count)).toEqual([5, 7])
    })

    it('stay apart by kind, destination, source and cause, and those without a cause always', async () => {
      const single = about('buffer_full', { destinations: ['a'] })
      await store.note([failed(1), failed(1, { destinations: ['b'] }), failed(1, { source: 'app' })], START)
      await store.note([failed(1, { cause: 'outage' }), failed(1, { kind: 'event_conflict' } as never)], START)
      await store.note([single, single, failed(1)], START)
      expect((await waiting(START + minute)).map(({ count }) => count)).toEqual([2, 1, 1, 1, 1, 1, 1])
    })

    it('a carried one does not grow', async () => {
      await registered('a')
      await store.note([failed(1)], START)
      await bench.clock.advance(minute)
      await own(['a']).step()
      await store.note([failed(1)], START + 30_000)
      expect(await waiting(START + 2 * minute)).toMatchObject([{ count: 1 }])
    })

    it('when the clock goes back, none waits for the future and none grows into the past', async () => {
      await store.note([failed(1)], START)
      const back = START - 86_400_000
      expect(await waiting(back)).toMatchObject([{ count: 1 }])
      await store.note([failed(4)], back)
      expect((await waiting(back + minute)).map(({ count }) => count)).toEqual([1, 4])
    })
  })

  it('are given oldest first, at most so many', async () => {
    for (const name of ['x', 'y', 'z']) await store.note([about('source_gap', { source: name })], START)
    expect((await waiting(START, 2)).map(({ source }) => source)).toEqual(['x', 'y'])
  })

  it('are carried while the state is full: that is what lets them go', async () => {
    await registered('a')
    await store.commitPage(commitOf(store, 'app', ids('one'), { to: { a: 'all' } }), START)
    await store.note([about('source_gap', { source: 'app' })], START)
    store = await bench.open({ maxBytes: 1, keepMs: 1e12 })
    const refused = store.commitPage(commitOf(store, 'app', ids('two'), { to: { a: 'all' } }), START)
    await expect(refused).rejects.toBeInstanceOf(StateFullError)
    expect((await store.room()).full).toBe(true)
    expect(await waiting(START)).toHaveLength(1)
    await own(['a']).step()
    expect(await waiting(START)).toEqual([])
    await expectBalanced()
  })

  it('keep what they say over a restart', async () => {
    const notice = about('dead_letters_replayed', {
      destinations: ['a', 'b'],
      by: 'mina',
      outcome: 'failure',
      count: 9,
      data: { from: ['a'], to: null, taken: 9, ok: false, text: 'é "quoted"' },
    })
    await store.note([notice], START)
    store = await bench.open()
    expect(await waiting(START)).toEqual([{ ...notice, id: expect.any(Number) as number, at: START, carried: false }])
  })

  it('forget the oldest of those that are carried, and none that waits', async () => {
    await registered('a')
    const before = (await waiting(START)).length
    expect(before).toBe(0)
    await store.note([about('source_gap', { source: 'first' })], START)
    await own(['a']).step()
    await store.note([about('source_gap', { source: 'waits' })], START)
    const more = Array.from({ length: KEPT_NOTICES }, (_, n) => about('source_gap', { source: `s${n}` }))
    await store.note(more, START)
    expect((await waiting(START, KEPT_NOTICES * 2)).map(({ source }) => source).slice(0, 2)).toEqual(['waits', 's0'])
    if (bench.path === undefined) return
    const reader = await openSqliteReader(bench.path)
    expect(await reader.notices(KEPT_NOTICES * 2)).toHaveLength(KEPT_NOTICES + 1)
    await reader.close()
  })

  describe('of the store itself', () => {
    beforeEach(async () => {
      await registered('a', 'b')
      await store.commitPage(commitOf(store, 'app', ids('1', '2', '3', '4'), { to: { a: 'all' } }), START)
    })

    async function seqs(): Promise<number> {
      const page = await store.nextPage('a', 'live', 1)
      if ('end' in page) throw new Error('nothing waits')
      const own = page.source === 'relay' ? page.firstSeq + page.page.count : page.firstSeq
      return own
    }

    const dead = (seq: number, provisional: boolean, cause = 'rejected') => ({ ...aside(seq), cause, provisional })

    it('a death is noticed by cause and answer, with the answer', async () => {
      const first = await seqs()
      await store.settle(
        settlement('a', {
          settled: live([first, first + 3]),
          dead: [dead(first, false), dead(first + 1, false), dead(first + 2, false, 'exhausted')],
        }),
        START,
      )
      const said = { code: 'http_503', reason: 'the receiver answered 503' }
      const like = { kind: 'event_failed', destinations: ['a'], source: null, by: null, outcome: 'failure' }
      expect(await waiting(START + minute)).toMatchObject([
        { ...like, count: 2, data: { destination: 'a', cause: 'rejected', ...said } },
        { ...like, count: 1, data: { destination: 'a', cause: 'exhausted', ...said } },
      ])
    })

    it('a provisional death is noticed when a delivery confirms it, once', async () => {
      const first = await seqs()
      await store.settle(settlement('a', { settled: live([first, first + 1]), dead: [dead(first, true)] }), START)
      expect(await waiting(START + minute)).toEqual([])
      const took = settlement('a', { settled: live([first + 1, first + 2]), delivered: new Map([['app', 1]]) })
      await store.settle(took, START + 1)
      expect(await waiting(START + 1 + minute)).toMatchObject([{ kind: 'event_failed', count: 1 }])
      const more = settlement('a', { settled: live([first + 2, first + 3]), delivered: new Map([['app', 1]]) })
      await store.settle(more, START + 2)
      expect((await waiting(START + 2 + minute)).map(({ count }) => count)).toEqual([1])
      await expectBalanced()
    })

    it('a provisional death that is taken back is never noticed', async () => {
      const first = await seqs()
      await store.settle(settlement('a', { settled: live([first, first + 1]), dead: [dead(first, true)] }), START)
      await store.exhume('a', START)
      const took = settlement('a', { settled: live([first + 1, first + 2]), delivered: new Map([['app', 1]]) })
      await store.settle(took, START)
      expect(await waiting(START + minute)).toEqual([])
    })

    it('a death among the events of `relay` is not noticed', async () => {
      const page = await store.nextPage('b', 'live', 1)
      if ('end' in page) throw new Error('nothing waits')
      expect(page.source).toBe('relay')
      const seq = page.firstSeq
      await store.settle(
        settlement('b', { settled: live([seq, seq + 1]), dead: [{ ...dead(seq, false), source: 'relay' }] }),
        START,
      )
      expect(await waiting(START + minute)).toEqual([])
    })

    it('conflicts of a source become one a minute', async () => {
      await store.commitPage(commitOf(store, 'app', [{ id: '1', content: 'other' }]), START)
      await store.commitPage(commitOf(store, 'app', [{ id: '2', content: 'other' }]), START + 10)
      await store.commitPage(commitOf(store, 'elsewhere', ids('1')), START + 10)
      const [only, ...others] = await waiting(START + minute)
      expect(only).toMatchObject({ kind: 'event_conflict', source: 'app', count: 2, destinations: [] })
      expect(only?.data).toMatchObject({ source: 'app', event_id: '1' })
      expect(String(only?.data['new_event_id'])).toMatch(/^1~[0-9a-f]{16}$/)
      expect(others).toEqual([])
    })

    it('a gap that a pull tells is noticed once, and again when more is lost', async () => {
      const lost = (text: string) => ({ level: 'error', code: 'file_lost', subject: 'x.jsonl', text })
      const other = { level: 'warning', code: 'waiting_for_file', subject: 'y.jsonl', text: 'not there' }
      const pull = (...notices: (typeof other)[]) => ({ at: START, ok: true, error: null, notices })
      await store.savePull('app', pull(other, lost('10 bytes')), START)
      await store.savePull('app', pull(lost('10 bytes')), START + 1)
      await store.savePull('app', pull(lost('20 bytes')), START + 2)
      expect(await waiting(START + 2)).toMatchObject([
        { kind: 'source_gap', source: 'app', data: { code: 'file_lost', subject: 'x.jsonl', reason: '10 bytes' } },
        { kind: 'source_gap', source: 'app', data: { reason: '20 bytes' } },
      ])
    })

    it('the health is written with what it notices, or neither', async () => {
      const health = {
        state: 'open',
        since: START,
        nextTrialAt: START,
        trials: 0,
        reason: null,
        lastDeliveredAt: null,
        lastFailure: null,
      } as const
      await store.saveHealth('a', health, START, [about('event_failed', { destinations: ['a'] })])
      await expect(store.saveHealth('nobody', health, START, [about('source_gap', {})])).rejects.toThrow()
      store = await bench.open()
      expect(await waiting(START)).toMatchObject([{ kind: 'event_failed' }])
      expect(await store.health('a')).toMatchObject({ state: 'open' })
    })
  })

  describe('carried as events', () => {
    /** Ids of the events of `relay` that a destination has before it. */
    async function ownOf(name: string): Promise<string[]> {
      const found: string[] = []
      for (let from = 1; ;) {
        const next = await store.nextPage(name, 'live', from)
        if ('end' in next) return found
        for (let index = 0; index < next.page.count; index++)
          if ((next.bitmap[index >> 3] ?? 0) & (1 << (index & 7)))
            found.push(
              (JSON.parse(Buffer.from(eventBytes(next.page, index)).toString()) as { event_id: string }).event_id,
            )
        from = next.firstSeq + next.page.count
      }
    }

    it('go to every destination but those that they are about', async () => {
      await store.register(
        ['a', 'b', 'c'].map((name) => destination(name)),
        START,
      )
      const before = await waiting(START)
      expect(before.map(({ kind, destinations }) => [kind, ...destinations])).toEqual([
        ['destination_created', 'a'],
        ['destination_created', 'b'],
        ['destination_created', 'c'],
      ])
      await own(['a', 'b', 'c']).step()
      const [a, b, c] = before.map(({ id }) => `relay-${store.identity.instance}-${id}`)
      expect([await ownOf('a'), await ownOf('b'), await ownOf('c')]).toEqual([
        [b, c],
        [a, c],
        [a, b],
      ])
      expect((await store.overview(START)).destinations.map(({ offered, filtered }) => [offered, filtered])).toEqual([
        [3, 1],
        [3, 1],
        [3, 1],
      ])
      await expectBalanced()
    })

    it('a kill at any moment: each becomes an event exactly once', async () => {
      await store.register([destination('a'), destination('b')], START)
      const [first, second] = await waiting(START)
      const dies = new Proxy(store, {
        get: (target, name) => {
          const verb = Reflect.get(target, name, target) as unknown
          if (name === 'commitPage') return () => Promise.reject(new Error('killed before the commit'))
          return typeof verb === 'function' ? (verb.bind(target) as unknown) : verb
        },
      })
      await expect(own(['a', 'b'], dies).step()).rejects.toThrow('killed')
      store = await bench.open()
      expect(await waiting(START)).toHaveLength(2)
      await own(['a', 'b']).step()
      store = await bench.open()
      expect(await waiting(START)).toEqual([])
      const again = own(['a', 'b'])
      await again.step()
      expect(again.carried).toBe(0)
      expect(await ownOf('a')).toEqual([`relay-${store.identity.instance}-${second?.id}`])
      expect(await ownOf('b')).toEqual([`relay-${store.identity.instance}-${first?.id}`])
      await expectBalanced()
    })

    it('two steps at a time carry each once', async () => {
      await store.register([destination('a'), destination('b')], START)
      const carrier = own(['a', 'b'])
      await Promise.all([carrier.step(), carrier.step(), carrier.step()])
      expect(carrier.carried).toBe(2)
      expect((await store.overview(START)).sources.find(({ name }) => name === 'relay')).toMatchObject({ new: 2 })
    })

    it('more than a page of them are carried in one step, oldest first', async () => {
      await registered('a', 'b')
      await store.note(
        Array.from({ length: 450 }, (_, n) => about('source_gap', { source: `s${n}` })),
        START,
      )
      const carrier = own(['a', 'b'])
      await carrier.step()
      expect(carrier.carried).toBe(450)
      expect(await waiting(START, 1000)).toEqual([])
      await expectBalanced()
    })

    it('a page that carries one twice is refused and changes nothing', async () => {
      await registered('a')
      await store.note([about('source_gap', { source: 'x' })], START)
      const [{ id }] = (await waiting(START)) as [Notice]
      const page = commitOf(store, 'relay', ids('r1'), { to: { a: 'all' } })
      await expect(store.commitPage({ ...page, notices: [id, id] }, START)).rejects.toThrow('carried already')
      expect(await waiting(START)).toHaveLength(1)
      await expectBalanced()
    })

    it('a full state keeps them waiting, and the next step carries them', async () => {
      await store.register([destination('a'), destination('b')], START)
      let full = true
      const sometimes = new Proxy(store, {
        get: (target, name) => {
          const verb = Reflect.get(target, name, target) as unknown
          if (name === 'commitPage' && full) return () => Promise.reject(new StateFullError('no room'))
          return typeof verb === 'function' ? (verb.bind(target) as unknown) : verb
        },
      })
      const carrier = own(['a', 'b'], sometimes)
      await carrier.step()
      expect(carrier.carried).toBe(0)
      full = false
      await carrier.step()
      expect(carrier.carried).toBe(2)
    })
  })
})
