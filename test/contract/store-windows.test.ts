// What the stores promise to sources that are read in windows: what was read before is known again, however far back it lies and
// whichever lane read it. The most recent events are few here, so that most of what is remembered lies beyond them.
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WindowError } from '../../src/model/errors.ts'
import type { Quarantined } from '../../src/model/page.ts'
import { LATENESS_BOUNDS } from '../../src/store/lateness.ts'
import { about } from '../../src/store/notices.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { SourceOverview, Store } from '../../src/store/store.ts'
import { type CommitChoices, commitOf, DAY, destination, ids, live, settlement, START } from './store-events.ts'
import type { TestEvent } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

const minute = 60_000
const bounds = { maxBytes: 1e12, keepMs: 3 * DAY, recentEvents: 16, windowKeys: 1024 }

/** The event of a minute of source time. */
function at(minutes: number, id = `e${minutes}`, content = 'same'): TestEvent {
  return { id, content, at: timeOf(minutes) }
}

function timeOf(minutes: number): string {
  return new Date(START + minutes * minute).toISOString()
}

function windowOf(from: number, to: number): { from: string; to: string } {
  return { from: timeOf(from), to: timeOf(to) }
}

function stretch(from: number, to: number): TestEvent[] {
  return Array.from({ length: to - from }, (_, index) => at(from + index))
}

describe.each(Object.entries(BENCHES))('windows in the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  beforeEach(async () => {
    bench = makeBench(bounds)
    store = await bench.open()
    await store.register([destination('siem')], START)
  })
  afterEach(() => bench.dispose())

  const commit = (events: readonly TestEvent[], choices: CommitChoices = {}) =>
    store.commitPage(commitOf(store, 'app', events, choices), bench.clock.now())
  const read = async (from: number, to: number, events = stretch(from, to), choices: CommitChoices = {}) =>
    (await commit(events, { window: windowOf(from, to), ...choices })).duplicates
  /** Reads `[0, minutes)` in windows of eight events. */
  const readUpTo = async (minutes: number, choices: CommitChoices = {}): Promise<void> => {
    for (let from = 0; from < minutes; from += 8) expect(await read(from, from + 8, undefined, choices)).toBe(0)
  }
  const source = async (): Promise<SourceOverview> => {
    const one = (await store.overview(bench.clock.now())).sources[0] as SourceOverview
    expect(one.pulled).toBe(one.new + one.duplicates + one.quarantined)
    return one
  }

  it('row 19: knows again what it read far back, whatever the window and after a start', async () => {
    await readUpTo(200)
    expect(await read(0, 8)).toBe(8)
    expect(await read(4, 12)).toBe(8)
    expect(await read(100, 108)).toBe(8)
    store = await bench.open()
    expect(await read(3, 9, [...stretch(3, 9), at(5, 'late')])).toBe(6)
    expect(await read(3, 9, [...stretch(3, 9), at(5, 'late')])).toBe(7)
    expect(await source()).toMatchObject({ new: 201, duplicates: 8 * 3 + 6 + 7 })
  })

  it('takes what a page without a window brings for new when it lies further back than the most recent events', async () => {
    await readUpTo(40)
    expect((await commit(stretch(36, 40))).duplicates).toBe(4)
    expect((await commit(stretch(0, 4))).duplicates).toBe(0)
    const other = [at(4, 'e4', 'other')]
    expect(await commit(other)).toMatchObject({ duplicates: 0, conflicts: [] })
    // A window knows them all, and both versions of what was taken for new.
    expect(await read(0, 5)).toBe(5)
    expect(await read(0, 5, other)).toBe(1)
    expect((await source()).conflicts).toBe(0)
  })

  it('row 21: equal times across the boundaries of pages and windows, read in pages of other sizes', async () => {
    for (const size of [1, 2, 3, 5, 7]) {
      const base = size * 1000
      const ties = Array.from({ length: 23 }, (_, index) => at(base, `t${base}-${index}`))
      const inPages = async (step: number): Promise<number> => {
        let duplicates = 0
        for (let from = 0; from < ties.length; from += step)
          duplicates += await read(base - 1, base + 1, ties.slice(from, from + step))
        return duplicates
      }
      expect(await inPages(size)).toBe(0)
      for (let far = 0; far < 5; far++) await read(base + 100 + far * 8, base + 108 + far * 8)
      for (const other of [1, 4, 6]) expect(await inPages(other)).toBe(23)
      expect(await read(base, base + 1, ties.slice(0, 8))).toBe(8)
    }
  })

  it('knows again what a source gives beyond its window: coarse bounds, or windows of another time than its events', async () => {
    await readUpTo(120)
    expect(await read(60, 61, [at(10), at(59), at(60), at(61), at(119)])).toBe(5)
    expect(await read(500, 501, [at(20), at(21), at(700)])).toBe(2)
    expect(await read(500, 501, [at(22), at(700), at(5)])).toBe(3)
  })

  it('row 43: keeps the other version of an old event once, whichever version comes again', async () => {
    await readUpTo(80)
    const other = at(3, 'e3', 'other')
    const { conflicts, duplicates } = await commit([at(3), other, other], { window: windowOf(0, 8) })
    expect(duplicates).toBe(2)
    expect(conflicts).toEqual([{ eventId: 'e3', newEventId: expect.stringMatching(/^e3~[0-9a-f]{16}$/) as string }])
    for (let far = 0; far < 4; far++) await read(1000 + far * 8, 1008 + far * 8)
    store = await bench.open()
    for (const version of [other, at(3)])
      expect(await commit([version], { window: windowOf(0, 8) })).toMatchObject({ duplicates: 1, conflicts: [] })
    const third = at(3, 'e3', 'third')
    expect(await commit([third], { window: windowOf(3, 4) })).toMatchObject({ conflicts: [{ eventId: 'e3' }] })
    expect(await source()).toMatchObject({ new: 80 + 1 + 32 + 1, conflicts: 2 })
  })

  it('compares lanes with each other, also while their pages alternate', async () => {
    await readUpTo(64)
    const sweep: CommitChoices = { lane: 'sweep 1h' }
    const backfill: CommitChoices = { lane: 'backfill 1', queue: 'catch_up' }
    for (let page = 0; page < 12; page++) {
      const [old, now] = [page * 4, 100 + page * 4]
      expect(await read(0, 48, [at(old), at(old, `swept${old}`)], sweep)).toBe(1)
      expect(await read(now, now + 4)).toBe(0)
      expect(await read(0, 64, [...stretch(old, old + 4), at(old, `swept${old}`)], backfill)).toBe(5)
      expect(await read(-500, -400, [at(-500 + page), at(-500 + page)], backfill)).toBe(1)
      expect(await read(-500, -400, [at(-500 + page), at(old)], sweep)).toBe(2)
    }
    expect(await source()).toMatchObject({ new: 64 + 12 + 48 + 12 })
  })

  it('forgets what a commit that failed had read', async () => {
    await readUpTo(64)
    const fail = (from: number, events: readonly TestEvent[]) =>
      read(from, from + 8, [...events], { to: { nobody: 'all' } })
    await expect(fail(0, [at(1, 'a'), at(2, 'b')])).rejects.toThrow('nobody')
    expect(await read(0, 8, [at(1, 'a'), at(2)])).toBe(1)
    const all = await Promise.all([
      read(8, 16, [at(9, 'c')]),
      fail(8, [at(9, 'd'), at(9, 'c')]).catch(() => null),
      read(8, 16, [at(9, 'd'), at(9, 'c'), at(10)]),
    ])
    expect(all).toEqual([0, null, 2])
    expect(await source()).toMatchObject({ new: 64 + 3 })
  })

  it('rejects a window that meets too much, writes nothing of it, and takes a narrower one', async () => {
    store = await bench.open({ ...bounds, windowKeys: 64 })
    await store.register([destination('siem')], START)
    await readUpTo(160)
    const cursors = [{ part: '', value: 'moved' }]
    const before = await source()
    const wide = read(0, 120, [at(0), at(0, 'fresh')], { cursors })
    await expect(wide).rejects.toThrow(WindowError)
    await expect(wide).rejects.toMatchObject({ kind: 'too_wide' })
    expect(await store.cursors('app')).toEqual([])
    expect(await source()).toEqual(before)
    expect(await read(0, 48, [at(0), at(0, 'fresh')], { cursors })).toBe(1)
    expect(await source()).toMatchObject({ new: before.new + 1 })
    // What is among the most recent events does not count.
    expect(await read(110, 160, stretch(152, 160))).toBe(8)
  })

  it('row 72: keeps identities without their bytes, and as long as was asked for', async () => {
    await readUpTo(64, { to: { siem: 'all' }, rememberMs: 10 * DAY })
    await deliverAll(store, 64)
    await bench.clock.advance(4 * DAY)
    expect((await store.prune(bench.clock.now())).pages).toBe(8)
    await store.prune(bench.clock.now())
    expect(await read(0, 8)).toBe(8)
    await store.heartbeat(bench.clock.now())
    store = await bench.open()
    expect(await read(0, 8, undefined, { rememberMs: 1 })).toBe(8)
    await store.prune(bench.clock.now())
    expect(await read(16, 24)).toBe(8)
    // The longest that was ever asked for holds, and it is time lived: a clock that jumps makes nobody forget.
    bench.clock.jump(400 * DAY)
    await store.prune(bench.clock.now())
    expect(await read(8, 16)).toBe(8)
    bench.clock.jump(-400 * DAY)
    await bench.clock.advance(7 * DAY)
    await store.prune(bench.clock.now())
    store = await bench.open()
    // Beyond the most recent events and the time: forgotten, and read as new.
    expect(await read(0, 8)).toBe(0)
    expect(await read(56, 64)).toBe(8)
  })

  it('row 72: forgets nothing from where a lane stands on, however long nobody reads there', async () => {
    await readUpTo(64, { to: { siem: 'all' }, rememberMs: DAY, rememberFrom: START + 16 * minute })
    await deliverAll(store, 64)
    const late = async (days: number): Promise<void> => {
      await bench.clock.advance(days * DAY)
      await store.heartbeat(bench.clock.now())
      for (let times = 0; times < 2; times++) await store.prune(bench.clock.now())
    }
    await late(40)
    expect(await read(16, 24)).toBe(8)
    // Set back: what is read again from there stays known, though no page has said so yet.
    const id = await store.ask({ kind: 'reset_source', source: 'app', part: null, to: 0 }, 'mina', bench.clock.now())
    await commit([], { rememberFrom: START + 48 * minute })
    const moved = { source: 'app', cursors: [], rememberFrom: START + 24 * minute }
    await store.finishRequest(id, { ok: true, text: 'set' }, bench.clock.now(), moved)
    await late(1)
    store = await bench.open()
    expect(await read(24, 32)).toBe(8)
    expect(await read(8, 16)).toBe(0)
    await commit([], { rememberFrom: START + 48 * minute })
    await late(2)
    store = await bench.open()
    expect(await read(24, 32)).toBe(0)
  })

  it('an event from the far future keeps nothing remembered for ever', async () => {
    await commit([{ id: 'far', at: '2099-01-01T00:00:00Z' }], {
      to: { siem: 'all' },
      rememberFrom: START + 600 * minute,
    })
    await readUpTo(64, { to: { siem: 'all' } })
    await deliverAll(store, 65)
    await bench.clock.advance(4 * DAY)
    for (let times = 0; times < 2; times++) await store.prune(bench.clock.now())
    store = await bench.open()
    expect(await read(8, 16)).toBe(0)
  })

  it('forgets what lies beyond the most recent events as soon as its bytes go, when no time is asked for', async () => {
    await readUpTo(64, { to: { siem: 'all' } })
    await deliverAll(store, 64)
    await bench.clock.advance(4 * DAY)
    for (let times = 0; times < 2; times++) await store.prune(bench.clock.now())
    if (bench.path !== undefined) expect(spansIn(bench.path)).toBe(2)
    expect(await read(56, 64)).toBe(8)
    expect(await read(0, 8)).toBe(0)
  })

  it('counts a record that was quarantined before as a duplicate, in windows and where they may repeat', async () => {
    const record = (text: string): Quarantined => {
      return { reason: 'unmappable', detail: 'no time', place: text, bytes: Buffer.from(text) }
    }
    const quarantined = [record('x'), record('y')]
    const window = windowOf(0, 8)
    expect(await commit(ids('a'), { window, quarantined })).toMatchObject({ duplicates: 0, quarantined: 2 })
    const again = await commit([], { window, quarantined: [...quarantined, record('z'), record('z')] })
    expect(again).toMatchObject({ duplicates: 3, quarantined: 1 })
    store = await bench.open()
    expect(await commit([], { window, quarantined })).toMatchObject({ duplicates: 2, quarantined: 0 })
    expect(await source()).toMatchObject({ pulled: 9, new: 1, duplicates: 5, quarantined: 3 })
    expect((await source()).quarantine.map(({ place }) => place)).toEqual(['z', 'y', 'x'])
    expect(await commit([], { mayRepeat: true, quarantined })).toMatchObject({ duplicates: 2, quarantined: 0 })
    // Another source's are its own, and a page without a window brings a record once: the same bytes are another one.
    const other = commitOf(store, 'billing', [], { window, quarantined })
    expect((await store.commitPage(other, START)).quarantined).toBe(2)
    expect((await commit([], { quarantined })).quarantined).toBe(2)
  })

  it('row 19: counts how late new events came, by lane, and only those', async () => {
    const now = bench.clock.now()
    const ago = (ms: number, id: string): TestEvent => ({ id, at: new Date(now - ms).toISOString() })
    const late = LATENESS_BOUNDS.flatMap((ms, bucket) => [ago(ms, `on${bucket}`), ago(ms + 1, `after${bucket}`)])
    const window = { from: new Date(now - 30 * DAY).toISOString(), to: new Date(now).toISOString() }
    const choices = { window, lane: 'sweep 1h', lateBefore: now - 30_000 }
    await commit(late.slice(0, 8), choices)
    await commit([...late.slice(8), ago(30_000, 'in time'), ago(1, 'new')], choices)
    await commit(late.slice(2, 6), choices)
    await commit(late.slice(0, 2), { window, lane: 'live', lateBefore: now })
    await expect(commit([ago(minute, 'failed')], { ...choices, to: { nobody: 'all' } })).rejects.toThrow('nobody')
    store = await bench.open()
    expect((await source()).late).toEqual([{ lane: 'sweep 1h', buckets: [1, 2, 2, 2, 2, 2, 2, 2, 1] }])
    await commit([ago(2 * minute, 'live late')], { window, lane: 'live', lateBefore: now })
    expect((await source()).late).toEqual([
      { lane: 'live', buckets: [0, 1, 0, 0, 0, 0, 0, 0, 0] },
      { lane: 'sweep 1h', buckets: [1, 2, 2, 2, 2, 2, 2, 2, 1] },
    ])
  })

  it('moves cursors of several lanes with one page, or none of them', async () => {
    const cursors = [
      { part: '', value: '1' },
      { lane: 'sweep 1h', part: '', value: '2' },
      { lane: 'sweep 24h', part: 'x', value: '3' },
    ]
    await commit([at(0)], { window: windowOf(0, 8), cursors })
    const failing = { cursors: cursors.map((one) => ({ ...one, value: '9' })), to: { nobody: 'all' as const } }
    await expect(commit([at(1)], failing)).rejects.toThrow('nobody')
    await commit([at(1)], { lane: 'sweep 24h', cursors: [{ lane: 'live', part: '', value: '4' }] })
    await store.saveCursors('app', 'live', [{ lane: 'sweep 1h', part: '', value: null }], START)
    store = await bench.open()
    expect(await store.cursors('app')).toEqual([
      { lane: 'live', part: '', value: '4', seq: 3 },
      { lane: 'sweep 24h', part: 'x', value: '3', seq: 2 },
    ])
    expect((await source()).parts).toBe(2)
  })

  it('notes what a page must tell, with the page or not at all', async () => {
    const noticed = [about('source_gap', { source: 'app', outcome: 'failure', data: { reason: 'retention' } })]
    await expect(commit([at(0)], { noticed, to: { nobody: 'all' } })).rejects.toThrow('nobody')
    const gaps = async () => (await store.waitingNotices(START, 99)).filter(({ kind: one }) => one === 'source_gap')
    expect(await gaps()).toEqual([])
    await commit([], { noticed })
    store = await bench.open()
    expect(await gaps()).toMatchObject([{ source: 'app', data: { reason: 'retention' } }])
  })

  it('agrees with a model that remembers everything, whatever is read, fails, is pruned or starts again', async () => {
    const event = fc.record({ minute: fc.nat(60), content: fc.constantFrom('same', 'same', 'same', 'other') })
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.tuple(fc.nat(60), fc.nat(6), fc.array(event, { maxLength: 6 })) },
      { weight: 1, arbitrary: fc.constantFrom('start', 'fail', 'prune') },
    )
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 90 }), async (steps) => {
        const name = `model${round++}`
        const seen = new Set<string>()
        const ever = new Set<number>()
        for (const [index, one] of steps.entries()) {
          if (one === 'start') store = await bench.open()
          else if (one === 'prune') await store.prune(bench.clock.now())
          else {
            const [from, width, given] = one === 'fail' ? [0, 60, [{ minute: 1, content: `lost${index}` }]] : one
            const events = given.map(({ minute: when, content }) => at(when, `e${when}`, content))
            const window = windowOf(from, from + width)
            const lane = ['live', 'sweep 1h', 'backfill 1'][index % 3] as string
            const to = one === 'fail' ? { nobody: 'all' as const } : { siem: 'all' as const }
            const committed = store.commitPage(
              commitOf(store, name, events, { window, lane, to, rememberMs: DAY }),
              START,
            )
            if (one === 'fail') {
              await expect(committed).rejects.toThrow('nobody')
              continue
            }
            let [fresh, conflicts] = [0, 0]
            for (const { minute: when, content } of given) {
              if (seen.has(`${when} ${content}`)) continue
              if (ever.has(when)) conflicts++
              fresh++
              seen.add(`${when} ${content}`)
              ever.add(when)
            }
            const { seqs, duplicates, conflicts: found } = await committed
            expect([seqs.to - seqs.from, duplicates, found.length]).toEqual([fresh, given.length - fresh, conflicts])
          }
        }
      }),
      { numRuns: kind === 'sqlite' ? 8 : 60 },
    )
  })

  it.runIf(kind === 'sqlite')('shows lanes and lateness to who looks, and checks, traces and copies it', async () => {
    const path = bench.path as string
    const backfill: CommitChoices = { lane: 'backfill 1', queue: 'catch_up', to: { siem: 'all' } }
    await readUpTo(64, { to: { siem: 'all' }, cursors: [{ part: '', value: 'here' }], lateBefore: START + 8 * minute })
    await read(-20, 0, stretch(-8, 0), { ...backfill, cursors: [{ part: '', value: 'there' }] })
    await read(-20, 8, [...stretch(-4, 4), at(3, 'e3', 'other')], backfill)
    const reader = await openSqliteReader(path)
    try {
      expect(await reader.cursors('app')).toEqual(await store.cursors('app'))
      expect((await reader.cursors('app')).map(({ lane }) => lane)).toEqual(['backfill 1', 'live'])
      expect((await reader.overview(START)).sources[0]?.late).toEqual((await source()).late)
      expect(await reader.check()).toEqual({ pages: 10, events: 73, faults: [] })
      const [traced] = (await reader.trace('e-4')).events
      expect(traced?.read).toMatchObject({ lane: 'backfill 1', queue: 'catch_up', window: windowOf(-20, 0), pulled: 8 })
      await reader.backup(`${path}.copy`)
      const copy = await openSqliteReader(`${path}.copy`)
      expect((await copy.check()).faults).toEqual([])
      await copy.close()
    } finally {
      await reader.close()
    }
  })
})

/** How many pages can be found by their time. */
function spansIn(path: string): unknown {
  const db = new Database(path, { readonly: true })
  const count = db.prepare('SELECT count(*) FROM page_span').pluck().get()
  db.close()
  return count
}

/** Delivers everything, so that it can go. */
async function deliverAll(store: Store, events: number): Promise<void> {
  await store.settle(
    settlement('siem', { settled: live([1, events + 1]), delivered: new Map([['app', events]]) }),
    START,
  )
}
