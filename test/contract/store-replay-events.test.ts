// Events that a destination has had, sent again on purpose: each chosen event once, its place kept with the work, every outcome counted.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ControlError } from '../../src/model/errors.ts'
import { bitSet, type Seq } from '../../src/model/page.ts'
import type { StoredRequest } from '../../src/store/requests.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationOverview, Settlement, Store } from '../../src/store/store.ts'
import { aside, commitOf, DAY, destination, settlement, START, type TestEvent } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'
import { disable, discard, enable, remove } from './store-operator.ts'

const minute = 60_000
/** The time of the `n`th minute. */
const at = (n: number): string => new Date(START + n * minute).toISOString()

describe.each(Object.entries(BENCHES))('replays of events in the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  let made = 0
  const now = (): number => bench.clock.now()
  beforeEach(async () => {
    made = 0
    bench = makeBench()
    store = await bench.open()
    await store.register([destination('siem'), destination('archive')], now())
  })
  afterEach(() => bench.dispose())

  /** A page with an event in each of these minutes; `to`: which of them siem takes. The archive takes all. */
  const commit = async (minutes: readonly number[], to: 'all' | readonly number[] = 'all'): Promise<Seq> => {
    const events: TestEvent[] = minutes.map((n) => ({ id: `e${made++}`, at: at(n) }))
    return (await store.commitPage(commitOf(store, 'app', events, { to: { siem: to, archive: 'all' } }), now())).seqs
      .from
  }
  const had = (
    from: Seq,
    to: Seq,
    delivered = to - from,
    more: Partial<Settlement> = {},
    queue: 'live' | 'replay' = 'live',
  ) =>
    store.settle(
      settlement('siem', {
        settled: [{ queue, range: { from, to } }],
        delivered: delivered > 0 ? new Map([['app', delivered]]) : new Map(),
        ...more,
      }),
      now(),
    )
  const again = (from: Seq, to: Seq, delivered = to - from, more: Partial<Settlement> = {}) =>
    had(from, to, delivered, more, 'replay')
  const death = (seq: Seq, provisional = false) => ({ ...aside(seq), attempts: 3, cause: 'rejected', provisional })
  const ask = (from = 0, to = 1000, name = 'siem'): Promise<number> =>
    store.ask(
      {
        kind: 'replay_events',
        destination: name,
        from: START + from * minute,
        to: START + to * minute,
        perSecond: null,
      },
      'anna',
      now(),
    )
  const take = (id: number, limit = 1000): Promise<StoredRequest> => store.takeKept(id, limit, now())
  const look = (id: number): Promise<StoredRequest> => take(id, 0)
  /** Ordinals that lie in the replay queue from `from` on. */
  const queued = async (from: Seq = 0): Promise<Seq[]> => {
    const seqs: Seq[] = []
    const position = (await store.progress('siem')).find(({ queue }) => queue === 'replay')?.position ?? 0
    for (let next = Math.max(from, position); ;) {
      const page = await store.nextPage('siem', 'replay', next)
      if ('end' in page) return seqs
      for (let index = 0; index < page.page.count; index++)
        if (bitSet(page.bitmap, index) && page.firstSeq + index >= next) seqs.push(page.firstSeq + index)
      next = page.firstSeq + page.page.count
    }
  }
  const overviewOf = async (name = 'siem'): Promise<DestinationOverview> => {
    const one = (await store.overview(now())).destinations.find((other) => other.name === name) as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    if (kind === 'sqlite') {
      const reader = await openSqliteReader(bench.path as string)
      expect((await reader.check()).faults).toEqual([])
      await reader.close()
    }
    return one
  }

  it('sends what was delivered in the period, half-open, by the time of the event, and counts it', async () => {
    const first = await commit([0, 1, 2, 3])
    const second = await commit([2, 9, 1], [0, 1])
    await had(first, second + 3, 6)
    const id = await ask(1, 3)
    expect(await take(id)).toMatchObject({ state: 'running', counts: { chosen: 3, taken: 3, skipped: 0 } })
    expect(await queued()).toEqual([first + 1, first + 2, second])
    expect(await overviewOf()).toMatchObject({
      waiting: 3,
      delivered: 6,
      routed: 9,
      offered: 10,
      oldestWaitingAt: null,
    })
    await again(first, second + 1, 3)
    expect(await look(id)).toMatchObject({
      state: 'done',
      counts: { chosen: 3, taken: 3, skipped: 0, delivered: 3, dead: 0, dropped: 0 },
      text: '3 sent again: 3 delivered, 0 dead',
      finishedAt: now(),
    })
    expect(await overviewOf()).toMatchObject({ waiting: 0, delivered: 9, routed: 9 })
    expect(await overviewOf('archive')).toMatchObject({ routed: 7, waiting: 7 })
    expect((await store.waitingNotices(now() + DAY, 10)).at(-1)).toMatchObject({
      kind: 'events_replayed',
      by: 'anna',
      count: 3,
      destinations: ['siem'],
    })
  })

  it('its queue passes nothing by: where the next one begins is not known', async () => {
    const first = await commit([0, 1])
    await had(first, first + 2)
    expect(await store.nextPage('siem', 'replay', 1)).toEqual({ end: 1 })
    const id = await ask()
    await take(id)
    expect(await store.nextPage('siem', 'replay', first + 2)).toEqual({ end: first + 2 })
  })

  it('leaves out what waits and what is set aside, and says how many', async () => {
    const first = await commit([0, 1, 2, 3, 4, 5])
    await had(first, first + 4, 2, {
      retrying: [{ ...aside(first), nextAt: now() + 5 }],
      dead: [death(first + 1)],
    })
    const id = await ask()
    expect((await take(id)).counts).toMatchObject({ chosen: 6, taken: 2, skipped: 4 })
    expect(await queued()).toEqual([first + 2, first + 3])
    await overviewOf()
    await again(first, first + 4, 2)
    expect(await look(id)).toMatchObject({
      state: 'done',
      text: expect.stringContaining('2 sent again: 2 delivered, 0 dead; 4 left out') as string,
    })
  })

  it('counts what is set aside by it until it is delivered or dead', async () => {
    const first = await commit([0, 1, 2, 3])
    await had(first, first + 4)
    const id = await ask()
    await take(id)
    await bench.clock.advance(5000)
    await again(first, first + 4, 2, {
      retrying: [{ ...aside(first + 1), nextAt: now() + 5 }],
      dead: [death(first + 2)],
    })
    expect(await look(id)).toMatchObject({ state: 'running', counts: { taken: 4, delivered: 2, dead: 1 } })
    await overviewOf()
    await store.settle(settlement('siem', { retried: [first + 1], delivered: new Map([['app', 1]]) }), now())
    expect(await look(id)).toMatchObject({ state: 'done', counts: { delivered: 3, dead: 1 } })
  })

  it('a provisional reject that goes back to waiting reopens it', async () => {
    const first = await commit([0, 1])
    await had(first, first + 2)
    const id = await ask()
    await take(id)
    await again(first, first + 2, 0, { dead: [death(first, true), death(first + 1, true)] })
    expect(await look(id)).toMatchObject({ state: 'done', counts: { taken: 2, dead: 2 } })
    expect(await store.exhume('siem', now())).toBe(2)
    expect(await take(id)).toMatchObject({ state: 'running', counts: { taken: 2, dead: 0 } })
    await store.settle(settlement('siem', { retried: [first, first + 1], delivered: new Map([['app', 2]]) }), now())
    expect(await look(id)).toMatchObject({ state: 'done', counts: { delivered: 2, dead: 0 } })
    await overviewOf()
  })

  it('takes a page at least, as many as hold no more than the limit, and goes on after a restart', async () => {
    for (let page = 0; page < 5; page++) await commit([page, page, page])
    await had(1, 16)
    const id = await ask()
    expect((await take(id, 1)).counts).toMatchObject({ chosen: 15, taken: 3 })
    expect((await take(id, 7)).counts).toMatchObject({ taken: 9 })
    await again(1, 5, 4)
    store = await bench.open()
    expect((await store.openRequests()).map((one) => one.id)).toEqual([id])
    expect((await look(id)).counts).toMatchObject({ taken: 9, delivered: 4 })
    expect(await queued()).toEqual([5, 6, 7, 8, 9])
    expect((await take(id)).counts).toMatchObject({ taken: 15 })
    expect((await take(id)).counts).toMatchObject({ taken: 15 })
    await again(5, 16)
    expect(await look(id)).toMatchObject({ state: 'done', counts: { taken: 15, delivered: 15 } })
    await overviewOf()
  })

  it('is done at once where nothing of the period is kept', async () => {
    const first = await commit([0, 1])
    await had(first, first + 2)
    const none = await ask(500, 600)
    expect(await take(none)).toMatchObject({
      state: 'done',
      counts: { chosen: 0, taken: 0 },
      text: '0 sent again: 0 delivered, 0 dead',
    })
    expect(await overviewOf()).toMatchObject({ waiting: 0, routed: 2 })
  })

  it('a second one waits its turn, and the same events can go again and again', async () => {
    const first = await commit([0, 1, 2])
    await had(first, first + 3)
    const one = await ask()
    const two = await ask(1, 3)
    await take(one)
    expect(await take(two)).toMatchObject({ state: 'asked', counts: { chosen: 0, taken: 0 } })
    expect(await store.canBegin(two)).toBe(false)
    await again(first, first + 3)
    expect(await store.canBegin(two)).toBe(true)
    expect(await look(two)).toMatchObject({ state: 'asked' })
    expect(await take(two)).toMatchObject({ state: 'running', counts: { chosen: 2, taken: 2 } })
    expect(await queued()).toEqual([first + 1, first + 2])
    await overviewOf()
    await again(first + 1, first + 3)
    expect(await look(two)).toMatchObject({ state: 'done', counts: { delivered: 2 } })
    expect((await store.openRequests()).length).toBe(0)
    expect(await overviewOf()).toMatchObject({ routed: 8, delivered: 8 })
  })

  it('waits until the destination has been led over earlier pages: those are chosen, too', async () => {
    const first = await commit([0, 1])
    await store.register(
      [destination('siem'), destination('archive'), destination('new', { start: 'beginning' })],
      now(),
    )
    const id = await ask(0, 1000, 'new')
    expect(await take(id)).toMatchObject({ state: 'asked', counts: { chosen: 0 } })
    expect(await store.canBegin(id)).toBe(false)
    for (let late = await store.nextLate('new'); late; late = await store.nextLate('new')) {
      const { firstSeq, page } = late
      const bitmap = new Uint8Array((page.count + 7) >> 3).fill(255)
      await store.routeLate(
        'new',
        { firstSeq, count: page.count, bitmap, matched: page.count, bypassed: 0, missing: 0 },
        now(),
      )
    }
    const range = { from: first, to: first + 2 }
    const settled = [{ queue: 'catch_up' as const, range }]
    await store.settle(settlement('new', { settled, delivered: new Map([['app', 2]]) }), now())
    expect(await store.canBegin(id)).toBe(true)
    expect(await take(id)).toMatchObject({ state: 'running', counts: { chosen: 2, taken: 2 } })
    await overviewOf('new')
  })

  it('leaves out what comes after it began, though its time lies in the period', async () => {
    await commit([0])
    await commit([1])
    await had(1, 3)
    const id = await ask()
    await take(id, 1)
    await commit([0])
    await had(3, 4)
    expect((await take(id)).counts).toMatchObject({ chosen: 2, taken: 2, skipped: 0 })
    expect(await take(id)).toMatchObject({ counts: { taken: 2 } })
    expect(await queued()).toEqual([1, 2])
  })

  it('keeps pages that it has still to take from going for their age, not for want of room', async () => {
    bench.dispose()
    bench = makeBench({ maxBytes: 1e12, keepMs: 1000 })
    store = await bench.open()
    await store.register([destination('siem')], now())
    for (let page = 0; page < 3; page++)
      await store.commitPage(commitOf(store, 'app', [{ id: `k${page}`, at: at(page) }], { to: { siem: 'all' } }), now())
    await had(1, 4)
    const id = await ask()
    await take(id, 1)
    await again(1, 2)
    await bench.clock.advance(DAY / 2)
    expect((await store.prune(now())).pages).toBe(1)
    expect((await take(id)).counts).toMatchObject({ chosen: 3, taken: 3, skipped: 0 })
    expect((await store.prune(now())).pages).toBe(0)
    expect(await queued()).toEqual([2, 3])
    await again(2, 4)
    expect(await look(id)).toMatchObject({ state: 'done', counts: { delivered: 3 } })
    expect((await store.prune(now())).pages).toBe(2)
    const second = await ask()
    expect(await take(second)).toMatchObject({ state: 'done', counts: { chosen: 0 } })
  })

  it('counts as left out what went for want of room before it was taken', async () => {
    for (let page = 0; page < 3; page++) await commit([page])
    await had(1, 4)
    await store.settle(
      settlement('archive', {
        settled: [{ queue: 'live', range: { from: 1, to: 4 } }],
        delivered: new Map([['app', 3]]),
      }),
      now(),
    )
    const id = await ask()
    await take(id, 1)
    await again(1, 2)
    store = await bench.open({ maxBytes: 1, keepMs: DAY })
    await store.prune(now())
    store = await bench.open({ maxBytes: 1e12, keepMs: DAY })
    expect(await take(id)).toMatchObject({ state: 'done', counts: { chosen: 3, taken: 1, skipped: 2, delivered: 1 } })
  })

  it('holds the pages that it has taken, whatever the room', async () => {
    await commit([0])
    await had(1, 2)
    await store.settle(
      settlement('archive', {
        settled: [{ queue: 'live', range: { from: 1, to: 2 } }],
        delivered: new Map([['app', 1]]),
      }),
      now(),
    )
    expect(await store.settledThrough('app')).toBe(2)
    await take(await ask())
    expect(await store.settledThrough('app')).toBe(1)
    expect((await store.room()).holder).toBe('siem')
    store = await bench.open({ maxBytes: 1, keepMs: DAY })
    expect((await store.prune(now())).pages).toBe(0)
    expect(await queued()).toEqual([1])
  })

  describe('when it cannot go on', () => {
    it('refuses what is unknown, gone from the file, or drops what comes', async () => {
      await commit([0])
      await had(1, 2)
      await expect(take(await ask(0, 10, 'seim'))).rejects.toThrow(ControlError)
      await expect(take(await ask(0, 10, 'seim'))).rejects.toThrow('did you mean "siem"?')
      const id = await ask()
      await discard(store, 'siem', now())
      await expect(take(id)).rejects.toThrow('drops what comes')
      await enable(store, 'siem', now())
      await store.register([destination('archive')], now())
      await expect(take(id)).rejects.toThrow('not in the file any more')
      await expect(
        store.takeKept(await store.ask({ kind: 'purge_dead_letters', letters: [] }, 'a', now()), 1, now()),
      ).rejects.toThrow('asks for purge')
      expect(await overviewOf()).toMatchObject({ waiting: 0, routed: 1 })
    })

    it('waits at one that is disabled, and goes on when it is enabled', async () => {
      await commit([0, 1])
      await had(1, 3)
      await disable(store, 'siem', now())
      const id = await ask()
      expect((await take(id)).counts).toMatchObject({ taken: 2 })
      await enable(store, 'siem', now())
      await again(1, 3)
      expect(await look(id)).toMatchObject({ state: 'done', counts: { delivered: 2 } })
    })

    it('counts as dropped what a discard takes from it, in the queue and set aside', async () => {
      const first = await commit([0, 1, 2, 3])
      await had(first, first + 4)
      const id = await ask()
      await take(id)
      await again(first, first + 2, 1, { retrying: [{ ...aside(first + 1), nextAt: now() + 5 }] })
      expect(await discard(store, 'siem', now())).toMatch(/^disabled; 3 events dropped/)
      expect((await store.openRequests()).length).toBe(0)
      expect(await overviewOf()).toMatchObject({ delivered: 5, dropped: 3, waiting: 0, retrying: 0 })
      await enable(store, 'siem', now())
      const next = await ask()
      expect((await take(next)).counts).toMatchObject({ taken: 4 })
      await overviewOf()
    })

    it('a discard ends one that was not gone through: what is taken later would lie behind its place', async () => {
      for (let page = 0; page < 3; page++) await commit([page])
      await had(1, 4)
      const id = await ask()
      await take(id, 1)
      expect(await discard(store, 'siem', now())).toMatch(/^disabled; 1 event dropped/)
      await enable(store, 'siem', now())
      expect(await take(id)).toMatchObject({
        state: 'failed',
        counts: { chosen: 3, taken: 1, dropped: 1 },
        text: 'its destination was disabled with --discard before everything was sent; ask again for what is still wanted',
        finishedAt: now(),
      })
      expect(await store.openRequests()).toEqual([])
      expect(await overviewOf()).toMatchObject({ routed: 4, delivered: 3, dropped: 1, waiting: 0 })
      const notices = await store.waitingNotices(now() + DAY, 20)
      expect(notices.filter(({ kind }) => kind === 'events_replayed').at(-1)).toMatchObject({ outcome: 'failure' })
      const next = await ask()
      expect((await take(next)).counts).toMatchObject({ chosen: 3, taken: 3 })
      expect(await queued()).toEqual([1, 2, 3])
      await again(1, 4)
      expect(await look(next)).toMatchObject({ state: 'done', counts: { delivered: 3 } })
      expect(await overviewOf()).toMatchObject({ delivered: 6, dropped: 1, waiting: 0 })
    })

    it('ends one that was not gone through, and lets the next one begin', async () => {
      for (let page = 0; page < 3; page++) await commit([page])
      await had(1, 4)
      const id = await ask()
      await take(id, 1)
      await store.finishRequest(id, { ok: false, text: 'it cannot be' }, now())
      expect(await take(id)).toMatchObject({ state: 'failed', counts: { taken: 1 } })
      const next = await ask()
      // What the first one has taken goes first.
      expect(await take(next)).toMatchObject({ state: 'asked', counts: { taken: 0 } })
      await again(1, 2)
      expect((await take(next)).counts).toMatchObject({ taken: 3 })
      await overviewOf()
    })

    it('counts as dropped what waits at a destination that is removed', async () => {
      await commit([0, 1])
      await had(1, 3)
      const id = await ask()
      await take(id)
      await store.register([destination('archive')], now())
      expect(await remove(store, 'siem', now())).toMatch(/^removed; dropped 2 waiting events/)
      expect(await store.openRequests()).toEqual([])
      expect(await look(id)).toMatchObject({ state: 'done', counts: { taken: 2, dropped: 2 } })
    })
  })

  it('whatever happens in between, every event is accounted for, and none is sent twice by one replay', async () => {
    const action = fc.record({
      what: fc.constantFrom('commit', 'settle', 'ask', 'take', 'again', 'retried', 'restart'),
      n: fc.nat(6),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        bench.dispose()
        bench = makeBench()
        store = await bench.open()
        await store.register([destination('siem'), destination('archive')], now())
        const lived = new Life()
        for (const { what, n } of actions) {
          await lived[what](n)
          await overviewOf()
        }
        await lived.end()
      }),
      { numRuns: kind === 'sqlite' ? 25 : 100 },
    )
  })

  /** What may happen to a destination, and a count of our own. */
  class Life {
    #next: Seq = 1
    #settled: Seq = 1
    #sent = new Map<Seq, number>()
    readonly #asked: number[] = []

    async commit(n: number): Promise<void> {
      const minutes = Array.from({ length: n + 1 }, (_, index) => (n * index) % 7)
      await commit(minutes, n % 3 === 0 ? 'all' : minutes.flatMap((_, index) => (index % 2 === 0 ? [index] : [])))
      this.#next += n + 1
    }

    async settle(n: number): Promise<void> {
      const to = Math.min(this.#next, this.#settled + n + 1)
      await this.#hand('live', this.#settled, to, n)
      this.#settled = to
    }

    async ask(n: number): Promise<void> {
      this.#asked.push(await ask(n % 3, 3 + n))
    }

    async take(n: number): Promise<void> {
      for (const id of this.#asked) await take(id, n + 1)
    }

    async again(n: number): Promise<void> {
      const waiting = await queued()
      if (waiting.length === 0) return
      const last = waiting[Math.min(n, waiting.length - 1)] as Seq
      const { position } = (await store.progress('siem')).find(({ queue }) => queue === 'replay') as { position: Seq }
      await this.#hand('replay', position, last + 1, n)
    }

    async retried(n: number): Promise<void> {
      const due = await store.dueRetries('siem', now() + DAY, n + 1, new Set())
      const retried = due.map(({ seq }) => seq)
      if (retried.length === 0) return
      await store.settle(settlement('siem', { retried, delivered: new Map([['app', retried.length]]) }), now())
    }

    async restart(): Promise<void> {
      store = await bench.open()
    }

    /** Everything is delivered in the end, and then every replay is done and balances. */
    async end(): Promise<void> {
      for (let round = 0; round < 200 && (await store.openRequests()).length > 0; round++) {
        await this.take(6)
        await this.again(6)
        await this.retried(6)
      }
      expect(await store.openRequests()).toEqual([])
      for (const id of this.#asked) {
        const { counts, state } = await look(id)
        expect(state).toBe('done')
        expect(counts.taken + counts.skipped).toBe(counts.chosen)
        expect(counts.delivered + counts.dead).toBe(counts.taken)
      }
      const taken = (await Promise.all(this.#asked.map(look))).reduce((sum, { counts }) => sum + counts.taken, 0)
      expect([...this.#sent.values()].reduce((sum, count) => sum + count, 0)).toBe(taken)
    }

    /** Some are delivered, the others retry, or die. */
    async #hand(queue: 'live' | 'replay', from: Seq, to: Seq, n: number): Promise<void> {
      const seqs: Seq[] = []
      for (let next = from; next < to;) {
        const page = await store.nextPage('siem', queue, next)
        if ('end' in page) break
        const { firstSeq } = page
        for (let index = 0; index < page.page.count; index++)
          if (bitSet(page.bitmap, index) && firstSeq + index >= next && firstSeq + index < to)
            seqs.push(firstSeq + index)
        next = firstSeq + page.page.count
      }
      if (queue === 'replay') for (const seq of seqs) this.#sent.set(seq, (this.#sent.get(seq) ?? 0) + 1)
      const bad = seqs.filter((seq) => (seq + n) % 5 === 0)
      const dead = bad.filter((seq) => seq % 2 === 0).map((seq) => death(seq))
      const retrying = bad.filter((seq) => seq % 2 === 1).map((seq) => ({ ...aside(seq), nextAt: now() + n }))
      await had(from, to, seqs.length - bad.length, { dead, retrying }, queue)
    }
  }
})
