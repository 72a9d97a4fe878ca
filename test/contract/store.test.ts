// The promises of the store's port, kept by both stores.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateFullError } from '../../src/model/errors.ts'
import { bitSet, eventBytes, type Seq } from '../../src/model/page.ts'
import type { DestinationOverview, Overview, Queue, RoutedPage, SourceOverview, Store } from '../../src/store/store.ts'
import { aside, commitOf, DAY, destination, ids, idsOf, live, many, REASON, settlement, START } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

/** What a reader of the queue gets from `from` on: ids of the matched events, in order. */
async function readAll(store: Store, name: string, queue: Queue = 'live', from: Seq = 1): Promise<string[]> {
  const found: string[] = []
  for (let at = from; ;) {
    const next = await store.nextPage(name, queue, at)
    if ('end' in next) return found
    found.push(...matched(next, at))
    at = next.firstSeq + next.page.count
  }
}

function matched({ page, firstSeq, bitmap }: RoutedPage, from: Seq): string[] {
  return idsOf(page).filter((_, index) => bitSet(bitmap, index) && firstSeq + index >= from)
}

function ofDestination(overview: Overview, name: string): DestinationOverview {
  const one = overview.destinations.find((other) => other.name === name) as DestinationOverview
  expect(one.offered).toBe(one.filtered + one.routed)
  expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
  return one
}

function ofSource(overview: Overview, name: string): SourceOverview {
  const one = overview.sources.find((other) => other.name === name) as SourceOverview
  expect(one.pulled).toBe(one.new + one.duplicates + one.quarantined)
  return one
}

describe.each(Object.entries(BENCHES))('the %s store', (_, makeBench) => {
  let bench: StoreBench
  let store: Store
  beforeEach(async () => {
    bench = makeBench()
    store = await bench.open()
    await store.register([destination('siem'), destination('alerts')], START)
  })
  afterEach(() => bench.dispose())

  const commit = (source: string, events: Parameters<typeof commitOf>[2], choices?: Parameters<typeof commitOf>[3]) =>
    store.commitPage(commitOf(store, source, events, choices), START)

  describe('committing', () => {
    it('numbers events without gaps over all sources, and keeps every byte', async () => {
      expect((await commit('app', ids('a', 'b'), { to: { siem: 'all' } })).seqs).toEqual({ from: 1, to: 3 })
      expect((await commit('billing', ids('c'), { to: { siem: 'all' } })).seqs).toEqual({ from: 3, to: 4 })
      store = await bench.open()
      const given = commitOf(store, 'app', ids('a', 'b')).page
      const { page, source } = (await store.nextPage('siem', 'live', 1)) as RoutedPage
      expect(source).toBe('app')
      for (const column of ['bytes', 'keys', 'fingerprints', 'tags'] as const)
        expect(Buffer.from(page[column])).toEqual(Buffer.from(given[column]))
      expect([...page.offsets]).toEqual([...given.offsets])
      expect([...page.times]).toEqual([...given.times])
    })

    it('drops what was seen before, in this page, in earlier ones and after a start', async () => {
      expect((await commit('app', ids('a', 'b', 'a'), { to: { siem: 'all' } })).duplicates).toBe(1)
      expect((await commit('app', ids('b', 'c'), { to: { siem: [0, 1], alerts: [1] } })).duplicates).toBe(1)
      store = await bench.open()
      const again = await commit('app', ids('a', 'd', 'c'), { to: { siem: 'all', alerts: [0, 2] } })
      expect(again).toEqual({ seqs: { from: 4, to: 5 }, duplicates: 2, quarantined: 0, conflicts: [] })
      expect(await readAll(store, 'siem')).toEqual(['a', 'b', 'c', 'd'])
      expect(await readAll(store, 'alerts')).toEqual(['c'])
      const overview = await store.overview(START)
      expect(ofSource(overview, 'app')).toMatchObject({ pulled: 8, new: 4, duplicates: 4, conflicts: 0 })
      expect(ofDestination(overview, 'siem')).toMatchObject({ offered: 4, routed: 4, waiting: 4 })
      expect(ofDestination(overview, 'alerts')).toMatchObject({ offered: 2, filtered: 1, routed: 1, waiting: 1 })
    })

    it('tells the same id of two sources apart', async () => {
      await commit('app', ids('a'))
      expect((await commit('billing', ids('a'))).duplicates).toBe(0)
    })

    it('row 43: keeps an event whose id was used for another under an id of its own, once', async () => {
      await commit('app', ids('a'), { to: { siem: 'all' } })
      const other = { id: 'a', content: 'other' }
      const { conflicts } = await commit('app', [other, other, { id: 'z' }], { to: { siem: 'all' } })
      expect(conflicts).toHaveLength(1)
      const [{ eventId, newEventId }] = conflicts as [(typeof conflicts)[0]]
      expect(eventId).toBe('a')
      expect(newEventId).toMatch(/^a~[0-9a-f]{16}$/)
      expect(await readAll(store, 'siem')).toEqual(['a', newEventId, 'z'])
      store = await bench.open()
      expect(await commit('app', [other])).toMatchObject({ duplicates: 1, conflicts: [] })
      expect(ofSource(await store.overview(START), 'app')).toMatchObject({ new: 3, duplicates: 2, conflicts: 1 })
    })

    it('row 43: rewrites the id and nothing else, and gives it the key of the new id', async () => {
      await commit('app', ids('a"\\é'), { to: { siem: 'all' } })
      await commit('app', [{ id: 'a"\\é', content: 'event_id' }], { to: { siem: 'all' } })
      const { page } = (await store.nextPage('siem', 'live', 2)) as RoutedPage
      const [renamed] = idsOf(page) as [string]
      const plain = commitOf(store, 'app', [{ id: 'a"\\é', content: 'event_id' }]).page
      const before = Buffer.from(eventBytes(plain, 0)).toString()
      expect(Buffer.from(eventBytes(page, 0)).toString()).toBe(
        before.replace('a\\"\\\\é', `a\\"\\\\é${renamed.slice(4)}`),
      )
      expect(Buffer.from(page.keys)).toEqual(Buffer.from(commitOf(store, 'app', ids(renamed)).page.keys))
      expect(Buffer.from(page.fingerprints)).toEqual(Buffer.from(plain.fingerprints))
    })

    it('row 1: moves cursors with the page, or neither', async () => {
      await commit('app', ids('a'), {
        cursors: [
          { part: 'x', value: '10' },
          { part: 'y', value: '20' },
        ],
      })
      await commit('app', [], {
        cursors: [
          { part: 'x', value: '11' },
          { part: 'y', value: null },
        ],
      })
      await expect(
        commit('app', ids('b'), { to: { nobody: 'all' }, cursors: [{ part: 'x', value: '99' }] }),
      ).rejects.toThrow('nobody')
      expect(await store.cursors('app')).toEqual([{ lane: 'live', part: 'x', value: '11', seq: 2 }])
      expect((await commit('app', ids('b'))).duplicates).toBe(0)
      await store.saveCursors('app', 'sweep', [{ part: 'x', value: 's' }], START)
      store = await bench.open()
      expect(await store.cursors('app')).toEqual([
        { lane: 'live', part: 'x', value: '11', seq: 2 },
        { lane: 'sweep', part: 'x', value: 's', seq: 3 },
      ])
      expect(ofSource(await store.overview(START), 'app').parts).toBe(2)
      expect(await store.cursors('unknown')).toEqual([])
    })

    it('moves the cursors of a page in which everything was seen before', async () => {
      await commit('app', ids('a'), { to: { siem: 'all' } })
      const again = await commit('app', ids('a'), { to: { siem: 'all' }, cursors: [{ part: 'x', value: '2' }] })
      expect(again.seqs).toEqual({ from: 2, to: 2 })
      expect((await store.cursors('app'))[0]?.value).toBe('2')
    })

    it('keeps the bytes of quarantined records, counts and shows them', async () => {
      const record = (place: string) => ({
        reason: 'not_json' as const,
        detail: 'fault at byte 3',
        place,
        bytes: Buffer.from('{"a'),
      })
      await commit('app', ids('a'), { quarantined: ['1', '2', '3', '4', '5', '6'].map(record) })
      const one = ofSource(await store.overview(START), 'app')
      expect(one).toMatchObject({ pulled: 7, new: 1, quarantined: 6 })
      expect(one.quarantine.map(({ place }) => place)).toEqual(['6', '5', '4', '3', '2'])
      expect(one.quarantine[0]).toEqual({ at: START, reason: 'not_json', detail: 'fault at byte 3', place: '6' })
    })

    it('commits what is asked at once in the order in which it was asked', async () => {
      const all = await Promise.all([
        commit('app', ids('a'), { to: { siem: 'all' } }),
        commit('app', ids('a', 'b'), { to: { siem: 'all' } }),
        commit('billing', ids('c'), { to: { nobody: 'all' } }).catch(() => null),
        commit('app', ids('b', 'd'), { to: { siem: 'all' } }),
      ])
      expect(all.map((one) => one?.duplicates)).toEqual([0, 1, undefined, 1])
      expect(await readAll(store, 'siem')).toEqual(['a', 'b', 'd'])
    })
  })

  describe('reading a queue', () => {
    it('passes over pages without a match and says where it ended', async () => {
      for (let page = 0; page < 20; page++)
        await commit('app', many(`p${page}-`, 10), { to: { siem: 'all', alerts: page === 13 ? [4, 7] : [] } })
      expect(await readAll(store, 'alerts')).toEqual(['p13-4', 'p13-7'])
      expect(((await store.nextPage('alerts', 'live', 1)) as RoutedPage).firstSeq).toBe(131)
      expect(((await store.nextPage('alerts', 'live', 138)) as RoutedPage).firstSeq).toBe(131)
      expect(await store.nextPage('alerts', 'live', 139)).toEqual({ end: 201 })
      expect(((await store.nextPage('siem', 'live', 15)) as RoutedPage).firstSeq).toBe(11)
    })

    it('keeps backfills in a queue of their own', async () => {
      await commit('app', ids('now'), { to: { siem: 'all' } })
      await commit('app', ids('then'), { to: { siem: 'all' }, queue: 'catch_up', lane: 'backfill' })
      expect(await readAll(store, 'siem', 'live')).toEqual(['now'])
      expect(await readAll(store, 'siem', 'catch_up')).toEqual(['then'])
      expect(await readAll(store, 'siem', 'replay')).toEqual([])
      expect(ofDestination(await store.overview(START), 'siem').waiting).toBe(2)
    })
  })

  describe('settling', () => {
    const position = async (name = 'siem') => (await store.progress(name)).find(({ queue }) => queue === 'live')

    it('moves the position, and keeps what is settled above it', async () => {
      await commit('app', many('e', 30), { to: { siem: 'all' } })
      await store.settle(settlement('siem', { settled: live([11, 21]), delivered: new Map([['app', 10]]) }), START)
      expect(await position()).toEqual({ queue: 'live', position: 1, above: [{ from: 11, to: 21 }] })
      store = await bench.open()
      await store.settle(
        settlement('siem', { settled: live([1, 11], [25, 26]), delivered: new Map([['app', 11]]) }),
        START,
      )
      expect(await position()).toEqual({ queue: 'live', position: 21, above: [{ from: 25, to: 26 }] })
      expect(ofDestination(await store.overview(START), 'siem')).toMatchObject({ delivered: 21, waiting: 9 })
      expect(await position('alerts')).toMatchObject({ position: 1 })
    })

    it('refuses to settle anything twice, and then writes nothing of it', async () => {
      await commit('app', many('e', 30), { to: { siem: 'all' } })
      await store.settle(
        settlement('siem', { settled: live([1, 5], [10, 15]), delivered: new Map([['app', 9]]) }),
        START,
      )
      for (const range of [
        [4, 6],
        [1, 2],
        [9, 11],
        [14, 20],
        [6, 30],
        [11, 12],
      ] as const) {
        const twice = settlement('siem', { settled: live([5, 6], range), delivered: new Map([['app', 2]]) })
        await expect(store.settle(twice, START)).rejects.toThrow('twice')
      }
      expect(await position()).toEqual({ queue: 'live', position: 5, above: [{ from: 10, to: 15 }] })
      expect(ofDestination(await store.overview(START), 'siem').delivered).toBe(9)
    })

    it('agrees with a naive model, whatever order batches are settled in', async () => {
      const total = 60
      const shapes = fc.record({
        cuts: fc.uniqueArray(fc.integer({ min: 2, max: total }), { maxLength: 20 }),
        match: fc.array(fc.boolean(), { minLength: total, maxLength: total }),
        pages: fc.uniqueArray(fc.integer({ min: 1, max: total - 1 }), { maxLength: 6 }),
        order: fc.infiniteStream(fc.nat()),
        settled: fc.integer({ min: 0, max: 21 }),
      })
      let round = 0
      await fc.assert(
        fc.asyncProperty(shapes, async ({ cuts, match, pages, order, settled }) => {
          const name = `model${round++}`
          const source = `source-${name}`
          await store.register([destination(name)], START)
          const base = (await store.progress(name))[0]?.position as Seq
          const edges = [0, ...pages.sort((a, b) => a - b), total]
          for (let index = 1; index < edges.length; index++) {
            const [from, to] = [edges[index - 1] as number, edges[index] as number]
            const events = Array.from({ length: to - from }, (_, at) => ({ id: `${from + at}` }))
            const places = events.map((_, at) => at).filter((at) => match[from + at])
            await commit(source, events, { to: { [name]: places } })
          }
          const bounds = [1, ...cuts.sort((a, b) => a - b), total + 1]
          const ranges = bounds.slice(1).map((to, index) => [bounds[index] as number, to] as const)
          const model = new Set<number>()
          for (let count = 0; count < settled && ranges.length > 0; count++) {
            const [from, to] = ranges.splice((order.next().value as number) % ranges.length, 1)[0] as [number, number]
            for (let seq = from; seq < to; seq++) model.add(seq)
            const delivered = Array.from({ length: to - from }, (_, at) => at).filter(
              (at) => match[from + at - 1],
            ).length
            const moved = live([base + from - 1, base + to - 1])
            await store.settle(settlement(name, { settled: moved, delivered: new Map([[source, delivered]]) }), START)
          }
          const { position: at, above } = (await store.progress(name))[0] as {
            position: Seq
            above: readonly { from: Seq; to: Seq }[]
          }
          let first = 1
          while (model.has(first)) first++
          expect(at).toBe(base + first - 1)
          const told = new Set(
            above.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index - base + 1)),
          )
          expect(told).toEqual(new Set([...model].filter((seq) => seq > first)))
          const waiting = match.filter((matches, index) => matches && !model.has(index + 1)).length
          expect(ofDestination(await store.overview(START), name).waiting).toBe(waiting)
        }),
        { numRuns: 25 },
      )
    })

    it('says through where a source is settled at every destination that reads it', async () => {
      await store.register([destination('siem'), destination('alerts', { sources: ['app'] })], START)
      expect(await store.settledThrough('app')).toBe(0)
      await commit('app', many('e', 10), { to: { siem: 'all', alerts: [8] } })
      await commit('billing', many('b', 5), { to: { siem: 'all' } })
      expect(await store.settledThrough('app')).toBe(1)
      await store.settle(settlement('siem', { settled: live([1, 11]), delivered: new Map([['app', 10]]) }), START)
      expect(await store.settledThrough('app')).toBe(9)
      expect(await store.settledThrough('billing')).toBe(11)
      await store.settle(settlement('alerts', { settled: live([1, 11]), delivered: new Map([['app', 1]]) }), START)
      // What waits of another source holds nothing of this one.
      expect(await store.settledThrough('app')).toBe(16)
      expect(await store.settledThrough('billing')).toBe(11)
      expect(await store.settledThrough('never-read')).toBe(0)
    })

    it('keeps a bounded log of attempts, newest shown first', async () => {
      await commit('app', ids('a'), { to: { siem: 'all' } })
      const attempt = (batch: number) => ({
        at: START + batch,
        batchId: `b${batch}`,
        kind: 'attempt' as const,
        from: 1,
        to: 2,
        events: 1,
        durationMs: 5.5,
        verdict: 'retry' as const,
        reason: REASON,
      })
      for (let batch = 0; batch < 12; batch += 3)
        await store.settle(
          settlement('siem', { attempts: [attempt(batch), attempt(batch + 1), attempt(batch + 2)] }),
          START,
        )
      const { lastAttempts } = ofDestination(await store.overview(START), 'siem')
      expect(lastAttempts).toHaveLength(10)
      expect(lastAttempts[0]).toEqual(attempt(11))
      await store.settle(
        settlement('siem', { attempts: Array.from({ length: 2500 }, (_, index) => attempt(100 + index)) }),
        START,
      )
      expect(ofDestination(await store.overview(START), 'siem').lastAttempts[0]?.batchId).toBe('b2599')
    })
  })

  describe('setting aside', () => {
    beforeEach(async () => {
      await commit('app', many('e', 10), { to: { siem: 'all' } })
      const retrying = [2, 4, 6].map((seq) => ({ ...aside(seq), nextAt: START + seq * 1000 }))
      await store.settle(
        settlement('siem', { settled: live([1, 11]), delivered: new Map([['app', 7]]), retrying }),
        START,
      )
    })

    it('gives back what is due, earliest first, with the event itself', async () => {
      expect(await store.dueRetries('siem', START, 10, new Set())).toEqual([])
      expect(await store.nextRetryAt('siem', new Set())).toBe(START + 2000)
      expect(await store.nextRetryAt('siem', new Set([2, 4]))).toBe(START + 6000)
      expect(await store.nextRetryAt('siem', new Set([2, 4, 6]))).toBeNull()
      store = await bench.open()
      const due = await store.dueRetries('siem', START + 5000, 10, new Set())
      expect(due.map(({ seq }) => seq)).toEqual([2, 4])
      expect(due[0]).toMatchObject({ source: 'app', attempts: 1, firstAttemptedAt: START, nextAt: START + 2000 })
      expect(due.map(({ page }) => idsOf(page))).toEqual([['e1'], ['e3']])
      expect((await store.dueRetries('siem', START + 9000, 2, new Set([2]))).map(({ seq }) => seq)).toEqual([4, 6])
      expect(ofDestination(await store.overview(START), 'siem')).toMatchObject({
        retrying: 3,
        waiting: 0,
        delivered: 7,
        nextRetryAt: START + 2000,
      })
    })

    it('row 24: makes nothing wait longer because the clock went back', async () => {
      await store.register([destination('siem')], START - 400 * DAY)
      expect(await store.nextRetryAt('siem', new Set())).toBe(START - 400 * DAY + 2000)
      await store.register([destination('siem')], START)
      expect(await store.nextRetryAt('siem', new Set())).toBe(START - 400 * DAY + 2000)
    })

    it('ends a retry as delivered, moved on, or dead', async () => {
      const again = { ...aside(4), attempts: 2, nextAt: START + 99_000 }
      const dead = { ...aside(6), attempts: 3, cause: 'exhausted', provisional: false }
      await store.settle(
        settlement('siem', { retried: [2], delivered: new Map([['app', 1]]), retrying: [again], dead: [dead] }),
        START + 7000,
      )
      const one = ofDestination(await store.overview(START), 'siem')
      expect(one).toMatchObject({ delivered: 8, retrying: 1, dead: 1, nextRetryAt: START + 99_000 })
      expect(
        (await store.dueRetries('siem', START + DAY, 10, new Set())).map(({ seq, attempts }) => [seq, attempts]),
      ).toEqual([[4, 2]])
      await expect(store.settle(settlement('siem', { retried: [2] }), START)).rejects.toThrow('retry queue')
      await expect(store.settle(settlement('siem', { retried: [6] }), START)).rejects.toThrow('retry queue')
      await expect(store.settle(settlement('siem', { dead: [dead] }), START)).rejects.toThrow('dead already')
    })

    it('exhumes provisional rejects and no others', async () => {
      await commit('app', many('f', 4), { to: { siem: 'all' } })
      const dead = [11, 12, 13].map((seq) => ({
        ...aside(seq),
        cause: seq === 13 ? 'too_large' : 'http_400',
        provisional: seq !== 13,
      }))
      await store.settle(settlement('siem', { settled: live([11, 14]), dead }), START)
      expect(await store.provisional('siem')).toEqual(new Map([['http_400', 2]]))
      expect(await store.exhume('siem', START + 50)).toBe(2)
      expect(await store.provisional('siem')).toEqual(new Map())
      expect(ofDestination(await store.overview(START), 'siem')).toMatchObject({ dead: 1, retrying: 5, waiting: 1 })
      const due = await store.dueRetries('siem', START + 50, 10, new Set())
      expect(due.map(({ seq, attempts }) => [seq, attempts])).toEqual([
        [11, 0],
        [12, 0],
      ])
      expect(await store.exhume('siem', START)).toBe(0)
    })

    it('lets rejects stand once anything was delivered', async () => {
      await commit('app', many('f', 4), { to: { siem: 'all' } })
      const reject = (seq: Seq) => ({ ...aside(seq), cause: 'http_400', provisional: true })
      await store.settle(settlement('siem', { settled: live([11, 12]), dead: [reject(11)] }), START)
      await store.settle(
        settlement('siem', { settled: live([12, 14]), dead: [reject(12)], delivered: new Map([['app', 1]]) }),
        START,
      )
      expect(await store.provisional('siem')).toEqual(new Map())
      expect(await store.exhume('siem', START)).toBe(0)
      expect(ofDestination(await store.overview(START), 'siem').dead).toBe(2)
    })
  })

  describe('registering', () => {
    const names = async (...definitions: Parameters<typeof destination>[]) =>
      (
        await store.register(
          definitions.map((given) => destination(...given)),
          START,
        )
      ).map(({ name, state, change }) => [name, state, change])

    it('creates, leaves alone, updates, disables, parks and brings back', async () => {
      expect(await names(['siem'], ['alerts'])).toEqual([
        ['siem', 'enabled', 'unchanged'],
        ['alerts', 'enabled', 'unchanged'],
      ])
      expect(await names(['siem', { definition: '{"other":1}' }], ['alerts', { enabled: false }])).toEqual([
        ['siem', 'enabled', 'updated'],
        ['alerts', 'disabled', 'disabled'],
      ])
      expect(await names(['alerts'], ['third'])).toEqual([
        ['alerts', 'enabled', 'enabled'],
        ['third', 'enabled', 'created'],
        ['siem', 'parked', 'parked'],
      ])
      expect(await names(['alerts'], ['third'])).toContainEqual(['siem', 'parked', 'unchanged'])
      expect(await names(['alerts'], ['third'], ['siem'])).toContainEqual(['siem', 'enabled', 'returned'])
    })

    it('renames with everything that it has, also when names are exchanged', async () => {
      await commit('app', ids('a', 'b'), { to: { siem: 'all', alerts: [1] } })
      expect(await names(['splunk', { was: 'siem' }], ['alerts'])).toEqual([
        ['splunk', 'enabled', 'renamed'],
        ['alerts', 'enabled', 'unchanged'],
      ])
      expect(await readAll(store, 'splunk')).toEqual(['a', 'b'])
      await expect(store.progress('siem')).rejects.toThrow('not registered')
      expect(await names(['splunk', { was: 'siem' }], ['alerts'])).toContainEqual(['splunk', 'enabled', 'unchanged'])
    })

    it('begins a later destination with what comes, and one in a new state with everything', async () => {
      const [first] = await store.register([destination('siem')], START)
      expect(first?.createdSeq).toBe(1)
      await commit('app', ids('a', 'b'), { to: { siem: 'all' } })
      const records = await store.register([destination('siem'), destination('late')], START)
      expect(records.find(({ name }) => name === 'late')).toMatchObject({ createdSeq: 3, change: 'created' })
      expect((await store.progress('late'))[0]).toEqual({ queue: 'live', position: 3, above: [] })
    })

    it('holds nothing for a destination that has never been enabled', async () => {
      await store.register([destination('siem'), destination('archive', { enabled: false })], START)
      await commit('app', ids('a'), { to: { siem: 'all', archive: 'all' } })
      expect(ofDestination(await store.overview(START), 'archive')).toMatchObject({ offered: 0, waiting: 0 })
      const records = await store.register([destination('siem'), destination('archive')], START)
      expect(records.find(({ name }) => name === 'archive')).toMatchObject({ createdSeq: 2, change: 'enabled' })
      await commit('app', ids('b'), { to: { siem: 'all', archive: 'all' } })
      expect(await readAll(store, 'archive')).toEqual(['b'])
    })
  })

  it('remembers health, pulls and the heartbeat', async () => {
    expect(await store.health('siem')).toBeNull()
    const health = {
      state: 'open' as const,
      since: 1,
      nextTrialAt: 2,
      trials: 3,
      reason: REASON,
      lastDeliveredAt: null,
      lastFailure: { at: 4, reason: REASON },
    }
    const pull = {
      at: START,
      ok: false,
      error: 'refused',
      notices: [{ level: 'error', code: 'x', subject: 'y', text: 'z' }],
    }
    await store.saveHealth('siem', health, START)
    await store.savePull('app', pull, START)
    await store.heartbeat(START + 5)
    store = await bench.open()
    expect(await store.health('siem')).toEqual(health)
    const overview = await store.overview(START)
    expect(overview).toMatchObject({ heartbeatAt: START + 5, running: true, instance: store.identity.instance })
    expect(ofSource(overview, 'app').lastPull).toEqual(pull)
    expect(ofDestination(overview, 'siem').health).toEqual(health)
  })
})

describe.each(Object.entries(BENCHES))('pruning in the %s store', (_, makeBench) => {
  const keepMs = 3 * DAY
  let bench: StoreBench
  let store: Store
  const openWith = async (maxBytes = 1e12) => {
    bench = makeBench({ maxBytes, keepMs })
    store = await bench.open()
    await store.register(
      [destination('siem'), destination('billing-only', { sources: ['billing'] })],
      bench.clock.now(),
    )
  }
  afterEach(() => bench.dispose())
  const commit = (source: string, prefix: string, to: Record<string, 'all'>, count = 10) =>
    store.commitPage(commitOf(store, source, many(prefix, count, 2000), { to }), bench.clock.now())
  const settle = (name: string, from: Seq, to: Seq, source = 'app') =>
    store.settle(
      settlement(name, { settled: live([from, to]), delivered: new Map([[source, to - from]]) }),
      bench.clock.now(),
    )

  it('removes settled pages when they are old enough, never those that wait', async () => {
    await openWith()
    await commit('app', 'a', { siem: 'all' })
    await commit('app', 'b', { siem: 'all' })
    await settle('siem', 1, 11)
    expect((await store.prune(bench.clock.now())).pages).toBe(0)
    await bench.clock.advance(keepMs + 1000)
    expect(await store.prune(bench.clock.now())).toEqual({ pages: 1, more: false })
    expect((await store.prune(bench.clock.now())).pages).toBe(0)
    expect(await readAll(store, 'siem', 'live', 11)).toHaveLength(10)
    expect((await commit('app', 'a', { siem: 'all' })).duplicates).toBe(10)
  })

  it('row 24: destroys nothing because the wall clock jumped', async () => {
    await openWith()
    await commit('app', 'a', { siem: 'all' })
    await settle('siem', 1, 11)
    bench.clock.jump(400 * DAY)
    expect((await store.prune(bench.clock.now())).pages).toBe(0)
    store = await bench.open()
    expect((await store.prune(bench.clock.now())).pages).toBe(0)
    bench.clock.jump(-800 * DAY)
    expect((await store.prune(bench.clock.now())).pages).toBe(0)
  })

  it('keeps the copies of events that were set aside', async () => {
    await openWith()
    await commit('app', 'a', { siem: 'all' })
    const retrying = [{ ...aside(3), nextAt: 0 }]
    await store.settle(
      settlement('siem', { settled: live([1, 11]), delivered: new Map([['app', 9]]), retrying }),
      START,
    )
    await bench.clock.advance(keepMs + 1000)
    expect((await store.prune(bench.clock.now())).pages).toBe(1)
    expect((await store.dueRetries('siem', START, 1, new Set())).map(({ page }) => idsOf(page))).toEqual([['a2']])
  })

  it('row 7: at its bound stops the sources of the destination that holds the oldest events, and goes on by itself', async () => {
    await openWith(4_000_000)
    let full: unknown
    let seq = 1
    for (let page = 0; full === undefined && page < 1000; page++) {
      const result = await commit('app', `p${page}-`, { siem: 'all' }, 100).catch((error: unknown) => error)
      if (result instanceof StateFullError) full = result
      else if (result instanceof Error) throw result
      else seq += 100
    }
    expect(full).toMatchObject({ holder: 'siem' })
    expect(await store.room()).toMatchObject({ full: true, holder: 'siem' })
    await store.register(
      [destination('siem', { sources: ['app'] }), destination('billing-only', { sources: ['billing'] })],
      START,
    )
    await commit('billing', 'b', { 'billing-only': 'all' })
    await settle('siem', 1, seq)
    for (let more = true; more;) ({ more } = await store.prune(bench.clock.now()))
    expect((await store.room()).full).toBe(false)
    await commit('app', 'again', { siem: 'all' })
  })
})
