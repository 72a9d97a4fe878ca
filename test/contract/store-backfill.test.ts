// Backfills in the state: counted with their pages, begun and ended once, and the cursors that move with the end of a request.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { laneOfBackfill } from '../../src/store/backfilling.ts'
import { about } from '../../src/store/notices.ts'
import type { Asked, StoredRequest } from '../../src/store/requests.ts'
import type { Store } from '../../src/store/store.ts'
import { commitOf, DAY, destination, ids, START } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

const asked: Asked = { kind: 'backfill', source: 'app', from: START - DAY, to: START, perSecond: null, again: false }

describe.each(Object.entries(BENCHES))('backfills in the %s store', (_, makeBench) => {
  let bench: StoreBench
  let store: Store
  let id: number
  const now = (): number => bench.clock.now()
  beforeEach(async () => {
    bench = makeBench()
    store = await bench.open()
    await store.register([destination('siem')], now())
    id = await store.ask(asked, 'mina', now())
  })
  afterEach(() => bench.dispose())

  const found = async (): Promise<StoredRequest | undefined> =>
    (await store.openRequests()).find((request) => request.id === id)
  const page = (names: readonly string[], covered: number | null, value = 'there') =>
    store.commitPage(
      {
        ...commitOf(store, 'app', ids(...names), {
          lane: laneOfBackfill(id),
          queue: 'catch_up',
          cursors: [{ part: '', value }],
          to: { siem: 'all' },
        }),
        backfill: { request: id, covered },
      },
      now(),
    )
  const kinds = async (): Promise<readonly string[]> => (await store.waitingNotices(now(), 100)).map(({ kind }) => kind)

  it('begins once, with a notice of who asked for what', async () => {
    expect((await found())?.backfilled).toBeUndefined()
    await store.beginBackfill(id, now())
    await store.beginBackfill(id, now())
    expect(await found()).toMatchObject({ state: 'running', backfilled: { pages: 0, covered: 0, trouble: null } })
    const begun = (await store.waitingNotices(now(), 100)).filter(({ kind }) => kind === 'backfill_started')
    expect(begun).toMatchObject([
      { source: 'app', by: 'mina', data: { request: id, from: '2026-05-16T08:00:00.000Z', again: false } },
    ])
  })

  it('counts each page with it: new, known before, quarantined, and how far it is', async () => {
    await store.commitPage(commitOf(store, 'app', ids('a', 'b'), { to: { siem: 'all' } }), now())
    await store.beginBackfill(id, now())
    await page(['a', 'b', 'c'], 0.25)
    await page([], 0.5)
    await page(['d'], null)
    expect((await found())?.backfilled).toEqual({
      pages: 3,
      new: 2,
      known: 2,
      quarantined: 0,
      covered: 0.5,
      trouble: null,
    })
    store = await bench.open()
    expect((await found())?.backfilled).toMatchObject({ pages: 3, new: 2, known: 2 })
    expect(await store.cursors('app')).toMatchObject([{ lane: laneOfBackfill(id), value: 'there' }])
  })

  it('a page that is refused counts nothing', async () => {
    await store.beginBackfill(id, now())
    const commit = commitOf(store, 'app', ids('a'), { to: { nobody: 'all' } })
    await expect(store.commitPage({ ...commit, backfill: { request: id, covered: 1 } }, now())).rejects.toThrow()
    expect((await found())?.backfilled).toMatchObject({ pages: 0, covered: 0 })
  })

  it('says why it rests until a page comes', async () => {
    await store.beginBackfill(id, now())
    await store.commitPage(commitOf(store, 'app', ids('known'), { to: { siem: 'all' } }), now())
    await store.saveTrouble(id, 'HTTP 403', now())
    expect((await found())?.backfilled).toMatchObject({ trouble: 'HTTP 403', pages: 0 })
    const resting = async () => (await store.overview(now())).sources[0]?.resting
    expect(await resting()).toEqual([{ backfill: id, reason: 'HTTP 403' }])
    await page(['a'], 0.5)
    expect((await found())?.backfilled).toMatchObject({ trouble: null, pages: 1 })
    expect(await resting()).toEqual([])
  })

  it('ends once, with its counts audited and its lane forgotten in the same write', async () => {
    await store.beginBackfill(id, now())
    await page(['a', 'b'], 1)
    const moved = { source: 'app', cursors: [{ lane: laneOfBackfill(id), part: '', value: null }] }
    await store.finishRequest(id, { ok: true, text: 'all read' }, now(), moved)
    const back = {
      source: 'app',
      cursors: [{ lane: 'live', part: '', value: 'wrong' }],
      noticed: [about('source_gap', {})],
    }
    await store.finishRequest(id, { ok: false, text: 'again' }, now(), back)
    expect([await found(), await store.cursors('app')]).toEqual([undefined, []])
    expect((await kinds()).filter((kind) => /backfill|gap/.test(kind))).toEqual(['backfill_started', 'backfill_ended'])
    const ended = (await store.waitingNotices(now(), 100)).find(({ kind }) => kind === 'backfill_ended')
    expect(ended).toMatchObject({ outcome: 'success', count: 2, data: { pages: 1, read: 2, new: 2, known: 0 } })
  })

  it('what comes after its end changes nothing of it', async () => {
    await store.beginBackfill(id, now())
    await store.finishRequest(id, { ok: false, text: 'cancelled' }, now())
    await store.saveTrouble(id, 'late', now())
    await page(['a'], 1)
    expect(await found()).toBeUndefined()
  })

  it('a reset moves cursors and audits the gap with the end of its request', async () => {
    await store.saveCursors('app', 'live', [{ part: 'x', value: 'old' }], now())
    const reset = await store.ask({ kind: 'reset_source', source: 'app', part: 'x', to: START }, 'mina', now())
    const noticed = [about('source_gap', { outcome: 'failure', source: 'app', data: { code: 'skipped' } })]
    const moved = { source: 'app', cursors: [{ lane: 'live', part: 'x', value: 'new' }], noticed }
    await store.finishRequest(reset, { ok: true, text: 'set' }, now(), moved)
    expect(await store.cursors('app')).toMatchObject([{ lane: 'live', part: 'x', value: 'new' }])
    expect((await kinds()).filter((kind) => kind.startsWith('source_'))).toEqual(['source_reset', 'source_gap'])
  })
})
