// A part that cannot be read for weeks, while the others are: what that costs is told, with the way out.
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../../src/model/errors.ts'
import type { WindowDefaults } from '../../../src/sources/source.ts'
import { day, hour, minute, Rig, start } from './windowed-rig.ts'

interface Given {
  readonly settings?: Partial<WindowDefaults>
  readonly parts?: readonly string[]
  readonly dueInMs?: number
}

/** All parts were read at the start; for so many days some are refused since. */
async function refused(days: number, given: Given = {}) {
  const { settings, parts = ['a', 'b'], dueInMs } = given
  const rig = new Rig({ startMs: hour, maxWindowMs: day, sweepsMs: [6 * hour], ...settings })
  await rig.register()
  rig.world.parts = parts
  await rig.pull()
  const pass = async (count: number, ...names: string[]): Promise<void> => {
    rig.world.trouble = () => {
      const { part = '' } = rig.world.requests.at(-1) ?? {}
      if (names.includes(part)) throw new SourceError('denied', 'the source answered 403')
    }
    for (let n = 0; n < count; n++) {
      rig.pass(day)
      await rig.pull(dueInMs)
    }
  }
  await pass(days, 'b')
  const told = () => rig.events.filter((event) => event.type === 'source_notice' && event.code === 'part_held_back')
  return { rig, told, pass }
}

describe('a part that is refused while others are read', () => {
  it('is told after a week, with where it stands and what to do, and is part of what is shown', async () => {
    const { rig, told } = await refused(7)
    expect(told()).toEqual([])
    rig.pass(day)
    await rig.pull()
    expect(told()).toMatchObject([
      {
        level: 'warning',
        subject: 'b',
        text: expect.stringMatching(
          /^b could not be read since 2026-05-1\S+: .* stay remembered, and the state grows\. .*"retention"/,
        ) as string,
      },
    ])
    // Not since the time at which its sweep stands.
    const read = (await rig.view('live', 'b'))?.frontier ?? 0
    expect(told()).toMatchObject([
      { text: expect.stringContaining(`since ${new Date(read).toISOString()}:`) as string },
    ])
    const pull = (await rig.store.overview(rig.now)).sources.find(({ name }) => name === 'late')?.lastPull
    expect(pull).toMatchObject({ ok: false, notices: [{ code: 'part_held_back' }] })
    // Said in the same words: it is the same news.
    rig.pass(day)
    await rig.pull()
    expect(new Set(told().map((event) => ('text' in event ? event.text : ''))).size).toBe(1)
  })

  it('does keep what was given since it was read last, for otherwise what is read again would come again', async () => {
    const { rig } = await refused(20)
    const last = rig.commits.at(-1)
    expect(last?.rememberFrom).toBeLessThan(start)
    expect(last?.rememberFrom).toBeGreaterThan(start - 2 * day)
  })

  it('is told no more once it is read, and holds nothing any longer', async () => {
    const { rig, told } = await refused(10)
    const before = told().length
    rig.world.trouble = () => {}
    await rig.pull()
    rig.pass(day)
    await rig.pull()
    expect(told()).toHaveLength(before)
    expect(rig.commits.at(-1)?.rememberFrom).toBeGreaterThan(rig.now - 4 * day)
    const pull = (await rig.store.overview(rig.now)).sources.find(({ name }) => name === 'late')?.lastPull
    expect(pull).toMatchObject({ ok: true, notices: [] })
  })

  it('with others: one word for all of them, about the one that stands furthest behind', async () => {
    const { told, pass } = await refused(2, { parts: ['a', 'c', 'b'] })
    await pass(9, 'b', 'c')
    expect(told().at(-1)).toMatchObject({
      subject: 'b',
      text: expect.stringMatching(/and 1 more of its parts/) as string,
    })
  })

  it('is not mixed up with parts that are read, whose sweeps are behind for want of time', async () => {
    const parts = Array.from('abcdefghijklmno')
    const { told, rig } = await refused(12, { parts, dueInMs: 0 })
    const swept = await Promise.all(parts.map(async (part) => (await rig.view('sweep 6h', part))?.frontier ?? 0))
    expect(swept.filter((at) => at < rig.now - 8 * day).length).toBeGreaterThan(1)
    expect(told().at(-1)).toMatchObject({
      subject: 'b',
      text: expect.not.stringMatching(/more of its parts/) as string,
    })
  })

  it.each([
    ['retention says how far back something can be read', { settings: { retentionMs: 30 * day } }],
    ['no part is read, so that nothing grows', { parts: ['b'] }],
    ['it is old because a sweep looks so far back', { settings: { sweepsMs: [9 * day], overlapMs: 5 * minute } }],
  ])('is not told where %s', async (_name, given) => {
    const { told } = await refused(9, given)
    expect(told()).toEqual([])
  })
})
