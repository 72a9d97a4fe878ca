// A destination's own bound: what is too old or too much goes as its policy says, counted and announced, and nothing else does.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { StateFullError } from '../../src/model/errors.ts'
import { allBits, type Seq } from '../../src/model/page.ts'
import type { BufferBound, Trimmed } from '../../src/store/buffer.ts'
import type { LatePage, LateRouting } from '../../src/store/late.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationDefinition, DestinationOverview, Queue, Settlement, Store } from '../../src/store/store.ts'
import { aside, commitOf, destination, ids, live, many, settlement, type CommitChoices } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

const HOUR = 3_600_000
const NOTHING: Trimmed = { tooOld: 0, beyond: 0, fate: 'dropped', more: false }

function bound(more: Partial<BufferBound>): BufferBound {
  return { maxAgeMs: null, maxBytes: null, whenFull: 'drop_oldest', ...more }
}

function allOf({ firstSeq, page }: LatePage): LateRouting {
  return { firstSeq, count: page.count, bitmap: allBits(page.count), matched: page.count, bypassed: 0, missing: 0 }
}

class Yard {
  readonly bench: StoreBench
  store!: Store

  constructor(bench: StoreBench) {
    this.bench = bench
  }

  now = (): number => this.bench.clock.now()

  async open(...definitions: readonly DestinationDefinition[]): Promise<void> {
    this.store = await this.bench.open()
    await this.store.register(definitions, this.now())
  }

  /** Returns the first ordinal, and the bytes of the page. */
  async commit(events: Parameters<typeof commitOf>[2], choices: CommitChoices): Promise<{ from: Seq; bytes: number }> {
    const commit = commitOf(this.store, 'app', events, choices)
    const { seqs } = await this.store.commitPage(commit, this.now())
    return { from: seqs.from, bytes: commit.page.bytes.length }
  }

  /** Time that the relay lives. */
  async lives(ms: number): Promise<void> {
    await this.bench.clock.advance(ms)
    await this.store.heartbeat(this.now())
  }

  async settle(name: string, more: Partial<Settlement>): Promise<void> {
    await this.store.settle(settlement(name, more), this.now())
    await this.balances()
  }

  async trim(name: string): Promise<Trimmed> {
    let [tooOld, beyond, calls] = [0, 0, 0]
    for (;;) {
      const trimmed = await this.store.trimBuffer(name, this.now())
      tooOld += trimmed.tooOld
      beyond += trimmed.beyond
      await this.balances()
      if (!trimmed.more) return { ...trimmed, tooOld, beyond }
      expect(++calls).toBeLessThan(100)
    }
  }

  over(): Promise<readonly string[]> {
    return this.store.overBuffer(this.now())
  }

  async balances(): Promise<void> {
    for (const one of (await this.store.overview(this.now())).destinations) {
      expect(one.offered).toBe(one.filtered + one.routed)
      expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    }
    const { path } = this.bench
    if (path === undefined) return
    const reader = await openSqliteReader(path)
    expect((await reader.check()).faults).toEqual([])
    await reader.close()
  }

  async look(name: string): Promise<DestinationOverview> {
    const { destinations } = await this.store.overview(this.now())
    return destinations.find((one) => one.name === name) as DestinationOverview
  }

  /** The notices of trims, as they become events. */
  async announced(): Promise<unknown[]> {
    await this.lives(61_000)
    const notices = await this.store.waitingNotices(this.now(), 100)
    return notices
      .filter(({ kind }) => kind === 'buffer_full')
      .map(({ destinations, count, data }) => [destinations, count, data['why'], data['policy']])
  }

  /** Everything that is read of a queue, in order. */
  async reads(name: string, queue: Queue): Promise<Seq[]> {
    const { position } = (await this.store.progress(name)).find((one) => one.queue === queue) as { position: Seq }
    const seqs: Seq[] = []
    for (let from = position; ;) {
      const page = await this.store.nextPage(name, queue, from)
      if ('end' in page) return seqs
      for (let index = 0; index < page.page.count; index++)
        if (page.firstSeq + index >= position && ((page.bitmap[index >> 3] ?? 0) >> (index & 7)) & 1)
          seqs.push(page.firstSeq + index)
      from = page.firstSeq + page.page.count
    }
  }
}

describe.each(Object.entries(BENCHES))('own bounds in the %s store', (_kind, makeBench) => {
  const yards: Yard[] = []
  const yard = async (...definitions: readonly DestinationDefinition[]): Promise<Yard> => {
    const made = new Yard(makeBench())
    yards.push(made)
    await made.open(...definitions)
    return made
  }
  afterEach(() => yards.splice(0).forEach(({ bench }) => bench.dispose()))

  it('row 58: what has waited longer than max_age is dropped, counted, announced once a minute, and its neighbour keeps everything', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR }) }), destination('b'))
    await y.commit(ids('1', '2', '3'), { to: { a: [0, 2], b: 'all' } })
    await y.lives(HOUR / 2)
    await y.commit(ids('4'), { to: { a: 'all', b: 'all' } })
    expect(await y.over()).toEqual([])
    await y.lives(HOUR / 2 + 30_001)
    expect(await y.over()).toEqual(['a'])
    expect(await y.trim('a')).toEqual({ ...NOTHING, tooOld: 2 })
    expect(await y.over()).toEqual([])
    expect(await y.look('a')).toMatchObject({ waiting: 1, dropped: 2, dead: 0 })
    expect(await y.look('b')).toMatchObject({ waiting: 4, dropped: 0 })
    expect(await y.reads('a', 'live')).toEqual([4])
    expect(await y.announced()).toEqual([[['a'], 2, 'age', 'drop_oldest']])
  })

  it('comes at most half a minute late, and takes nothing that is not too old', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR }) }))
    await y.commit(ids('1'), { to: { a: 'all' } })
    await y.lives(10_000)
    await y.commit(ids('2'), { to: { a: 'all' } })
    await y.lives(HOUR + 10_000)
    expect(await y.over()).toEqual([])
    await y.lives(10_001)
    expect(await y.over()).toEqual(['a'])
    await y.commit(ids('3'), { to: { a: 'all' } })
    expect(await y.trim('a')).toMatchObject({ tooOld: 2 })
    expect(await y.reads('a', 'live')).toEqual([3])
  })

  it('dead_letter: keeps the events for a person, with the reason, and never touches them again', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR, whenFull: 'dead_letter' }) }))
    await y.commit(ids('1', '2'), { to: { a: 'all' } })
    await y.lives(2 * HOUR)
    expect(await y.over()).toEqual(['a'])
    expect(await y.trim('a')).toEqual({ ...NOTHING, tooOld: 2, fate: 'dead' })
    expect(await y.look('a')).toMatchObject({ waiting: 0, dead: 2, dropped: 0 })
    await y.lives(20 * HOUR)
    expect(await y.over()).toEqual([])
    expect(await y.trim('a')).toMatchObject({ tooOld: 0 })
    const { path } = y.bench
    if (path !== undefined) {
      const reader = await openSqliteReader(path)
      const groups = await reader.deadLetterGroups({ destination: 'a' })
      expect(groups).toMatchObject([{ cause: 'too_old', code: 'too_old', letters: 2 }])
      await reader.close()
    }
    expect(await y.announced()).toEqual([[['a'], 2, 'age', 'dead_letter']])
  })

  it.each(['drop_oldest', 'dead_letter'] as const)(
    'max_bytes, %s: the oldest pages go until it is a little below',
    async (whenFull) => {
      const y = await yard(destination('a', { buffer: bound({ maxBytes: 12_000, whenFull }) }), destination('b'))
      for (let page = 0; page < 4; page++) await y.commit(many(`${page}-`, 4, 500), { to: { a: 'all', b: 'all' } })
      const one = (await y.look('a')).buffer?.waitingBytes as number
      expect(one).toBeLessThanOrEqual(12_000)
      expect(await y.over()).toEqual([])
      await y.commit(many('4-', 4, 500), { to: { a: 'all', b: 'all' } })
      expect((await y.look('a')).buffer).toEqual({
        ...bound({ maxBytes: 12_000, whenFull }),
        waitingBytes: (one / 4) * 5,
      })
      expect(await y.over()).toEqual(['a'])
      expect(await y.trim('a')).toEqual({
        ...NOTHING,
        beyond: 4,
        fate: whenFull === 'drop_oldest' ? 'dropped' : 'dead',
      })
      expect(await y.over()).toEqual([])
      expect((await y.look('a')).buffer?.waitingBytes).toBe(one)
      expect(await y.reads('a', 'live')).toEqual(Array.from({ length: 16 }, (_, index) => index + 5))
      expect(await y.look('b')).toMatchObject({ waiting: 20, buffer: null })
      expect(await y.announced()).toEqual([[['a'], 4, 'bytes', whenFull]])
    },
  )

  it('counts bytes before compression, to the page: only what matched, all of a page that is settled in part', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxBytes: 1e6 }) }))
    const { bytes } = await y.commit(many('x', 2, 1000), { to: { a: 'all' } })
    const waits = async (): Promise<number | undefined> => (await y.look('a')).buffer?.waitingBytes
    expect(await waits()).toBe(bytes)
    await y.commit(many('y', 2, 1000), { to: { a: [1] } })
    expect(await waits()).toBe(bytes * 1.5)
    await y.settle('a', { settled: live([1, 2]), delivered: new Map([['app', 1]]) })
    expect(await waits()).toBe(bytes * 1.5)
    await y.settle('a', { settled: live([2, 3]), delivered: new Map([['app', 1]]) })
    expect(await waits()).toBe(bytes * 0.5)
    await y.settle('a', { settled: live([3, 5]), delivered: new Map([['app', 1]]) })
    expect(await waits()).toBe(0)
    y.store = await y.bench.open()
    expect(await waits()).toBe(0)
  })

  it('never drops the newest page, however small the bound', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxBytes: 100 }) }))
    await y.commit(many('x', 3, 1000), { to: { a: 'all' } })
    expect(await y.over()).toEqual([])
    expect(await y.trim('a')).toEqual(NOTHING)
    await y.commit(many('y', 3, 1000), { to: { a: 'all' } })
    expect(await y.trim('a')).toMatchObject({ beyond: 3 })
    expect(await y.reads('a', 'live')).toEqual([4, 5, 6])
  })

  it('leaves out what is settled above the position, and moves the position over it', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR }) }))
    await y.commit(ids('1', '2', '3', '4'), { to: { a: 'all' } })
    await y.settle('a', { settled: live([2, 4]), delivered: new Map([['app', 2]]) })
    await y.lives(2 * HOUR)
    await y.commit(ids('5', '6', '7'), { to: { a: 'all' } })
    await y.settle('a', { settled: live([5, 6]), delivered: new Map([['app', 1]]) })
    expect(await y.trim('a')).toMatchObject({ tooOld: 2 })
    expect(await y.look('a')).toMatchObject({ delivered: 3, dropped: 2, waiting: 2 })
    expect((await y.store.progress('a'))[0]).toMatchObject({ position: 6, above: [] })
  })

  it('the retry queue: too old by its commit; the counts of a replay say what became of its letters', async () => {
    for (const whenFull of ['drop_oldest', 'dead_letter'] as const) {
      const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR, whenFull }) }))
      await y.commit(ids('1', '2', '3'), { to: { a: 'all' } })
      const dead = { ...aside(1), cause: 'rejected', provisional: false }
      await y.settle('a', { settled: live([1, 3]), retrying: [{ ...aside(2), nextAt: y.now() + HOUR }], dead: [dead] })
      await y.lives(2 * HOUR)
      const letters = [{ destination: 'a', ranges: [[1, 2]] as const }]
      const id = await y.store.ask({ kind: 'replay_dead_letters', letters, to: null, perSecond: null }, 'op', y.now())
      await y.store.takeDeadLetters(id, 10, y.now())
      expect(await y.trim('a')).toMatchObject({ tooOld: 2 })
      const gone = whenFull === 'drop_oldest' ? { dropped: 2, dead: 0 } : { dropped: 0, dead: 2 }
      expect(await y.look('a')).toMatchObject({ waiting: 0, retrying: 1, ...gone })
      expect((await y.store.openRequests())[0]?.counts).toMatchObject({ taken: 1, dropped: 0, dead: 0 })
      await y.lives(2 * HOUR)
      expect(await y.over()).toEqual(['a'])
      expect(await y.trim('a')).toMatchObject({ tooOld: 1 })
      expect(await y.look('a')).toMatchObject({ retrying: 0 })
      expect(await y.store.openRequests()).toEqual([])
      if (y.bench.path !== undefined) {
        const reader = await openSqliteReader(y.bench.path)
        const counts = whenFull === 'drop_oldest' ? { dropped: 1, dead: 0 } : { dropped: 0, dead: 1 }
        expect((await reader.requests(1))[0]).toMatchObject({ state: 'done', counts: { taken: 1, ...counts } })
        await reader.close()
      }
    }
  })

  it('row 24: a clock that jumps a year drops nothing, and a relay that was off a year counts a day', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: 2 * 24 * HOUR }) }))
    await y.commit(ids('1'), { to: { a: 'all' } })
    y.bench.clock.jump(365 * 24 * HOUR)
    expect(await y.over()).toEqual([])
    expect(await y.trim('a')).toEqual(NOTHING)
    y.store = await y.bench.open()
    y.bench.clock.jump(365 * 24 * HOUR)
    y.store = await y.bench.open()
    expect(await y.over()).toEqual([])
    expect(await y.look('a')).toMatchObject({ waiting: 1, dropped: 0 })
  })

  it('events that come late wait without regard to their age: a late start over old pages drops nothing', async () => {
    const y = await yard(destination('a'))
    await y.commit(ids('1', '2'), { to: { a: 'all' } })
    await y.lives(5 * HOUR)
    const late = destination('b', { start: 'beginning', buffer: bound({ maxAgeMs: HOUR }) })
    await y.store.register([destination('a'), late], y.now())
    await y.store.routeLate('b', allOf((await y.store.nextLate('b')) as LatePage), y.now())
    expect(await y.over()).toEqual([])
    expect(await y.trim('b')).toEqual(NOTHING)
    const failed = [{ ...aside(1), nextAt: y.now() + HOUR }]
    await y.settle('b', { settled: [{ queue: 'catch_up', range: { from: 1, to: 2 } }], retrying: failed })
    expect(await y.trim('b')).toEqual(NOTHING)
    await y.lives(2 * HOUR)
    expect(await y.over()).toEqual(['b'])
    expect(await y.trim('b')).toMatchObject({ tooOld: 1 })
    expect(await y.look('b')).toMatchObject({ waiting: 1, retrying: 0, dropped: 1 })
  })

  it('leads over earlier pages only as far as max_bytes allows, and loses none of them', async () => {
    const y = await yard(destination('a'))
    for (let page = 0; page < 4; page++) await y.commit(many(`${page}-`, 2, 1000), { to: { a: 'all' } })
    const late = destination('b', { start: 'beginning', buffer: bound({ maxBytes: 5000 }) })
    await y.store.register([destination('a'), late], y.now())
    const route = async (): Promise<void> => {
      const page = (await y.store.nextLate('b')) as LatePage
      await y.store.routeLate('b', allOf(page), y.now())
    }
    await route()
    await expect(route()).rejects.toThrow(StateFullError)
    await y.balances()
    expect(await y.trim('b')).toEqual(NOTHING)
    const catchUp = (from: Seq, to: Seq) => [{ queue: 'catch_up' as const, range: { from, to } }]
    for (const [from, to] of [
      [1, 3],
      [3, 5],
      [5, 7],
      [7, 9],
    ] as const) {
      await y.settle('b', { settled: catchUp(from, to), delivered: new Map([['app', 2]]) })
      if (to < 9) await route()
    }
    expect(await y.look('b')).toMatchObject({ delivered: 8, dropped: 0, waiting: 0 })
  })

  it('a disabled destination keeps within its bound, and a parked one within its last', async () => {
    const buffer = bound({ maxAgeMs: HOUR })
    const y = await yard(destination('a', { buffer }), destination('b', { buffer }))
    await y.commit(ids('1'), { to: { a: 'all', b: 'all' } })
    await y.store.register([destination('a', { buffer, enabled: false })], y.now())
    await y.lives(2 * HOUR)
    expect(await y.over()).toEqual(['a', 'b'])
    expect(await y.trim('a')).toMatchObject({ tooOld: 1 })
    expect(await y.trim('b')).toMatchObject({ tooOld: 1 })
    await y.store.register([destination('a'), destination('b')], y.now())
    expect(await y.look('a')).toMatchObject({ buffer: null })
  })

  it('block: the sources that feed it wait for it, no others, and go on when it has delivered', async () => {
    const y = await yard(
      destination('a', { sources: ['app'], buffer: bound({ maxBytes: 3000, whenFull: 'block' }) }),
      destination('b'),
    )
    await y.commit(many('x', 2, 1000), { to: { a: 'all', b: 'all' } })
    await y.commit(many('y', 2, 1000), { to: { a: 'all', b: 'all' } })
    const refused = y.commit(ids('z'), { to: { a: 'all', b: 'all' } })
    await expect(refused).rejects.toThrow(/destination "a" has reached its buffer\.max_bytes/)
    await expect(refused).rejects.toMatchObject({ name: 'StateFullError', holder: 'a' })
    await y.balances()
    await y.store.commitPage(commitOf(y.store, 'billing', ids('other'), { to: { b: 'all' } }), y.now())
    expect(await y.over()).toEqual([])
    expect(await y.trim('a')).toEqual(NOTHING)
    await y.settle('a', { settled: live([1, 3]), delivered: new Map([['app', 2]]) })
    await y.commit(ids('z'), { to: { a: 'all', b: 'all' } })
  })

  it('block: from the very byte on, by the bound of the last registration; what has left the file blocks nobody', async () => {
    const y = await yard(destination('a'))
    const { bytes } = await y.commit(many('x', 2, 1000), { to: { a: 'all' } })
    const registered = (maxBytes: number) =>
      y.store.register([destination('a', { buffer: bound({ maxBytes, whenFull: 'block' }) })], y.now())
    expect(await registered(bytes)).toMatchObject([{ change: 'updated' }])
    await expect(y.commit(ids('y'), { to: { a: 'all' } })).rejects.toThrow(StateFullError)
    await registered(bytes + 1)
    await y.commit(ids('y'), { to: { a: 'all' } })
    await expect(y.commit(ids('z'), { to: { a: 'all' } })).rejects.toThrow(StateFullError)
    await y.store.register([], y.now())
    await y.commit(ids('z'), {})
    expect(await y.look('a')).toMatchObject({ state: 'parked', waiting: 3 })
  })

  it('trims a bounded number of events a call, and says that there is more', async () => {
    const y = await yard(destination('a', { buffer: bound({ maxAgeMs: HOUR, whenFull: 'dead_letter' }) }))
    for (let page = 0; page < 5; page++) await y.commit(many(`${page}-`, 900), { to: { a: 'all' } })
    await y.lives(2 * HOUR)
    expect(await y.store.trimBuffer('a', y.now())).toEqual({ ...NOTHING, tooOld: 2700, fate: 'dead', more: true })
    expect(await y.trim('a')).toMatchObject({ tooOld: 1800 })
    expect(await y.announced()).toEqual([[['a'], 4500, 'age', 'dead_letter']])
  })
})

type Step =
  | { readonly kind: 'commit'; readonly size: number; readonly bits: number; readonly queue: 'live' | 'catch_up' }
  | { readonly kind: 'lives'; readonly ms: number }
  | { readonly kind: 'settle'; readonly how: 'delivered' | 'retrying' | 'dead' }
  | { readonly kind: 'trim' }
  | { readonly kind: 'reopen' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        size: fc.nat(6),
        bits: fc.nat(63),
        queue: fc.constantFrom('live' as const, 'catch_up' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        how: fc.constantFrom('delivered' as const, 'retrying' as const, 'dead' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lives' as const), ms: fc.nat(HOUR) }) },
    { weight: 3, arbitrary: fc.constant({ kind: 'trim' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  ),
  { minLength: 1, maxLength: 25 },
)

describe('both stores', () => {
  it('balance after every step, and do the same', async () => {
    const bounds = fc.record({
      maxAgeMs: fc.constantFrom(null, HOUR),
      maxBytes: fc.constantFrom(null, 2000),
      whenFull: fc.constantFrom('drop_oldest' as const, 'dead_letter' as const),
    })
    await fc.assert(
      fc.asyncProperty(bounds, steps, async (buffer, sequence) => {
        const yards = Object.values(BENCHES).map((make) => new Yard(make()))
        try {
          const told = []
          for (const y of yards) told.push(await play(y, buffer, sequence))
          expect(told[1]).toEqual(told[0])
        } finally {
          for (const { bench } of yards) bench.dispose()
        }
      }),
      { numRuns: 40 },
    )
  })
})

/** Everything that can be seen after each step. */
async function play(y: Yard, buffer: BufferBound, sequence: readonly Step[]): Promise<unknown[]> {
  await y.open(destination('a', { buffer }))
  const told: unknown[] = []
  for (const [number, step] of sequence.entries()) {
    told.push(await perform(y, step, number))
    const { waiting, retrying, dead, dropped, delivered, buffer: filling } = await y.look('a')
    told.push({ waiting, retrying, dead, dropped, delivered, filling }, await y.over(), await y.store.progress('a'))
    await y.balances()
  }
  return told
}

async function perform(y: Yard, step: Step, number: number): Promise<unknown> {
  switch (step.kind) {
    case 'commit': {
      const which = Array.from({ length: step.size }, (_, index) => index).filter((index) => (step.bits >> index) & 1)
      return y.commit(many(`${number}-`, step.size, 300), { to: { a: which }, queue: step.queue })
    }
    case 'lives':
      return y.lives(step.ms)
    case 'settle':
      return settleNext(y, step.how)
    case 'trim': {
      const trimmed = await y.trim('a')
      expect(await y.over()).toEqual([])
      return trimmed
    }
    case 'reopen':
      y.store = await y.bench.open()
      return null
  }
}

/** The second waiting event of `live`, or the first of `catch_up`: sometimes above the position. */
async function settleNext(y: Yard, how: 'delivered' | 'retrying' | 'dead'): Promise<void> {
  const waiting = [(await y.reads('a', 'live')).slice(1), await y.reads('a', 'catch_up')] as const
  const queue = waiting[0].length > 0 ? ('live' as const) : ('catch_up' as const)
  const seqs = queue === 'live' ? waiting[0] : waiting[1]
  const above = (await y.store.progress('a')).find((one) => one.queue === queue)?.above ?? []
  const seq = seqs.find((one) => !above.some(({ from, to }) => one >= from && one < to))
  if (seq === undefined) return
  await y.settle('a', {
    settled: [{ queue, range: { from: seq, to: seq + 1 } }],
    ...(how === 'delivered' && { delivered: new Map([['app', 1]]) }),
    ...(how === 'retrying' && { retrying: [{ ...aside(seq), nextAt: y.now() + HOUR }] }),
    ...(how === 'dead' && { dead: [{ ...aside(seq), cause: 'rejected', provisional: false }] }),
  })
}
