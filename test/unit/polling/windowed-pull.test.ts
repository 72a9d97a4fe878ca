// A source that is read in windows, pulled through the real poller and a store in memory: what is committed is what the source held.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError, WindowError } from '../../../src/model/errors.ts'
import { day, hour, minute, Rig, second, start } from './windowed-rig.ts'

function event(id: string, at: number, lateMs = 0) {
  return { id, at, shownAt: at + lateMs }
}

async function rigWith(settings: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = new Rig(settings)
  await rig.register()
  return rig
}

describe('what is read', () => {
  it('begins `start` ago and ends at the source clock less `settle`; the next pull reaches back by `overlap`', async () => {
    const rig = await rigWith()
    await rig.pull()
    expect(rig.world.requests).toEqual([
      { part: '', from: start - hour, to: start - 10 * second, progress: null, at: start },
    ])
    rig.pass(30 * second)
    await rig.pull()
    expect(rig.world.requests[1]).toMatchObject({
      from: start - 10 * second - 5 * minute,
      to: start + 20 * second,
    })
    expect((await rig.view())?.frontier).toBe(start + 20 * second)
  })

  it('no window is wider than max_window, and windows of one pull touch', async () => {
    const rig = await rigWith({ startMs: day, sweepsMs: [] })
    await rig.pull()
    const { requests } = rig.world
    expect(requests).toHaveLength(24)
    for (const [index, { from, to }] of requests.entries()) {
      expect(to - from).toBeLessThanOrEqual(hour)
      if (index > 0) expect(from).toBe(requests[index - 1]?.to)
    }
  })

  it('a stretch that was begun and not finished goes on in another process, with the same bounds and its progress', async () => {
    const rig = await rigWith()
    for (let n = 0; n < 9; n++) rig.world.events.push(event(`e${n}`, start - 30 * minute + n))
    rig.world.trouble = (page) => {
      if (page === 2) throw new SourceError('limited', 'slow down', { afterMs: 1000 })
    }
    expect(await rig.pull()).toMatchObject({ ok: false, events: 6 })
    rig.pass(10 * minute)
    rig.restart()
    rig.world.trouble = () => {}
    await rig.pull()
    const again = rig.world.requests[3]
    expect(again).toMatchObject({ from: start - hour, to: start - 10 * second })
    expect(again?.progress).toMatch(/e5$/)
    expect(await rig.held()).toHaveLength(9)
  })

  it('row 29: a longer absence than the retention is a gap, announced once, with the page behind it', async () => {
    const rig = await rigWith({ retentionMs: day, sweepsMs: [hour] })
    rig.world.retentionMs = day
    await rig.pull()
    const frontier = (await rig.view())?.frontier as number
    rig.pass(3 * day)
    rig.world.trouble = () => {
      throw new SourceError('transient', 'down')
    }
    rig.restart()
    for (let n = 0; n < 3; n++) await rig.pull()
    expect(noticed(rig)).toEqual([])
    rig.world.trouble = () => {}
    await rig.pull()
    await rig.pull()
    expect(noticed(rig)).toHaveLength(1)
    expect(noticed(rig)[0]).toMatchObject({
      kind: 'source_gap',
      data: { from: new Date(frontier).toISOString(), to: new Date(rig.now - day).toISOString() },
    })
    expect((await rig.view())?.frontier).toBe(rig.now - 10 * second)
    // The sweep passes over it, too; only the first question was asked before the time was known.
    expect(rig.world.requests.filter(({ at, to }) => at === rig.now && to < rig.now - day - hour)).toHaveLength(1)
  })

  it('row 29: the gap is told once when the first window behind it is too wide, before a page or after one', async () => {
    for (const before of [0, 1]) {
      const rig = await rigWith({ retentionMs: day, sweepsMs: [] })
      await rig.pull()
      rig.pass(3 * day)
      for (let n = 0; n < 9; n++) rig.world.events.push(event(`e${n}`, rig.now - day + (n + 1) * second))
      let wide = true
      rig.world.trouble = (page) => {
        const from = rig.world.requests.at(-1)?.from ?? 0
        if (!wide || from < rig.now - day - 1 || page < before) return
        wide = false
        throw new WindowError('too_wide', 'too many')
      }
      await rig.pull()
      expect(wide).toBe(false)
      expect(noticed(rig)).toHaveLength(1)
      expect(await rig.held()).toHaveLength(9)
    }
  })

  it('a first pull that reaches back as far as the source keeps is no gap', async () => {
    const rig = await rigWith({ startMs: 2 * day, retentionMs: day })
    for (let n = 0; n < 5; n++) {
      await rig.pull()
      rig.pass(minute)
    }
    expect(rig.world.requests[0]?.from).toBe(start - day)
    expect(noticed(rig)).toEqual([])
  })
})

describe('what is too wide', () => {
  it('from the source: halved, kept narrow across a failure, and slowly wider again', async () => {
    const rig = await rigWith({ startMs: 8 * hour, sweepsMs: [] })
    rig.world.maxPages = 1
    for (let n = 0; n < 48; n++) rig.world.events.push(event(`e${n}`, start - 8 * hour + n * 5 * minute))
    let failed = false
    rig.world.trouble = () => {
      if (failed || rig.world.requests.length < 4) return
      failed = true
      throw new SourceError('transient', 'once')
    }
    await rig.pull()
    expect(failed).toBe(true)
    await rig.pull()
    expect(await rig.held()).toHaveLength(48)
    expect(rig.world.requests.length).toBeLessThan(70)
    const widths = rig.world.requests.map(({ from, to }) => to - from)
    expect(widths.slice(0, 3)).toEqual([hour, hour / 2, hour / 4])
    expect(Math.max(...widths.slice(-3))).toBeGreaterThan(hour / 4)
  })

  it('at one second it fails loudly, says what to do, and the frontier stays', async () => {
    const rig = await rigWith({ sweepsMs: [] })
    rig.world.maxPages = 0
    rig.world.events.push(event('a', start - hour), event('b', start - hour))
    const pull = await rig.pull()
    expect(pull.ok).toBe(false)
    const failure = rig.events.find(({ type }) => type === 'pull_failed')
    expect((failure as { text: string }).text).toBe(
      'a window of one second (2026-05-17T07:00:00.000Z to 2026-05-17T07:00:01.000Z) still holds too much: narrow what is read, with filters or several sources; ' +
        'or pass over it, which is audited as a gap, with "audit-relay sources reset late --to 2026-05-17T07:00:01.000Z" (too many pages)',
    )
    expect((await rig.view())?.frontier).toBe(start - hour)
    expect(rig.world.requests.at(-1)).toMatchObject({ from: start - hour, to: start - hour + second })
  })

  it('from the store: halved where the cursor is saved, and the pull goes on', async () => {
    const rig = await rigWith({ sweepsMs: [] })
    for (let n = 0; n < 20; n++) rig.world.events.push(event(`e${n}`, start - hour + n * 2 * minute))
    rig.refuse = ({ window }) => {
      const width = Date.parse(window?.to as string) - Date.parse(window?.from as string)
      if (width > 10 * minute) throw new WindowError('too_wide', 'too many keys')
    }
    expect(await rig.pull()).toMatchObject({ ok: true, events: 20 })
    expect(await rig.held()).toHaveLength(20)
  })

  it('from the store at one second: a failure of the source, not the end of the relay', async () => {
    const rig = await rigWith()
    rig.refuse = () => {
      throw new WindowError('too_wide', 'too many keys')
    }
    expect((await rig.pull()).ok).toBe(false)
    expect(rig.events.find(({ type }) => type === 'pull_failed')).toMatchObject({ kind: 'denied' })
  })

  it('row 32: a progress that has expired begins the window anew, at its beginning and not at now', async () => {
    const rig = await rigWith({ sweepsMs: [] })
    for (let n = 0; n < 7; n++) rig.world.events.push(event(`e${n}`, start - minute + n))
    let left = 2
    rig.world.trouble = (page) => {
      if (page === 1 && left-- > 0) throw new WindowError('expired', 'cursor expired')
    }
    expect(await rig.pull()).toMatchObject({ ok: true })
    expect(new Set(rig.world.requests.map(({ from }) => from))).toEqual(new Set([start - hour]))
    expect(await rig.held()).toHaveLength(7)
    left = Infinity
    rig.pass(minute)
    expect((await rig.pull()).ok).toBe(false)
  })
})

describe('sweeps', () => {
  it('count nothing as late where windows are of the time of arrival', async () => {
    const rig = await rigWith({ ofArrival: true })
    await rig.pull()
    const late = event('late', rig.now - 15 * second, 40 * minute)
    rig.world.events.push(late)
    for (let n = 0; n < 12; n++) {
      rig.pass(10 * minute)
      await rig.pull()
    }
    expect(await rig.held()).toEqual(['late'])
    expect(rig.commits.filter(({ lateBefore }) => lateBefore !== undefined)).toEqual([])
  })

  it('find what came up late, once, and count it as late', async () => {
    const rig = await rigWith()
    await rig.pull()
    const late = event('late', rig.now - 15 * second, 40 * minute)
    rig.world.events.push(late)
    for (let n = 0; n < 12; n++) {
      rig.pass(10 * minute)
      await rig.pull()
    }
    expect(await rig.held()).toEqual(['late'])
    const commit = rig.commits.find(({ page }) => page.count > 0)
    expect(commit).toMatchObject({ lane: 'sweep 1h' })
    expect(commit?.lateBefore).toBeGreaterThan(late.at)
    expect(commit?.rememberFrom).toBe(start - hour - 5 * minute - day)
    expect(commit?.rememberMs).toBe(6 * hour * 1.25 + 5 * minute + day)
  })

  it('do not read again what was old enough when it was read live', async () => {
    const rig = await rigWith({ startMs: 3 * day })
    await rig.pull()
    expect(rig.world.requests).toHaveLength(3 * 24)
    rig.pass(5 * minute)
    await rig.pull()
    expect(new Set(rig.commits.map(({ lane }) => lane))).toEqual(new Set(['live']))
    const cursors = await rig.store.cursors('late')
    expect(cursors.map(({ lane }) => lane).toSorted()).toEqual(['live', 'sweep 1h', 'sweep 6h'])
    expect((await rig.view('sweep 6h'))?.frontier).toBe(start - 6 * hour)
  })

  it('give way when the next pull is due, after a page at least, and go on from there', async () => {
    const rig = await rigWith({ startMs: 10 * minute, sweepsMs: [hour] })
    for (let n = 0; n < 40; n++) rig.world.events.push(event(`e${n}`, start - 5 * minute + n * second))
    for (let n = 0; n < 13; n++) {
      await rig.pull()
      rig.pass(5 * minute)
    }
    const before = rig.commits.length
    for (let n = 0; n < 14; n++) {
      rig.pass(second)
      await rig.pull(0)
      if (n === 6) rig.restart()
    }
    const sweeps = rig.commits.slice(before).filter(({ lane }) => lane === 'sweep 1h')
    expect(sweeps).toHaveLength(14)
    expect(sweeps.map(({ page }) => page.count)).toEqual([...Array.from({ length: 13 }, () => 3), 1])
    expect(await rig.held()).toHaveLength(40)
  })

  it('none with sweeps: [], and those of a lane that was taken out of the file are forgotten', async () => {
    const rig = await rigWith()
    await rig.pull()
    Object.assign(rig.world.settings, { sweepsMs: [] })
    rig.restart()
    rig.pass(8 * hour)
    await rig.pull()
    expect((await rig.store.cursors('late')).map(({ lane }) => lane)).toEqual(['live'])
    expect(rig.commits.every(({ lane }) => lane === 'live')).toBe(true)
  })
})

describe('parts', () => {
  it('one that fails does not stop the others; its failure is told at the end', async () => {
    const rig = await rigWith({ sweepsMs: [] })
    rig.world.parts = ['a', 'b', 'c']
    rig.restart()
    rig.world.events.push(event('e', start - minute))
    rig.world.trouble = () => {
      if (rig.world.requests.at(-1)?.part === 'b') throw new SourceError('denied', 'no permission')
    }
    expect(await rig.pull()).toMatchObject({ ok: false, events: 2 })
    expect(rig.events.at(-1)).toMatchObject({ type: 'pull_failed', kind: 'denied', text: 'b: no permission' })
    expect((await rig.held()).toSorted()).toEqual(['a/e', 'c/e'])
    rig.world.parts = ['a']
    rig.restart()
    rig.pass(minute)
    await rig.pull()
    expect((await rig.store.cursors('late')).map(({ part }) => part)).toEqual(expect.arrayContaining(['a', 'c']))
  })
})

describe('what a source throws that it may not', () => {
  it.each(['too_wide', 'expired'] as const)(
    'a window error (%s) of the list of parts is a failure of the source',
    async (kind) => {
      const rig = await rigWith()
      rig.world.parts = []
      rig.world.listing = () => {
        throw new WindowError(kind, 'the list goes on and on')
      }
      rig.restart()
      expect(await rig.pull()).toMatchObject({ ok: false })
      expect(rig.events.at(-1)).toMatchObject({
        type: 'pull_failed',
        kind: 'transient',
        text: 'the list goes on and on',
      })
    },
  )
})

describe('what leads nowhere', () => {
  it.each([
    ['row 30: a page without events that leads to itself', ['x', 'x', 'x']],
    ['row 30: pages that lead back', ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']],
  ])('%s', async (_, progresses) => {
    const rig = await rigWith()
    const { PageWatch } = await import('../../../src/polling/page-watch.ts')
    const watch = new PageWatch({ from: 0, to: 1 }, null)
    const draft = { count: 0, quarantined: [] }
    const see = () => progresses.forEach((progress) => watch.see({ draft, progress } as never))
    expect(see).toThrow(SourceError)
    expect(rig.commits).toEqual([])
  })

  it('row 31: empty pages that lead on are read on', async () => {
    const { PageWatch } = await import('../../../src/polling/page-watch.ts')
    const watch = new PageWatch({ from: 0, to: 1 }, null)
    const draft = { count: 0, quarantined: [] }
    for (let n = 0; n < 1000; n++) watch.see({ draft, progress: `p${n}` } as never)
    const forEver = () => {
      for (let n = 1000; ; n++) watch.see({ draft, progress: `p${n}` } as never)
    }
    expect(forEver).toThrow('100000 pages')
  })
})

describe('clocks', () => {
  it.each([-10, -9, -1, 1, 9, 10].map((minutes) => minutes * minute))(
    'row 25: %s ms off, nothing is passed over',
    async (skew) => {
      const rig = await rigWith({ sweepsMs: [], overlapMs: 0 })
      rig.skew = skew
      for (let n = 0; n < 60; n++) {
        rig.world.events.push(event(`e${n}`, rig.now - 1, 5 * second), event(`f${n}`, rig.now + 20 * second))
        await rig.pull()
        rig.pass(30 * second)
        if (n % 7 === 0) rig.restart()
      }
      rig.pass(30 * minute)
      await rig.pull()
      await rig.pull()
      expect((await rig.held()).toSorted()).toEqual(rig.world.events.map(({ id }) => id).toSorted())
    },
  )

  it.each([365, -365])(
    'row 24: %s days for a while: nothing lost, nothing passed over, no flood of requests',
    async (days) => {
      const rig = await rigWith({ retentionMs: 30 * day, sweepsMs: [hour] })
      const add = (id: string) => void rig.world.events.push(event(id, rig.now - 1))
      add('before')
      await rig.pull()
      rig.skew = days * day
      for (let n = 0; n < 6; n++) {
        add(`during${n}`)
        rig.restart()
        await rig.pull()
        rig.pass(minute)
      }
      rig.skew = 0
      rig.restart()
      rig.pass(3 * hour)
      await rig.pull()
      expect((await rig.held()).toSorted()).toEqual(rig.world.events.map(({ id }) => id).toSorted())
      expect(noticed(rig)).toEqual([])
      expect(rig.world.requests.length).toBeLessThan(40)
    },
  )

  it('row 24: a clock that was set back an hour: the source is asked on, nothing is lost, and it is said until it is mended', async () => {
    for (const isStarted of [false, true]) {
      const rig = await rigWith({ sweepsMs: [] })
      await rig.pull()
      rig.skew = -hour
      if (isStarted) rig.restart()
      rig.world.events.push(event('during', rig.now + 30 * second))
      const asked = rig.world.requests.length
      for (let n = 0; n < 3; n++) {
        rig.pass(minute)
        await rig.pull()
      }
      expect(rig.world.requests.slice(asked)).toHaveLength(3)
      expect(await notices(rig)).toContainEqual(
        expect.objectContaining({
          level: 'error',
          code: 'clock_behind',
          text: expect.stringContaining('set') as string,
        }),
      )
      expect((await notices(rig)).map(({ code }) => code)).toContain('clock_disagrees')
      expect(rig.events.filter((one) => one.type === 'source_notice' && one.code === 'clock_behind')).toHaveLength(1)
      rig.skew = 0
      rig.pass(minute)
      await rig.pull()
      await rig.pull()
      expect(await rig.held()).toEqual(['during'])
      expect(await notices(rig)).toEqual([])
    }
  })

  it('row 24: a source whose clock steps back an hour: both times are said, and neither is called wrong', async () => {
    const rig = await rigWith({ sweepsMs: [] })
    await rig.pull()
    rig.sourceSkew = -hour
    rig.pass(minute)
    await rig.pull()
    await rig.pull()
    expect((await notices(rig)).find(({ code }) => code === 'clock_behind')?.text).toBe(
      "what was read ends at 2026-05-17T07:59:50Z, but it is 2026-05-17T08:01:00Z by this machine's clock and 2026-05-17T07:01:00Z by the source's: " +
        'nothing newer is read until the earlier of the two comes there; set the one that is wrong',
    )
  })

  it('row 24: a step back of seconds, as each answer makes one, asks nothing more', async () => {
    const rig = await rigWith({ sweepsMs: [], settleMs: 0 })
    await rig.pull()
    rig.pass(999)
    await rig.pull()
    rig.skew = -59 * second
    rig.restart()
    await rig.pull()
    expect(rig.world.requests).toHaveLength(1)
  })

  it('row 24: a first pull by a clock that is a year ahead begins anew when the source has told its time', async () => {
    const rig = await rigWith({ sweepsMs: [hour] })
    rig.world.events.push(event('a', start - 30 * minute))
    rig.skew = 365 * day
    await rig.pull()
    await rig.pull()
    expect(await rig.held()).toEqual(['a'])
    expect((await rig.view())?.frontier).toBe(start - 10 * second)
  })
})

describe('row 24: a source that is new while our clock is a year back', () => {
  const spanOf = (rig: Rig) => rig.world.requests.reduce((sum, { from, to }) => sum + to - from, 0)

  it.each([false, true])(
    'when the clock is mended the year is not read, and nothing since the beginning is lost (restarted: %s)',
    async (restarts) => {
      const rig = await rigWith({ startMs: 3 * minute, sweepsMs: [hour] })
      rig.skew = -365 * day
      for (let n = 0; n < 4; n++) {
        rig.world.events.push(event(`e${n}`, rig.now - 30 * second))
        await rig.pull()
        rig.pass(5 * minute)
        if (restarts) rig.restart()
      }
      rig.skew = 0
      if (restarts) rig.restart()
      for (let n = 0; n < 3; n++) {
        await rig.pull()
        rig.pass(minute)
      }
      expect((await rig.held()).toSorted()).toEqual(['e0', 'e1', 'e2', 'e3'])
      expect(spanOf(rig)).toBeLessThan(4 * hour)
      expect((await rig.view())?.frontier).toBeGreaterThan(rig.now - 2 * minute)
    },
  )

  it('and mended before the source has answered at all', async () => {
    const rig = await rigWith({ startMs: 3 * minute, sweepsMs: [] })
    rig.skew = -365 * day
    rig.world.heard = () => {
      rig.skew = 0
      rig.hear()
    }
    await rig.pull()
    await rig.pull()
    expect(spanOf(rig)).toBeLessThan(hour)
  })

  it('a source without events whose relay was off for days is read on from where it was', async () => {
    const rig = await rigWith({ startMs: 3 * minute, sweepsMs: [] })
    await rig.pull()
    rig.pass(3 * day)
    rig.world.events.push(event('meanwhile', rig.now - 2 * day))
    rig.restart()
    await rig.pull()
    expect(await rig.held()).toEqual(['meanwhile'])
  })

  it('a source whose own clock was a year ahead loses nothing when that is mended', async () => {
    const rig = await rigWith({ startMs: 3 * minute, sweepsMs: [] })
    rig.sourceSkew = 365 * day
    await rig.pull()
    rig.pass(hour)
    rig.world.events.push(event('a', rig.now - 40 * minute))
    rig.sourceSkew = 0
    await rig.pull()
    await rig.pull()
    expect(await rig.held()).toEqual(['a'])
  })
})

it('whatever fails and whenever it is killed: everything that comes up within the longest sweep is read, once', async () => {
  const lateness = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 * minute }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 6 * hour - 1 }) },
  )
  const steps = fc.array(
    fc.record({
      restMs: fc.oneof(fc.constant(30 * second), fc.integer({ min: 1, max: 3 * hour })),
      events: fc.array(fc.record({ backMs: fc.integer({ min: 0, max: 30 * second }), lateMs: lateness }), {
        maxLength: 8,
      }),
      failAt: fc.option(fc.integer({ min: 0, max: 6 }), { nil: -1 }),
      kill: fc.boolean(),
      due: fc.constantFrom(0, 1000, Infinity),
    }),
    { minLength: 1, maxLength: 20 },
  )
  const shape = fc.record({
    pageSize: fc.integer({ min: 1, max: 7 }),
    maxPages: fc.constantFrom(2, 5, Infinity),
    last: fc.boolean(),
    progress: fc.boolean(),
    maxWindowMs: fc.constantFrom(minute, 20 * minute, 6 * hour),
  })
  const property = fc.asyncProperty(shape, steps, async ({ pageSize, maxPages, last, progress, maxWindowMs }, all) => {
    const rig = await rigWith({ maxWindowMs })
    // Without a progress a window that fails is begun anew: it must be possible to finish it.
    Object.assign(rig.world, { pageSize, maxPages: Math.max(maxPages, 10), says: { last, progress } })
    await rig.pull()
    const first = rig.now
    let n = 0
    for (const { restMs, events, failAt, kill, due } of all) {
      rig.pass(restMs)
      for (const { backMs, lateMs } of events)
        rig.world.events.push(event(`e${n++}`, Math.max(first, rig.now - Math.floor(backMs / 1000) * 1000), lateMs))
      const before = rig.world.requests.length
      rig.world.trouble = () => {
        if (rig.world.requests.length - before === failAt + 1) throw new SourceError('transient', 'no')
      }
      await rig.pull(due)
      if (kill) rig.restart()
    }
    rig.world.trouble = () => {}
    for (let quarter = 0; quarter < 12; quarter++) {
      rig.pass(hour)
      await rig.pull()
    }
    const held = await rig.held()
    expect(held.toSorted()).toEqual(rig.world.events.map(({ id }) => id).toSorted())
    expect(rig.world.requests.every(({ to, at }) => to <= at - 10 * second)).toBe(true)
    expect(rig.world.requests.every(({ from, to }) => to - from <= maxWindowMs)).toBe(true)
  })
  await fc.assert(property, { numRuns: 25 })
}, 60_000)

/** What `status` would show of the last pull. */
async function notices(rig: Rig) {
  return (await rig.store.overview(rig.now)).sources[0]?.lastPull?.notices ?? []
}

function noticed(rig: Rig) {
  return rig.commits.flatMap(({ noticed: told = [] }) => told)
}
