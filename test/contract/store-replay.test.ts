// Dead letters replayed and removed: each chosen event once, its place kept with the work, and every outcome counted.
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ControlError } from '../../src/model/errors.ts'
import type { Seq } from '../../src/model/page.ts'
import type { Asked, StoredRequest } from '../../src/store/requests.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationOverview, Store } from '../../src/store/store.ts'
import { aside, commitOf, DAY, destination, ids, idsOf, live, many, settlement } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'
import { disable, discard, enable, remove } from './store-operator.ts'

type Range = readonly [Seq, Seq]

describe.each(Object.entries(BENCHES))('requests in the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  const now = (): number => bench.clock.now()
  beforeEach(async () => {
    bench = makeBench()
    store = await bench.open()
    await register('siem', 'archive')
  })
  afterEach(() => bench.dispose())

  const register = (...names: string[]) =>
    store.register(
      names.map((name) => destination(name)),
      now(),
    )
  const overviewOf = async (name: string): Promise<DestinationOverview> => {
    const one = (await store.overview(now())).destinations.find((other) => other.name === name) as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    return one
  }
  /** `count` events, each of which died at siem; the archive has them all. */
  const died = async (count: number, prefix = 'e'): Promise<void> => {
    const { seqs } = await store.commitPage(
      commitOf(store, 'app', many(prefix, count), { to: { siem: 'all', archive: 'all' } }),
      now(),
    )
    const dead = Array.from({ length: count }, (_, index) => death(seqs.from + index))
    await store.settle(settlement('siem', { settled: live([seqs.from, seqs.to]), dead }), now())
    await store.settle(settlement('archive', { settled: live([seqs.from, seqs.to]), delivered: ofApp(count) }), now())
  }
  const death = (seq: Seq, provisional = false) => ({ ...aside(seq), attempts: 3, cause: 'exhausted', provisional })
  const ofApp = (count: number) => new Map([['app', count]])
  const replay = (ranges: readonly Range[], to: string | null = null, from = 'siem'): Promise<number> =>
    asked({ kind: 'replay_dead_letters', letters: [{ destination: from, ranges }], to, perSecond: null })
  const purge = (ranges: readonly Range[]): Promise<number> =>
    asked({ kind: 'purge_dead_letters', letters: [{ destination: 'siem', ranges }] })
  const asked = (what: Asked): Promise<number> => store.ask(what, 'root', now())
  /** What waits for another attempt, due now. */
  const due = async (name: string) => (await store.dueRetries(name, now(), 1000, new Set())).map(({ seq }) => seq)
  const deliver = (name: string, ...seqs: Seq[]) =>
    store.settle(settlement(name, { retried: seqs, delivered: ofApp(seqs.length) }), now())
  const die = (name: string, seqs: readonly Seq[], provisional = false) =>
    store.settle(settlement(name, { dead: seqs.map((seq) => death(seq, provisional)) }), now())
  /** The request as it is, without doing anything. */
  const look = async (id: number): Promise<StoredRequest> => store.takeDeadLetters(id, 0, now())

  describe('asking', () => {
    it('writes a request down, over a restart, until it is finished', async () => {
      const what: Asked = { kind: 'disable_destination', destination: 'siem', discard: false }
      const id = await store.ask(what, 'anna', now())
      const other = await asked({ kind: 'enable_source', source: 'app' })
      expect(other).toBe(id + 1)
      store = await bench.open()
      const counts = { chosen: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 }
      const base = { id, at: now(), by: 'anna', asked: what, state: 'asked', counts, text: null, finishedAt: null }
      expect((await store.openRequests())[0]).toEqual(base)
      await store.finishRequest(id, { ok: false, text: 'it cannot be' }, now() + 5)
      await store.finishRequest(id, { ok: true, text: 'it was, after all' }, now() + 9)
      expect((await store.openRequests()).map((one) => one.id)).toEqual([other])
      if (kind !== 'sqlite') return
      const reader = await openSqliteReader(bench.path as string)
      const ended = { ...base, state: 'failed', text: 'it cannot be', finishedAt: now() + 5 }
      expect((await reader.requests(10)).map((one) => one.id)).toEqual([other, id])
      expect((await reader.requests(10))[1]).toEqual(ended)
      await reader.close()
    })

    it('forgets the oldest that are finished, never one that is open', async () => {
      const open = await asked({ kind: 'enable_source', source: 'app' })
      let last = 0
      for (let count = 0; count < 210; count++) {
        last = await asked({ kind: 'enable_source', source: 'app' })
        await store.finishRequest(last, { ok: true, text: 'done' }, now())
      }
      expect((await store.openRequests()).map(({ id }) => id)).toEqual([open])
      expect(await asked({ kind: 'enable_source', source: 'app' })).toBe(last + 1)
      await expect(store.takeDeadLetters(open + 1, 1, now())).rejects.toThrow('there is no request')
    })

    it('does not take a purge for a replay', async () => {
      await died(1)
      await expect(store.takeDeadLetters(await purge([[1, 2]]), 1, now())).rejects.toThrow('asks for purge')
      await expect(store.purgeDeadLetters(await replay([[1, 2]]), 1, now())).rejects.toThrow('asks for replay')
      expect(await overviewOf('siem')).toMatchObject({ dead: 1, retrying: 0 })
    })
  })

  describe('replaying to where they died', () => {
    it('puts them back to waiting as if they had never been tried, with their history, and goes on after a restart', async () => {
      await died(5)
      await bench.clock.advance(1000)
      const id = await replay([
        [1, 3],
        [4, 6],
      ])
      const first = await store.takeDeadLetters(id, 3, now())
      expect(first).toMatchObject({ state: 'running', counts: { chosen: 4, taken: 3, skipped: 0 }, text: null })
      expect(await overviewOf('siem')).toMatchObject({ dead: 2, retrying: 3, nextRetryAt: now() })
      store = await bench.open()
      expect((await store.openRequests()).map((one) => one.id)).toEqual([id])
      expect((await store.takeDeadLetters(id, 100, now())).counts).toMatchObject({ taken: 4 })
      expect((await store.takeDeadLetters(id, 100, now())).counts).toMatchObject({ taken: 4, skipped: 0 })
      expect(await due('siem')).toEqual([1, 2, 4, 5])
      const [event] = await store.dueRetries('siem', now(), 1, new Set())
      expect(event).toMatchObject({ attempts: 0, source: 'app', nextAt: now() })
      expect(idsOf((event as { page: Parameters<typeof idsOf>[0] }).page)).toEqual(['e0'])
    })

    it('is done when nothing of it waits, and its outcome balances', async () => {
      await died(4)
      const id = await replay([[1, 5]])
      await store.takeDeadLetters(id, 100, now())
      await deliver('siem', 1, 2)
      await die('siem', [3])
      expect(await look(id)).toMatchObject({ state: 'running', counts: { taken: 4, delivered: 2, dead: 1 } })
      await store.settle(settlement('siem', { retrying: [{ ...aside(4), nextAt: now() + 5 }] }), now())
      expect(await look(id)).toMatchObject({ state: 'running', finishedAt: null })
      await deliver('siem', 4)
      const done = await look(id)
      expect(done).toMatchObject({
        state: 'done',
        counts: { chosen: 4, taken: 4, delivered: 3, dead: 1, dropped: 0 },
        text: '4 replayed: 3 delivered, 1 dead again',
        finishedAt: now(),
      })
      expect(await store.openRequests()).toEqual([])
      expect(await overviewOf('siem')).toMatchObject({ delivered: 3, dead: 1, retrying: 0 })
    })

    it('is not done before everything chosen was gone through, though nothing waits', async () => {
      await died(3)
      const id = await replay([[1, 4]])
      await store.takeDeadLetters(id, 1, now())
      await deliver('siem', 1)
      expect(await look(id)).toMatchObject({ state: 'running', counts: { taken: 1, delivered: 1 } })
    })

    it('leaves out what is no dead letter any more, and what was never one', async () => {
      await died(3)
      await store.takeDeadLetters(await replay([[2, 3]]), 9, now())
      await deliver('siem', 2)
      const id = await replay([[1, 9]])
      expect((await store.takeDeadLetters(id, 100, now())).counts).toMatchObject({ chosen: 8, taken: 2, skipped: 6 })
      await deliver('siem', 1, 3)
      expect((await look(id)).text).toBe(
        '2 replayed: 2 delivered, 0 dead again; 6 left out, for they were no dead letters any more or wait there already',
      )
    })

    it('counts for the replay that took it last', async () => {
      await died(1)
      const first = await replay([[1, 2]])
      await store.takeDeadLetters(first, 1, now())
      await die('siem', [1])
      const second = await replay([[1, 2]])
      await store.takeDeadLetters(second, 1, now())
      await deliver('siem', 1)
      expect(await look(first)).toMatchObject({ state: 'done', counts: { taken: 1, delivered: 0, dead: 1 } })
      expect(await look(second)).toMatchObject({ state: 'done', counts: { taken: 1, delivered: 1, dead: 0 } })
    })

    it('counts no longer as dead again what goes back to waiting by itself', async () => {
      await died(2)
      const id = await replay([[1, 3]])
      await store.takeDeadLetters(id, 9, now())
      await die('siem', [1, 2], true)
      expect(await look(id)).toMatchObject({ state: 'done', counts: { dead: 2 } })
      expect(await store.exhume('siem', now())).toBe(2)
      expect(await look(id)).toMatchObject({ state: 'running', counts: { dead: 0 }, text: null, finishedAt: null })
      expect((await store.openRequests()).map((one) => one.id)).toEqual([id])
      await deliver('siem', 1, 2)
      expect(await look(id)).toMatchObject({ state: 'done', counts: { delivered: 2, dead: 0 } })
    })

    it('counts what is dropped meanwhile, by disabling with discard or by removing', async () => {
      await died(4)
      const first = await replay([[1, 3]])
      await store.takeDeadLetters(first, 9, now())
      expect(await discard(store, 'siem', now())).toMatch(/^disabled; 2 events dropped/)
      expect(await look(first)).toMatchObject({
        state: 'done',
        text: '2 replayed: 0 delivered, 0 dead again, 2 dropped',
      })
      expect(await overviewOf('siem')).toMatchObject({ dead: 2, dropped: 2 })
      await enable(store, 'siem', now())
      const second = await replay([[3, 5]])
      await store.takeDeadLetters(second, 1, now())
      await register('archive')
      expect(await remove(store, 'siem', now())).toBe('removed; dropped 1 waiting event and 1 dead letter')
      const after = await store.takeDeadLetters(second, 9, now())
      expect(after).toMatchObject({ state: 'done', counts: { chosen: 2, taken: 1, skipped: 1, dropped: 1 } })
    })

    it('goes through several destinations in turn', async () => {
      await died(2)
      await store.commitPage(commitOf(store, 'app', ids('x'), { to: { archive: 'all' } }), now())
      await store.settle(settlement('archive', { settled: live([3, 4]), dead: [death(3)] }), now())
      const letters = [
        { destination: 'siem', ranges: [[1, 3]] as const },
        { destination: 'archive', ranges: [[3, 4]] as const },
      ]
      const id = await asked({ kind: 'replay_dead_letters', letters, to: null, perSecond: 5 })
      for (const taken of [1, 2, 3]) expect((await store.takeDeadLetters(id, 1, now())).counts.taken).toBe(taken)
      expect([await due('siem'), await due('archive')]).toEqual([[1, 2], [3]])
    })

    it('refuses where nothing would be tried, and then has taken nothing', async () => {
      await died(2)
      const id = await replay([[1, 3]])
      await discard(store, 'siem', now())
      await expect(store.takeDeadLetters(id, 9, now())).rejects.toThrow(ControlError)
      await enable(store, 'siem', now())
      await register('archive')
      await expect(store.takeDeadLetters(id, 9, now())).rejects.toThrow('not in the file any more')
      expect(await overviewOf('siem')).toMatchObject({ dead: 2, retrying: 0 })
      await register('siem', 'archive')
      await disable(store, 'siem', now())
      expect((await store.takeDeadLetters(id, 9, now())).counts.taken).toBe(2)
    })

    it('stays as a person or a fault ended it', async () => {
      await died(2)
      const id = await replay([[1, 3]])
      await store.takeDeadLetters(id, 1, now())
      await store.finishRequest(id, { ok: false, text: 'given up' }, now())
      expect((await store.takeDeadLetters(id, 9, now())).counts.taken).toBe(1)
      await deliver('siem', 1)
      expect(await look(id)).toMatchObject({ state: 'failed', text: 'given up', counts: { taken: 1, delivered: 1 } })
    })
  })

  describe('replaying to another', () => {
    it('gives it a copy past its queues, and the letter stays', async () => {
      await died(2)
      await bench.clock.advance(1000)
      const id = await replay([[1, 3]], 'archive')
      expect((await store.takeDeadLetters(id, 9, now())).counts).toMatchObject({ taken: 2, skipped: 0 })
      expect(await overviewOf('siem')).toMatchObject({ dead: 2, retrying: 0, offered: 2 })
      expect(await overviewOf('archive')).toMatchObject({ offered: 4, routed: 4, delivered: 2, retrying: 2 })
      store = await bench.open()
      const events = await store.dueRetries('archive', now(), 9, new Set())
      expect(events.map(({ page }) => idsOf(page))).toEqual([['e0'], ['e1']])
      expect(events[0]).toMatchObject({ attempts: 0, firstAttemptedAt: now(), nextAt: now(), source: 'app' })
      await deliver('archive', 1)
      await die('archive', [2])
      expect(await look(id)).toMatchObject({ state: 'done', counts: { taken: 2, delivered: 1, dead: 1 } })
      expect(await overviewOf('archive')).toMatchObject({ delivered: 3, dead: 1 })
    })

    it('leaves out what waits there, in a queue or for another attempt, and revives what died there', async () => {
      await died(2)
      await store.commitPage(commitOf(store, 'app', many('f', 4), { to: { siem: 'all', archive: [0, 1] } }), now())
      const letters = [3, 4, 5, 6].map((seq) => death(seq))
      await store.settle(settlement('siem', { settled: live([3, 7]), dead: letters }), now())
      // Event 3 waits in the queue of the archive, 4 died there, 5 and 6 passed its filter by; 1 is tried there again.
      await store.settle(settlement('archive', { settled: live([4, 5]), dead: [death(4)] }), now())
      await store.takeDeadLetters(await replay([[1, 2]], 'archive'), 9, now())
      const id = await replay([[1, 7]], 'archive')
      const { counts } = await store.takeDeadLetters(id, 9, now())
      expect(counts).toMatchObject({ chosen: 6, taken: 4, skipped: 2 })
      expect(await due('archive')).toEqual([1, 2, 4, 5, 6])
      const after = { offered: 10, filtered: 2, routed: 8, delivered: 2, waiting: 1, retrying: 5, dead: 0 }
      expect(await overviewOf('archive')).toMatchObject(after)
    })

    it('to where they died is the same as back', async () => {
      await died(1)
      await store.takeDeadLetters(await replay([[1, 2]], 'siem'), 9, now())
      expect(await overviewOf('siem')).toMatchObject({ offered: 1, dead: 0, retrying: 1 })
    })

    it('refuses one that is unknown, gone or drops what comes', async () => {
      await died(1)
      const id = await replay([[1, 2]], 'archiv')
      await expect(store.takeDeadLetters(id, 9, now())).rejects.toThrow('did you mean "archive"?')
      const other = await replay([[1, 2]], 'archive')
      await discard(store, 'archive', now())
      await expect(store.takeDeadLetters(other, 9, now())).rejects.toThrow('drops what comes')
      await register('siem')
      await expect(store.takeDeadLetters(other, 9, now())).rejects.toThrow('not in the file any more')
      expect(await overviewOf('archive')).toMatchObject({ retrying: 0, offered: 1 })
    })

    it('row 1: counts no event twice when its page is routed there later, whatever became of the copy', async () => {
      await died(6)
      await store.register(
        ['siem', 'archive', 'late'].map((name) => destination(name, { start: 'beginning' })),
        now(),
      )
      await store.takeDeadLetters(await replay([[1, 4]], 'late'), 9, now())
      await die('late', [2])
      const late = await store.nextLate('late')
      // The filter takes the first of the copies, the third, and two of the others.
      const bitmap = Uint8Array.of(0b010111 & ~0b10)
      const routed = { firstSeq: 1, count: 6, bitmap, matched: 3, bypassed: 0, missing: 0 }
      expect(late).toMatchObject({ firstSeq: 1 })
      await store.routeLate('late', routed, now())
      expect(await overviewOf('late')).toMatchObject({
        offered: 6,
        filtered: 2,
        routed: 4,
        waiting: 1,
        retrying: 2,
        dead: 1,
      })
      await store.settle(
        settlement('late', { settled: [{ queue: 'catch_up', range: { from: 1, to: 7 } }], dead: [death(5)] }),
        now(),
      )
      expect(await overviewOf('late')).toMatchObject({ waiting: 0, dead: 2 })
    })

    it('keeps the copy when the pages go', async () => {
      await died(1)
      await store.takeDeadLetters(await replay([[1, 2]], 'archive'), 9, now())
      await bench.clock.advance(8 * DAY)
      expect((await store.prune(now())).pages).toBe(1)
      const [event] = await store.dueRetries('archive', now(), 9, new Set())
      expect(event && idsOf(event.page)).toEqual(['e0'])
    })
  })

  describe('purging', () => {
    it('removes dead letters a stretch at a time, counted as dropped', async () => {
      await died(5)
      await store.takeDeadLetters(await replay([[2, 3]]), 9, now())
      const id = await purge([
        [1, 4],
        [5, 6],
      ])
      expect(await store.purgeDeadLetters(id, 2, now())).toMatchObject({
        state: 'running',
        counts: { dropped: 1, skipped: 1 },
      })
      store = await bench.open()
      expect(await store.purgeDeadLetters(id, 9, now())).toMatchObject({
        state: 'done',
        counts: { chosen: 4, taken: 3, skipped: 1, dropped: 3 },
        text: '3 removed; 1 were no dead letters any more',
      })
      expect(await overviewOf('siem')).toMatchObject({ dead: 1, retrying: 1, dropped: 3 })
    })

    it('works where nothing is delivered any more', async () => {
      await died(1)
      await register('archive')
      expect((await store.purgeDeadLetters(await purge([[1, 9]]), 9, now())).counts.dropped).toBe(1)
      expect(await overviewOf('siem')).toMatchObject({ state: 'parked', dead: 0, dropped: 1 })
    })

    it('of nothing is done at once', async () => {
      expect(await store.purgeDeadLetters(await purge([]), 9, now())).toMatchObject({
        state: 'done',
        text: '0 removed',
      })
    })
  })

  it('balances, whatever happens in whatever order', async () => {
    const step = fc.record({
      act: fc.constantFrom(
        'replay',
        'copy',
        'take',
        'take',
        'deliver',
        'die',
        'purge',
        'exhume',
        'restart',
        'discard',
        'commit',
      ),
      from: fc.nat(30),
      size: fc.integer({ min: 1, max: 12 }),
    })
    let requests: number[] = []
    const retryingAt = async (name: string, size: number) => (await due(name)).slice(0, size)
    const acts: Record<string, (from: number, size: number) => Promise<unknown>> = {
      replay: async (from, size) => requests.push(await replay([[from + 1, from + 1 + size]])),
      copy: async (from, size) => requests.push(await replay([[from + 1, from + 1 + size]], 'archive')),
      take: async (from, size) => {
        const id = requests[from % Math.max(requests.length, 1)]
        if (id !== undefined) await store.takeDeadLetters(id, size, now())
      },
      deliver: async (from, size) => {
        const name = from % 2 ? 'siem' : 'archive'
        const seqs = await retryingAt(name, size)
        if (seqs.length > 0) await deliver(name, ...seqs)
      },
      die: async (from, size) => {
        const name = from % 2 ? 'siem' : 'archive'
        await die(name, await retryingAt(name, size), from % 3 === 0)
      },
      purge: async (from, size) => store.purgeDeadLetters(await purge([[from + 1, from + 1 + size]]), size, now()),
      exhume: (from) => store.exhume(from % 2 ? 'siem' : 'archive', now()),
      restart: async () => (store = await bench.open()),
      discard: async () => {
        await discard(store, 'archive', now())
        const dropped = many(`${commits++}-`, 2)
        await store.commitPage(commitOf(store, 'app', dropped, { to: { archive: 'all' } }), now())
        await enable(store, 'archive', now())
      },
      commit: async (_, size) => died(1 + (size % 3), `${commits++}-`),
    }
    let commits = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        bench.dispose()
        bench = makeBench()
        store = await bench.open()
        await register('siem', 'archive')
        await died(12)
        requests = []
        for (const { act, from, size } of steps) {
          await acts[act]?.(from, size)
          await bench.clock.advance(10)
          const retrying = (await overviewOf('siem')).retrying + (await overviewOf('archive')).retrying
          let outstanding = 0
          for (const id of requests) {
            const { counts, state } = await look(id)
            const waits = counts.taken - counts.delivered - counts.dead - counts.dropped
            expect(waits).toBeGreaterThanOrEqual(0)
            if (state === 'done') expect([waits, counts.taken + counts.skipped]).toEqual([0, counts.chosen])
            outstanding += waits
          }
          expect(outstanding).toBe(retrying)
        }
        if (bench.path !== undefined) await recompute(bench.path)
      }),
      { numRuns: 15 },
    )
  })
})

/** Counts again what a file holds: by check, and what its queues were given against what was routed to them. */
async function recompute(path: string): Promise<void> {
  const reader = await openSqliteReader(path)
  expect((await reader.check()).faults).toEqual([])
  await reader.close()
  const db = new Database(path, { readonly: true })
  const queued = 'SELECT destination, sum(total) AS events FROM position GROUP BY destination ORDER BY destination'
  const routed =
    'SELECT destination, sum(routed - direct) AS events FROM ledger GROUP BY destination ORDER BY destination'
  expect(db.prepare(routed).all()).toEqual(db.prepare(queued).all())
  db.close()
}
