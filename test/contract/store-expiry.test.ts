// The end of dead letters: announced a day before, by the time that the relay has lived, and counted as dropped.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Seq } from '../../src/model/page.ts'
import type { Notice } from '../../src/store/notices.ts'
import type { Expiry } from '../../src/store/retention.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationOverview, Store } from '../../src/store/store.ts'
import { aside, commitOf, DAY, destination, live, many, settlement } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'
import { disable } from './store-operator.ts'

const HOUR = DAY / 24
const MINUTE = HOUR / 60
const YEAR = 365 * DAY
const KEEP = 7 * DAY

describe.each(Object.entries(BENCHES))('old dead letters in the %s store', (_, makeBench) => {
  let bench: StoreBench
  let store: Store
  let named = 0
  const now = (): number => bench.clock.now()
  const begin = async (): Promise<void> => {
    bench = makeBench()
    store = await bench.open()
    await register('siem', 'archive')
  }
  beforeEach(begin)
  afterEach(() => bench.dispose())

  const register = (...names: string[]) =>
    store.register(
      names.map((name) => destination(name)),
      now(),
    )
  const siem = async (): Promise<DestinationOverview> => {
    await store.heartbeat(now())
    const one = (await store.overview(now())).destinations.find(({ name }) => name === 'siem') as DestinationOverview
    expect(one.offered).toBe(one.filtered + one.routed)
    expect(one.routed).toBe(one.delivered + one.waiting + one.retrying + one.dead + one.dropped)
    return one
  }
  const step = (keepMs = KEEP): Promise<Expiry> => store.expireDeadLetters('siem', keepMs, now())
  const liveFor = (ms: number) => bench.clock.advance(ms)
  const restart = async (): Promise<void> => {
    await store.heartbeat(now())
    store = await bench.open()
  }
  const death = (seq: Seq, provisional = false) => ({ ...aside(seq), attempts: 3, cause: 'exhausted', provisional })
  /** `count` events that die at siem; the first of their numbers. */
  const died = async (count: number, provisional = false): Promise<Seq> => {
    const events = many(`${named++}-`, count)
    const { seqs } = await store.commitPage(commitOf(store, 'app', events, { to: { siem: 'all' } }), now())
    const dead = events.map((_event, index) => death(seqs.from + index, provisional))
    await store.settle(settlement('siem', { settled: live([seqs.from, seqs.to]), dead }), now())
    return seqs.from
  }
  const dieAgain = (seqs: readonly Seq[], provisional = false) =>
    store.settle(settlement('siem', { dead: seqs.map((seq) => death(seq, provisional)) }), now())
  const deliver = (seqs: readonly Seq[]) =>
    store.settle(settlement('siem', { retried: seqs, delivered: new Map([['app', seqs.length]]) }), now())
  const replay = async (from: Seq, to: Seq): Promise<number> => {
    const letters = [{ destination: 'siem', ranges: [[from, to]] as const }]
    const id = await store.ask({ kind: 'replay_dead_letters', letters, to: null, perSecond: null }, 'root', now())
    return (await store.takeDeadLetters(id, to - from, now())).counts.taken
  }
  /** What was said about siem's dead letters, also what may still grow. */
  const said = async (): Promise<readonly Notice[]> =>
    (await store.waitingNotices(now() + MINUTE, 1000)).filter(({ kind }) =>
      /^dead_letters_(expiring|purged)/.test(kind),
    )
  const checked = async (): Promise<void> => {
    if (bench.path === undefined) return
    const reader = await openSqliteReader(bench.path)
    expect((await reader.check()).faults).toEqual([])
    await reader.close()
  }
  const nothing = { announced: 0, purged: 0, more: false }

  it('announces the end after six days and carries it out a day later, both told once', async () => {
    await died(3)
    await liveFor(6 * DAY)
    expect(await step()).toEqual(nothing)
    await liveFor(1)
    expect(await step()).toEqual({ announced: 3, purged: 0, more: false })
    expect(await said()).toMatchObject([
      {
        kind: 'dead_letters_expiring',
        destinations: ['siem'],
        count: 3,
        at: now(),
        by: null,
        cause: null,
        data: {
          destination: 'siem',
          letters: 3,
          died_before: new Date(now() - 6 * DAY).toISOString(),
          purge_at: new Date(now() + DAY + MINUTE).toISOString(),
        },
      },
    ])
    expect((await siem()).purge).toEqual({ letters: 3, inMs: DAY + MINUTE })
    await liveFor(DAY + MINUTE - 1)
    expect(await step()).toEqual(nothing)
    expect((await siem()).purge).toEqual({ letters: 3, inMs: 1 })
    await liveFor(1)
    expect(await step()).toEqual({ announced: 0, purged: 3, more: false })
    expect(await siem()).toMatchObject({ dead: 0, dropped: 3, purge: null })
    expect(await said()).toMatchObject([
      { kind: 'dead_letters_expiring' },
      { kind: 'dead_letters_purged', destinations: ['siem'], count: 3, by: null, data: { cause: 'kept_long_enough' } },
    ])
    expect(await step()).toEqual(nothing)
    await checked()
  })

  it('takes only those that were announced, and the others a day later', async () => {
    await died(2)
    await liveFor(HOUR)
    await died(1)
    await liveFor(6 * DAY - HOUR + 1)
    expect(await step()).toMatchObject({ announced: 2 })
    await liveFor(DAY + MINUTE)
    expect(await step()).toMatchObject({ purged: 2 })
    expect(await step()).toMatchObject({ announced: 1, purged: 0 })
    expect(await siem()).toMatchObject({ dead: 1, dropped: 2, purge: { letters: 1 } })
    await liveFor(DAY + MINUTE)
    expect(await step()).toMatchObject({ purged: 1 })
    await checked()
  })

  it('goes a bounded number at a time, in one notice', async () => {
    await died(1201)
    await liveFor(6 * DAY + 1)
    await step()
    await liveFor(DAY + MINUTE)
    const steps = [await step(), await step(), await step()]
    expect(steps.map(({ purged, more }) => [purged, more])).toEqual([
      [500, true],
      [500, true],
      [201, false],
    ])
    expect((await said()).map(({ kind, count }) => [kind, count])).toEqual([
      ['dead_letters_expiring', 1201],
      ['dead_letters_purged', 1201],
    ])
    await checked()
  })

  it('goes on after a restart in the middle, and says nothing twice', async () => {
    await died(700)
    await liveFor(6 * DAY + 1)
    await step()
    await restart()
    expect((await siem()).purge).toEqual({ letters: 700, inMs: DAY + MINUTE })
    await liveFor(DAY + MINUTE)
    await step()
    await restart()
    expect(await siem()).toMatchObject({ dead: 200, dropped: 500, purge: { letters: 200, inMs: 0 } })
    expect(await step()).toEqual({ announced: 0, purged: 200, more: false })
    expect((await said()).map(({ count }) => count)).toEqual([700, 700])
  })

  it('says nothing when the announced ones were replayed, and counts anew for one that dies again', async () => {
    const first = await died(2)
    await liveFor(6 * DAY + 1)
    await step()
    await replay(first, first + 2)
    await deliver([first])
    await dieAgain([first + 1])
    expect((await siem()).purge).toBeNull()
    await liveFor(DAY + MINUTE)
    expect(await step()).toEqual(nothing)
    expect((await said()).map(({ kind }) => kind)).toEqual(['dead_letters_expiring'])
    await liveFor(5 * DAY - MINUTE)
    expect(await step()).toEqual(nothing)
    await liveFor(1)
    expect(await step()).toMatchObject({ announced: 1 })
    expect(await siem()).toMatchObject({ dead: 1, delivered: 1, dropped: 0 })
  })

  it('leaves what a replay has counted as it was', async () => {
    const first = await died(1)
    await replay(first, first + 1)
    await dieAgain([first])
    await liveFor(6 * DAY + 1)
    await step()
    await liveFor(DAY + MINUTE)
    expect(await step()).toMatchObject({ purged: 1 })
    expect(await store.takeDeadLetters(1, 0, now())).toMatchObject({ state: 'done', counts: { dead: 1, dropped: 0 } })
  })

  it('obeys who lengthens the time after the announcement, also for ever', async () => {
    await died(2)
    await liveFor(6 * DAY + 1)
    await step()
    expect(await step(30 * DAY)).toEqual(nothing)
    expect((await siem()).purge).toBeNull()
    await liveFor(2 * DAY)
    expect(await step(30 * DAY)).toEqual(nothing)
    expect(await step(Infinity)).toEqual(nothing)
    expect(await siem()).toMatchObject({ dead: 2, dropped: 0 })
    expect(await step()).toMatchObject({ announced: 2, purged: 0 })
    expect(await step(Infinity)).toEqual(nothing)
    expect((await siem()).purge).toBeNull()
  })

  it('purges of what was announced only what is old enough for a longer time', async () => {
    await died(1)
    await liveFor(3 * DAY)
    await died(1)
    await liveFor(6 * DAY + 1)
    expect(await step()).toMatchObject({ announced: 2 })
    await liveFor(DAY + MINUTE)
    expect(await step(9 * DAY)).toEqual({ announced: 0, purged: 1, more: false })
    expect(await siem()).toMatchObject({ dead: 1, dropped: 1 })
  })

  it('announces what a shorter time concerns, and never takes it sooner than in a day', async () => {
    await died(1)
    await liveFor(2 * DAY)
    expect(await step()).toEqual(nothing)
    expect(await step(DAY)).toMatchObject({ announced: 1 })
    await died(1)
    await liveFor(DAY)
    expect(await step(DAY)).toEqual(nothing)
    await liveFor(MINUTE)
    expect(await step(DAY)).toMatchObject({ purged: 1 })
    expect(await siem()).toMatchObject({ dead: 1 })
  })

  it('leaves provisional ones alone, however old', async () => {
    await died(2, true)
    await liveFor(30 * DAY)
    expect(await step()).toEqual(nothing)
    expect(await store.exhume('siem', now())).toBe(2)
    await dieAgain([1, 2])
    expect(await step()).toEqual(nothing)
    await liveFor(6 * DAY + 1)
    expect(await step()).toMatchObject({ announced: 2 })
  })

  it('a provisional one dies when it is confirmed: no announcement before that is its own', async () => {
    await died(1)
    await died(1, true)
    await liveFor(6 * DAY + 1)
    expect(await step()).toMatchObject({ announced: 1 })
    await liveFor(DAY + MINUTE - 1)
    const { seqs } = await store.commitPage(commitOf(store, 'app', many('well', 1), { to: { siem: 'all' } }), now())
    const delivered = new Map([['app', 1]])
    await store.settle(settlement('siem', { settled: live([seqs.from, seqs.to]), delivered }), now())
    await liveFor(1)
    expect(await step()).toEqual({ announced: 0, purged: 1, more: false })
    expect(await siem()).toMatchObject({ dead: 1, dropped: 1 })
    await liveFor(6 * DAY)
    expect(await step()).toMatchObject({ announced: 1, purged: 0 })
    await liveFor(DAY + MINUTE)
    expect(await step()).toMatchObject({ purged: 1 })
    await checked()
  })

  it('leaves a parked destination alone, and announces anew when it is back', async () => {
    await died(1)
    await liveFor(6 * DAY + 1)
    await step()
    await register('archive')
    expect((await siem()).purge).toBeNull()
    await liveFor(10 * DAY)
    expect(await step()).toEqual(nothing)
    await register('siem', 'archive')
    expect(await step()).toMatchObject({ announced: 1, purged: 0 })
    await liveFor(DAY + MINUTE)
    expect(await step()).toMatchObject({ purged: 1 })
  })

  it('keeps what a disabled destination is to keep, no longer', async () => {
    await died(1)
    await disable(store, 'siem', now())
    await liveFor(6 * DAY + 1)
    expect(await step()).toMatchObject({ announced: 1 })
  })

  it('row 24: a wall clock that jumps a year, either way, ends nothing', async () => {
    await died(1)
    for (const jump of [YEAR, -2 * YEAR, YEAR]) {
      bench.clock.jump(jump)
      expect(await step()).toEqual(nothing)
      bench.clock.jump(-jump)
      await liveFor(DAY)
      expect(await step()).toEqual(nothing)
    }
    await liveFor(3 * DAY + 1)
    expect(await step()).toMatchObject({ announced: 1 })
    bench.clock.jump(YEAR)
    await liveFor(DAY + MINUTE)
    expect(await step(), 'the clocks disagree').toEqual(nothing)
    await liveFor(DAY)
    expect(await step(), 'and are believed again after a day').toMatchObject({ purged: 1 })
  })

  it('counts at most a day for each time that the relay was off', async () => {
    await died(1)
    for (let offs = 0; offs < 6; offs++) {
      await store.close(now())
      bench.clock.jump(YEAR)
      expect(
        (
          await bench
            .open()
            .then((opened) => (store = opened))
            .then(() => step())
        ).announced,
      ).toBe(0)
    }
    await liveFor(1)
    expect(await step()).toMatchObject({ announced: 1 })
    await store.close(now())
    bench.clock.jump(YEAR)
    store = await bench.open()
    expect(await step()).toEqual(nothing)
    await liveFor(MINUTE)
    expect(await step()).toMatchObject({ purged: 1 })
  })

  it('purges each letter between seven and eight days and an hour, while all goes well', async () => {
    const deaths: number[] = []
    let lived = 0
    const waits: number[] = []
    while (lived < 24 * DAY) {
      if (lived < 12 * DAY && lived % (7 * HOUR) === 0) {
        await died(1)
        deaths.push(lived)
      }
      await liveFor(HOUR)
      lived += HOUR
      const { purged } = await step()
      for (const death of deaths.splice(0, purged)) waits.push(lived - death)
    }
    expect([deaths.length, waits.length]).toEqual([0, 42])
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(7 * DAY)
    expect(Math.max(...waits)).toBeLessThanOrEqual(8 * DAY + HOUR + 2 * HOUR)
    await checked()
  })

  it('row 24: whatever the clocks do, never ends one sooner than it may, nor without a day of warning', async () => {
    type Letter = { died: number; provisional: boolean }
    const act = fc.constantFrom(
      'live',
      'live',
      'live',
      'live',
      'jump',
      'off',
      'die',
      'die',
      'doubt',
      'prove',
      'exhume',
      'replay',
      'keep',
    )
    const actions = fc.array(fc.record({ act, much: fc.integer({ min: 1, max: 60 }) }), {
      minLength: 10,
      maxLength: 40,
    })
    let [announced, purgedInAll] = [0, 0]
    const history = async (steps: readonly { act: string; much: number }[]): Promise<void> => {
      bench.dispose()
      await begin()
      /** What the relay has lived, by the test's own count. */
      let lived = 0
      let keep = KEEP
      let announcement: { at: number; before: number } | null = null
      const letters = new Map<Seq, Letter>()
      const oldestFirst = () =>
        [...letters].filter(([, one]) => !one.provisional).sort(([, a], [, b]) => a.died - b.died)
      const look = async (): Promise<void> => {
        for (let more = true; more;) {
          const result = await step(keep)
          more = result.more
          for (const [seq, { died }] of oldestFirst().slice(0, result.purged)) {
            expect(lived - died, 'kept long enough').toBeGreaterThanOrEqual(keep)
            expect(announcement && lived - announcement.at, 'announced a day before').toBeGreaterThanOrEqual(DAY)
            expect(announcement?.before, 'was among those announced').toBeGreaterThan(died)
            letters.delete(seq)
          }
          purgedInAll += result.purged
          if (result.announced === 0) continue
          announcement = { at: lived, before: lived - keep + DAY }
          expect(result.announced).toBe(oldestFirst().filter(([, { died }]) => died < lived - keep + DAY).length)
          announced++
        }
        expect((await siem()).dead).toBe(letters.size)
      }
      const add = async (count: number, provisional: boolean): Promise<void> => {
        const first = await died(count, provisional)
        for (let seq = first; seq < first + count; seq++) letters.set(seq, { died: lived, provisional })
      }
      /** It takes events: its refusals stand, from now on. */
      const proven = (): void => {
        for (const [seq, { provisional }] of letters)
          if (provisional) letters.set(seq, { died: lived, provisional: false })
      }
      const acts: Record<string, (much: number) => Promise<unknown>> = {
        live: async (much) => {
          for (let stretch = 0; stretch < much / 10; stretch++) {
            await liveFor(7 * HOUR)
            lived += 7 * HOUR
            await look()
          }
        },
        jump: async (much) => bench.clock.jump(much % 2 ? YEAR : -YEAR),
        off: async (much) => {
          const wall = (much % 3 === 0 ? YEAR : much % 3 === 1 ? -YEAR : 0) + much * HOUR
          await store.close(now())
          bench.clock.jump(wall)
          lived += Math.min(Math.max(wall, 0), DAY)
          store = await bench.open()
        },
        die: (much) => add(much % 5 || 1, false),
        doubt: () => add(1, true),
        prove: async () => {
          const { seqs } = await store.commitPage(
            commitOf(store, 'app', many(`${named++}-`, 1), { to: { siem: 'all' } }),
            now(),
          )
          const delivered = new Map([['app', 1]])
          await store.settle(settlement('siem', { settled: live([seqs.from, seqs.to]), delivered }), now())
          proven()
        },
        exhume: async () => {
          await store.exhume('siem', now())
          const back = [...letters].filter(([, one]) => one.provisional).map(([seq]) => seq)
          await dieAgain(back)
          for (const seq of back) letters.set(seq, { died: lived, provisional: false })
        },
        replay: async (much) => {
          const [seq] = [...letters.keys()].slice(much % Math.max(letters.size, 1))
          if (seq === undefined) return
          expect(await replay(seq, seq + 1)).toBe(1)
          await (much % 2 ? deliver([seq]) : dieAgain([seq]))
          if (much % 2) {
            letters.delete(seq)
            proven()
          } else letters.set(seq, { died: lived, provisional: false })
        },
        keep: async (much) => (keep = [DAY, 3 * DAY, KEEP, 20 * DAY, Infinity][much % 5] as number),
      }
      for (const { act, much } of steps) {
        await acts[act]?.(much)
        await look()
      }
      expect(await replay(1, 1000), 'exactly what is left').toBe(letters.size)
      await dieAgain([...letters.keys()])
      for (const seq of letters.keys()) letters.set(seq, { died: lived, provisional: false })
      keep = KEEP
      for (let calm = 0; calm < 12; calm++) await acts['live']?.(30)
      expect(letters.size, 'nothing stays for ever').toBe(0)
      await checked()
    }
    await fc.assert(fc.asyncProperty(actions, history), { numRuns: 25 })
    expect([announced > 25, purgedInAll > 100]).toEqual([true, true])
  }, 60_000)
})
