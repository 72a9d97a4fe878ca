// Backfills carried out over a real store: resumed after a kill at each page, counted, paced, cancelled, and never in the way.
import { afterEach, describe, expect, it } from 'vitest'
import { SourceError } from '../../../src/model/errors.ts'
import { Identity } from '../../../src/model/identity.ts'
import { BackfillReader, type OpenBackfill } from '../../../src/polling/backfill-lane.ts'
import { openReader } from '../../../src/polling/reader.ts'
import type { SourceKind, SourceTools, WindowDefaults, WindowPage, WindowRequest } from '../../../src/sources/source.ts'
import type { Asked, StoredRequest } from '../../../src/store/requests.ts'
import type { Store } from '../../../src/store/store.ts'
import { Requests } from '../../../src/upkeep/requests.ts'
import { destination } from '../../contract/store-events.ts'
import { BENCHES, type StoreBench } from '../../contract/store-openers.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 4, 16)
const EVENTS = 40
const PER_PAGE = 5
const settings: WindowDefaults = {
  startMs: HOUR,
  settleMs: 60_000,
  overlapMs: 0,
  maxWindowMs: HOUR,
  sweepsMs: [],
  retentionMs: null,
}

/** A source that has an event every six minutes from `START` on, five to a page, and does what `before` says first. */
function kindOf(
  before: (request: WindowRequest) => void | Promise<void>,
  parts?: () => readonly string[],
): SourceKind<object> {
  const times = Array.from({ length: EVENTS }, (_, index) => START + index * 360_000)
  const open = (_: object, tools: SourceTools) => ({
    ...(parts && { parts: async () => parts() }),
    async *readWindow(request: WindowRequest): AsyncIterable<WindowPage> {
      const { from, to } = request.window
      const found = times.filter((time) => time >= from && time < to)
      for (let place = Number(request.progress ?? 0); place < found.length; place += PER_PAGE) {
        await before(request)
        const draft = tools.newPage()
        for (const time of found.slice(place, place + PER_PAGE)) {
          const event = {
            event_id: `${request.part}e${time}`,
            event_type: 't',
            occurred_at: new Date(time).toISOString(),
            data: {},
          }
          const bytes = Buffer.from(JSON.stringify(event))
          draft.add(bytes, 0, bytes.length)
        }
        yield { draft, progress: String(place + PER_PAGE) }
      }
    },
    close: async () => {},
  })
  return { type: 'fake', options: {} as never, everyMs: 1000, windows: () => settings, open }
}

/** Notes when the end of a request is asked of the store, and when it is written. */
function watched(store: Store, turns: string[]): Store {
  const finishRequest: Store['finishRequest'] = async (...given) => {
    turns.push('asked')
    await store.finishRequest(...given)
    turns.push('written')
  }
  return new Proxy(store, {
    get: (target, name) => {
      const found: unknown = name === 'finishRequest' ? finishRequest : Reflect.get(target, name)
      return typeof found === 'function' ? (found as () => unknown).bind(target) : found
    },
  })
}

class Killed extends Error {}

interface Rig {
  readonly requests: Requests
  readonly drain: AbortController
  readonly pages: { count: number }
}

/** A holder over a store; `killAfter`: it dies as soon as so many pages were committed. */
function holder(
  store: Store,
  bench: StoreBench,
  {
    before = () => {},
    killAfter = Infinity,
    listed,
    preset = null,
  }: {
    before?: (request: WindowRequest) => void | Promise<void>
    killAfter?: number
    listed?: () => readonly string[]
    preset?: string | null
  },
): Rig {
  const pages = { count: 0 }
  const dying: Store = Object.assign(Object.create(store) as Store, {
    commitPage: async (...given: Parameters<Store['commitPage']>) => {
      if (pages.count >= killAfter) throw new Killed()
      pages.count++
      return store.commitPage(...given)
    },
  })
  const own = bindAll(store, dying)
  const originOf = () => ({ as: { preset }, windowed: true })
  const kind = { ...kindOf(before, listed), originOf }
  const parts = { name: 'app', kind, options: () => ({}), routes: [], clock: bench.clock }
  const identity = new Identity(store.identity.secret)
  const openBackfill: OpenBackfill = (opening) =>
    new BackfillReader(opening, {
      store: own,
      clock: bench.clock,
      telemetry: { emit: () => {} },
      open: async (_, cursors, notice, backfill) =>
        openReader({ ...parts, identity, ...(backfill && { backfill }) }, cursors, notice),
      committed: () => {},
    })
  const inTurn = <Result>(_: string, work: () => Promise<Result>): Promise<Result> => work()
  const requests = new Requests({
    store: own,
    clock: bench.clock,
    destinations: { with: inTurn, lookAgain: () => {} },
    sources: { with: inTurn, configured: ['app'] },
    openBackfill,
  })
  return { requests, drain: new AbortController(), pages }
}

/** Methods of the store keep their own `this`. */
function bindAll(store: Store, over: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const own = Object.prototype.hasOwnProperty.call(over, name) ? over : target
      const value = Reflect.get(own, name, own) as unknown
      return typeof value === 'function' ? value.bind(own) : value
    },
  })
}

const asked = (more: Partial<Extract<Asked, { kind: 'backfill' }>> = {}): Asked => ({
  kind: 'backfill',
  source: 'app',
  from: START,
  to: START + 4 * HOUR,
  perSecond: null,
  again: false,
  ...more,
})

describe.each(Object.entries(BENCHES))('over the %s store', (_, makeBench) => {
  const benches: StoreBench[] = []
  afterEach(() => {
    for (const bench of benches.splice(0)) bench.dispose()
  })
  const opened = async (): Promise<{ bench: StoreBench; store: Store }> => {
    const bench = makeBench()
    benches.push(bench)
    const store = await bench.open()
    await store.register([destination('siem')], bench.clock.now())
    return { bench, store }
  }
  const find = async (store: Store, id: number): Promise<StoredRequest | undefined> =>
    (await store.openRequests()).find((one) => one.id === id)
  const ended = async (store: Store, now: number) =>
    (await store.waitingNotices(now, 100)).filter(({ kind }) => kind === 'backfill_ended')

  it('reads the whole period and says what was new and what was known', async () => {
    const { bench, store } = await opened()
    await store.ask(asked({ to: START + HOUR }), 'mina', bench.clock.now())
    await store.ask(asked(), 'mina', bench.clock.now())
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(2000)
    await requests.finish()
    const [first, second] = await ended(store, bench.clock.now())
    expect(first).toMatchObject({ by: 'mina', outcome: 'success', count: 10, data: { read: 10, new: 10, known: 0 } })
    expect(second).toMatchObject({ by: 'mina', outcome: 'success', count: 30, data: { read: 40, new: 30, known: 10 } })
    expect([await store.openRequests(), await store.cursors('app')]).toEqual([[], []])
    const { sources } = await store.overview(bench.clock.now())
    expect(sources[0]).toMatchObject({ new: EVENTS, duplicates: 10, conflicts: 0 })
  })

  it('killed at each page, goes on behind it: every event once, every page counted once', async () => {
    const whole = await opened()
    await whole.store.ask(asked(), 'mina', whole.bench.clock.now())
    const first = holder(whole.store, whole.bench, {})
    await first.requests.step(first.drain.signal)
    await first.requests.finish()
    const pages = first.pages.count
    expect(pages).toBeGreaterThan(10)
    for (let killAfter = 0; killAfter <= pages; killAfter++) {
      const { bench, store } = await opened()
      await store.ask(asked(), 'mina', bench.clock.now())
      const dying = holder(store, bench, { killAfter })
      await dying.requests.step(dying.drain.signal)
      await dying.requests.finish().catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
      const again = await bench.open()
      const next = holder(again, bench, {})
      await next.requests.step(next.drain.signal)
      await next.requests.finish()
      const [end, ...more] = await ended(again, bench.clock.now())
      expect([killAfter, more]).toEqual([killAfter, []])
      expect(end?.data).toMatchObject({ new: EVENTS, known: 0, pages })
      const { sources } = await again.overview(bench.clock.now())
      expect(sources[0]).toMatchObject({ new: EVENTS, duplicates: 0 })
    }
  })

  it('rests while its source is configured as another one, says what to do, and goes on when it is as it was', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked(), 'mina', bench.clock.now())
    const dying = holder(store, bench, { killAfter: 3, preset: 'okta' })
    await dying.requests.step(dying.drain.signal)
    await expect(dying.requests.finish()).rejects.toThrow(Killed)
    const before = () => expect.unreachable('nothing of the other one is read')
    const other = holder(store, bench, { preset: 'auth0', before })
    await other.requests.step(other.drain.signal)
    const trouble = async () => (await find(store, id))?.backfilled?.trouble
    for (let looks = 0; looks < 10_000 && !(await trouble()); looks++)
      await new Promise((resolve) => setImmediate(resolve))
    expect(await trouble()).toContain(
      `backfill ${id} of app was read as fake (preset: okta) up to 2026-05-16T01:00:00Z, but`,
    )
    other.drain.abort()
    await other.requests.finish()
    const next = holder(store, bench, { preset: 'okta' })
    await next.requests.step(next.drain.signal)
    await next.requests.finish()
    expect((await ended(store, bench.clock.now()))[0]?.data).toMatchObject({ new: EVENTS, known: 0 })
  })

  it('rests while the source refuses, says why, and goes on', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked(), 'mina', bench.clock.now())
    let refusals = 2
    const before = (): void => {
      if (refusals-- > 0) throw new SourceError('limited', 'HTTP 429', { afterMs: 5000 })
    }
    const { requests, drain } = holder(store, bench, { before })
    await requests.step(drain.signal)
    await bench.clock.advance(0)
    expect((await find(store, id))?.backfilled).toMatchObject({ trouble: 'HTTP 429', pages: 0 })
    await bench.clock.advance(12_000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([{ outcome: 'success', data: { new: EVENTS } }])
  })

  it('keeps to its rate, page by page', async () => {
    const { bench, store } = await opened()
    await store.ask(asked({ perSecond: 2 }), 'mina', bench.clock.now())
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(10_000)
    const { sources } = await store.overview(bench.clock.now())
    expect(sources[0]?.new).toBeGreaterThanOrEqual(18)
    expect(sources[0]?.new).toBeLessThanOrEqual(20 + PER_PAGE)
    await bench.clock.advance(15_000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toHaveLength(1)
  })

  it('an end that the source may still add to is waited for', async () => {
    const { bench, store } = await opened()
    const now = bench.clock.now()
    const id = await store.ask(asked({ from: now - HOUR, to: now }), 'mina', now)
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(30_000)
    expect((await find(store, id))?.backfilled?.trouble).toContain('too new')
    await bench.clock.advance(60_000)
    await requests.finish()
    expect(await find(store, id)).toBeUndefined()
  })

  it('a period that is still to come for the source is waited for, not taken as read', async () => {
    const { bench, store } = await opened()
    const now = bench.clock.now()
    const id = await store.ask(asked({ from: now + HOUR, to: now + 2 * HOUR }), 'mina', now)
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(30_000)
    expect((await find(store, id))?.backfilled?.trouble).toContain('too new')
    await bench.clock.advance(2 * HOUR + 120_000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([{ outcome: 'success' }])
  })

  it('a source that lists no parts at present is said to, not taken as read', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked(), 'mina', bench.clock.now())
    let parts: readonly string[] = []
    const { requests, drain } = holder(store, bench, { listed: () => parts })
    await requests.step(drain.signal)
    await bench.clock.advance(5000)
    expect((await find(store, id))?.backfilled?.trouble).toContain('lists no parts')
    parts = ['a', 'b']
    await bench.clock.advance(60_000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([{ outcome: 'success', data: { new: 2 * EVENTS } }])
  })

  it('a part that is gone midway is left out, and the rest is read to the end', async () => {
    const { bench, store } = await opened()
    await store.ask(asked(), 'mina', bench.clock.now())
    let parts = ['a', 'b']
    const before = ({ part, window }: WindowRequest): void => {
      if (part !== 'b' || window.from < START + HOUR) return
      parts = ['a']
      throw new SourceError('denied', 'no such tenant')
    }
    const { requests, drain } = holder(store, bench, { before, listed: () => parts })
    await requests.step(drain.signal)
    while ((await store.openRequests()).length > 0) await bench.clock.advance(10_000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([{ outcome: 'success', data: { new: EVENTS + 10 } }])
    expect([await store.openRequests(), await store.cursors('app')]).toEqual([[], []])
  })

  it('is cancelled where it is, by another request, and its lane is forgotten', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked({ perSecond: 1 }), 'mina', bench.clock.now())
    const turns: string[] = []
    const { requests, drain } = holder(watched(store, turns), bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(5000)
    expect(await store.cursors('app')).toHaveLength(1)
    await store.ask({ kind: 'cancel_backfill', backfill: id }, 'otto', bench.clock.now())
    await requests.step(drain.signal)
    await bench.clock.advance(1000)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([
      { by: 'mina', outcome: 'failure', data: { text: 'cancelled by otto' } },
    ])
    // What is asked of the store in one turn is one transaction: both end, or neither.
    expect(turns).toEqual(['asked', 'asked', 'written', 'written'])
    expect([await store.openRequests(), await store.cursors('app')]).toEqual([[], []])
  })

  it('two of one source take turns; another source need not wait', async () => {
    const { bench, store } = await opened()
    const first = await store.ask(asked({ perSecond: 1 }), 'mina', bench.clock.now())
    const second = await store.ask(asked({ from: START + 5 * HOUR, to: START + 6 * HOUR }), 'mina', bench.clock.now())
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(5000)
    expect((await find(store, first))?.state).toBe('running')
    expect((await find(store, second))?.state).toBe('asked')
    await bench.clock.advance(60_000)
    await requests.finish()
    expect(await store.openRequests()).toEqual([])
  })

  it('stops at the drain with its page, and rests while its source is disabled', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked({ perSecond: 1 }), 'mina', bench.clock.now())
    const { requests, drain } = holder(store, bench, {})
    await requests.step(drain.signal)
    await bench.clock.advance(3000)
    await store.ask({ kind: 'disable_source', source: 'app' }, 'mina', bench.clock.now())
    await requests.step(drain.signal)
    await bench.clock.advance(3000)
    const { pages } = (await find(store, id))?.backfilled ?? { pages: 0 }
    await bench.clock.advance(60_000)
    expect((await find(store, id))?.backfilled).toMatchObject({ trouble: 'the source is disabled', pages })
    drain.abort()
    await requests.finish()
    expect((await find(store, id))?.state).toBe('running')
  })

  it('a source that is gone from the configuration ends it, and says so', async () => {
    const { bench, store } = await opened()
    await store.ask(asked(), 'mina', bench.clock.now())
    const inTurn = <Result>(_: string, work: () => Promise<Result>): Promise<Result> => work()
    const requests = new Requests({
      store,
      clock: bench.clock,
      destinations: { with: inTurn, lookAgain: () => {} },
      sources: { with: inTurn, configured: [] },
      openBackfill: () => undefined,
    })
    await requests.step(new AbortController().signal)
    await requests.finish()
    expect(await ended(store, bench.clock.now())).toMatchObject([
      { outcome: 'failure', data: { text: expect.stringContaining('not in the configuration') as string } },
    ])
  })

  it('whoever cannot read leaves it to the next', async () => {
    const { bench, store } = await opened()
    const id = await store.ask(asked(), 'mina', bench.clock.now())
    const inTurn = <Result>(_: string, work: () => Promise<Result>): Promise<Result> => work()
    const requests = new Requests({
      store,
      clock: bench.clock,
      destinations: { with: inTurn, lookAgain: () => {} },
      sources: { with: inTurn, configured: [] },
    })
    await requests.step(new AbortController().signal)
    await requests.finish()
    expect((await find(store, id))?.state).toBe('asked')
  })
})
