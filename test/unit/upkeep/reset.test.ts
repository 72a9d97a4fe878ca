// Setting a source back or forward: what moves, what is audited, and what cannot be.
import { describe, expect, it } from 'vitest'
import { recordText } from '../../../src/cli/audit/words.ts'
import { planTexts } from '../../../src/cli/commands/sources-reset.ts'
import { requireSameOwner } from '../../../src/polling/made-by.ts'
import { movesTo } from '../../../src/polling/reset.ts'
import { wrap } from '../../../src/polling/owner.ts'
import { parseState, stateText, viewOf } from '../../../src/polling/window-state.ts'
import { laneFrom } from '../../../src/polling/window.ts'
import type { Notice } from '../../../src/store/notices.ts'
import { type Reading, resetSource } from '../../../src/upkeep/reset.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 4, 17, 8)
const at = (lane: string, part: string, ago: number) => ({
  lane,
  part,
  value: stateText(laneFrom(now - ago, hour)),
  seq: 1,
})
const cursors = [
  at('live', 'a', hour),
  at('live', 'b', 3 * hour),
  at('sweep 1h', 'a', 2 * hour),
  at('backfill 7', 'a', 9 * hour),
]
const reset = (
  to: number,
  part: string | null = null,
  given: Parameters<typeof resetSource>[1] = cursors,
  reading?: Reading,
) => resetSource({ kind: 'reset_source', source: 'app', part, to }, given, 'mina', reading)
const movedOf = (result: ReturnType<typeof reset>) =>
  result.moved.cursors.map(({ lane, part, value }) => [lane, part, now - (viewOf(value ?? '')?.frontier ?? 0)])

describe('which lanes move', () => {
  it('back: live reading only; what it reads again need not be looked at later', () => {
    const result = reset(now - 5 * hour)
    expect(movedOf(result)).toEqual([
      ['live', 'a', 5 * hour],
      ['live', 'b', 5 * hour],
    ])
    expect(result.moved.noticed).toEqual([])
    expect(result.text).toBe('set to 2026-05-17T03:00:00Z (2 parts); it is read on from there')
  })

  it('back, to a time at which sweeps have not looked yet: they go on where they stand, for live reading does not come there again', () => {
    const late = [at('live', 'a', 0), at('sweep 24h', 'a', 25 * hour)]
    expect(movedOf(reset(now - 2 * hour, null, late))).toEqual([['live', 'a', 2 * hour]])
  })

  it('forward: sweeps look at what was read, and pass over what live reading passes over; each part has its gap audited', () => {
    const result = reset(now)
    expect(movedOf(result)).toEqual([
      ['live', 'a', 0],
      ['live', 'b', 0],
      ['sweep 1h', 'a', 2 * hour],
    ])
    const sweep = parseState(result.moved.cursors[2]?.value as string, { source: 'app', lane: 'sweep 1h', part: 'a' })
    expect(sweep.spared).toEqual([{ from: now - hour, to: now }])
    expect(result.moved.noticed).toMatchObject([
      { kind: 'source_gap', by: 'mina', outcome: 'failure', data: { code: 'skipped', subject: 'a' } },
      { data: { subject: 'b', from: '2026-05-17T05:00:00Z', to: '2026-05-17T08:00:00Z' } },
    ])
  })

  it('forward, of a source without parts: its gap names none, and the period once', () => {
    const [notice] = reset(now, null, [at('live', '', hour)]).moved.noticed ?? []
    expect(notice?.data).toEqual({
      source: 'app',
      code: 'skipped',
      from: '2026-05-17T07:00:00Z',
      to: '2026-05-17T08:00:00Z',
      reason: 'passed over by command, and not read',
    })
    expect(recordText({ ...notice, destinations: [] } as unknown as Notice)).toBe(
      'from 2026-05-17T07:00:00Z, to 2026-05-17T08:00:00Z: passed over by command, and not read',
    )
  })

  it('a sweep that had read nothing beyond live reading goes on behind what is passed over', () => {
    const level = [at('live', 'a', hour), at('sweep 1h', 'a', hour)]
    expect(movedOf(reset(now, null, level))).toEqual([
      ['live', 'a', 0],
      ['sweep 1h', 'a', 0],
    ])
  })

  it('one part alone, and none that is there already', () => {
    expect(movedOf(reset(now - 2 * hour, 'b'))).toEqual([['live', 'b', 2 * hour]])
    expect(reset(now - 3 * hour, 'b').text).toContain('nothing was moved')
  })

  it('sets one anew that cannot be read', () => {
    const damaged = [{ lane: 'live', part: '', value: '{"v":9,"frontier":"soon"}', seq: 1 }]
    expect(movedOf(reset(now, null, damaged))).toEqual([['live', '', 0]])
  })

  it('sets a sweep that cannot be read to its delay before what was read live', () => {
    const damaged = [at('live', '', hour), { lane: 'sweep 1h', part: '', value: '{"v":9,"frontier":"soon"}', seq: 1 }]
    expect(movedOf(reset(now - 3 * hour, null, damaged))).toEqual([
      ['live', '', 3 * hour],
      ['sweep 1h', '', 4 * hour],
    ])
  })
})

describe('a source that is configured otherwise now than it was read', () => {
  const handle = { lane: 'live', part: '', value: '{"since":12,"cursor":"x"}', seq: 1 }

  it('by time now: the place of its own is replaced by the time', () => {
    const result = reset(now - hour, null, [handle], { owner: { kind: 'http' }, windowed: true })
    expect(movedOf(result)).toEqual([['live', '', hour]])
    expect(result.text).toBe('set to 2026-05-17T07:00:00Z; it is read on from there')
  })

  it('from a place of its own now: what is left of reading by time is removed, and nothing else', () => {
    const feed = { owner: { kind: 'http' }, windowed: false }
    const left = [handle, at('sweep 1h', '', hour), at('backfill 7', '', hour)]
    const result = reset(now - hour, null, left, feed)
    expect(result.moved.cursors).toEqual([{ lane: 'sweep 1h', part: '', value: null }])
    expect([result.moved.noticed, result.moved.rememberFrom]).toEqual([[], undefined])
    expect(result.text).toContain('what was left of reading it otherwise was removed')
    expect(reset(now, null, [at('live', '', hour)], feed).moved.cursors).toEqual([
      { lane: 'live', part: '', value: null },
    ])
    expect(() => reset(now, null, [handle], feed)).toThrow('is not read by time')
    const moves = movesTo(left, { part: null, to: now }, feed)
    expect(planTexts({ source: 'app', to: now, forgottenTo: null, now, moves }).map(({ text }) => text)).toEqual([
      'app keeps a place of its own, which no time can set. What is left of reading it otherwise (1 lane) would be removed.',
    ])
  })

  it('from a cursor that a time can set: each part goes on there, and what was read by time goes', () => {
    const cursorAt = (ms: number): string => `since ${ms}`
    const feed = { owner: { kind: 'http', as: { mode: 'feed' } }, windowed: false, cursorAt }
    const left = [at('live', '', 3 * hour), { ...handle, part: 'b' }, at('sweep 1h', '', 4 * hour)]
    const result = reset(now - hour, null, left, feed)
    const value = `{"v":1,"kind":"http","as":{"mode":"feed"},"own":"since ${now - hour}"}`
    expect(result.moved.cursors).toEqual([
      { lane: 'live', part: '', value },
      { lane: 'live', part: 'b', value },
      { lane: 'sweep 1h', part: '', value: null },
    ])
    expect(result.text).toBe('set to 2026-05-17T07:00:00Z (2 parts); it is read on from there')
    expect(result.moved.noticed).toMatchObject([{ data: { from: '2026-05-17T05:00:00Z', to: '2026-05-17T07:00:00Z' } }])
    const moves = movesTo(left, { part: null, to: now - hour }, feed)
    expect(planTexts({ source: 'app', to: now - hour, forgottenTo: null, now, moves }).map(({ text }) => text)).toEqual(
      [
        'app has been read to 2026-05-17T05:00:00Z. The 2h up to 2026-05-17T07:00:00Z would be passed over: events of that time that have not been read are lost to you, unless you backfill them. It is audited as a gap.',
        'app, part b: how far it was read is unknown. It would be read from 2026-05-17T07:00:00Z on.',
      ],
    )
  })

  it('from a place that no time can set, once another kind had one: that goes', () => {
    const foreign = { ...handle, value: wrap('{}', { kind: 'http' }) }
    const outbox = { owner: { kind: 'outbox' }, windowed: false }
    expect(reset(now, null, [foreign, { ...handle, part: 'b' }], outbox).moved.cursors).toEqual([
      { lane: 'live', part: '', value: null },
    ])
    expect(() => reset(now, null, [handle], outbox)).toThrow('is not read by time')
  })

  it('as another kind: the lanes are of the new kind from then on, also where it had been read to that time', () => {
    const old = { lane: 'live', part: '', value: stateText(laneFrom(now - hour, hour), { kind: 'zitadel' }), seq: 1 }
    const result = reset(now - hour, null, [old], { owner: { kind: 'http' }, windowed: true })
    const opening = { source: 'app', owner: { kind: 'http' }, windowed: true }
    const moved = result.moved.cursors[0]?.value as string
    expect(viewOf(moved)?.frontier).toBe(now - hour)
    const moves = movesTo([old], { part: null, to: now - hour }, opening)
    expect(planTexts({ source: 'app', to: now - hour, forgottenTo: null, now, moves })).toEqual([
      {
        text: 'app has been read to 2026-05-17T07:00:00Z. It would be read on from there, as it is configured now.',
        isLoss: false,
      },
    ])
    expect(() => requireSameOwner([{ ...old, value: moved }], opening)).not.toThrow()
    expect(() => requireSameOwner([old], opening)).toThrow('app was read as zitadel')
  })
})

describe('what cannot be', () => {
  it.each([
    ['has not been read yet', () => reset(now, null, [])],
    [
      'is not read by time',
      () => reset(now, null, [{ lane: 'live', part: 'x.jsonl', value: '{"offset":12}', seq: 1 }]),
    ],
    ['has no part "c"; there are: a, b', () => reset(now, 'c')],
    ['has no parts: leave out --part', () => reset(now, 'c', [at('live', '', hour)])],
  ])('%s', (text, act) => expect(act).toThrow(text))
})

it('says in plain words what would be read again, passed over, or delivered twice', () => {
  const plan = (to: number, forgottenTo: number | null = null) =>
    planTexts({ source: 'app', to, forgottenTo, now, moves: movesTo(cursors, { part: 'b', to }) }).map(
      ({ text }) => text,
    )
  expect(plan(now - 5 * hour)).toEqual([
    'app, part b has been read to 2026-05-17T05:00:00Z. The 2h back to 2026-05-17T03:00:00Z would be read again; what is known from then is dropped, what is new is delivered.',
  ])
  expect(plan(now - hour)[0]).toContain('The 2h up to 2026-05-17T07:00:00Z would be passed over')
  expect(plan(now - 5 * hour, now - 4 * hour)[1]).toContain('would be delivered again')
  expect(plan(now - 3 * hour)).toEqual([
    'app has been read to 2026-05-17T05:00:00Z already; there is nothing to change.',
  ])
})
