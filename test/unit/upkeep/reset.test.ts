// Setting a source back or forward: what moves, what is audited, and what cannot be.
import { describe, expect, it } from 'vitest'
import { planTexts } from '../../../src/cli/commands/sources-reset.ts'
import { movesTo } from '../../../src/polling/reset.ts'
import { stateText, viewOf } from '../../../src/polling/window-state.ts'
import { laneFrom } from '../../../src/polling/window.ts'
import { resetSource } from '../../../src/upkeep/reset.ts'

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
const reset = (to: number, part: string | null = null, given = cursors) =>
  resetSource({ kind: 'reset_source', source: 'app', part, to }, given, 'mina')
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

  it('forward: sweeps too, or they would read what was passed over; each part has its gap audited', () => {
    const result = reset(now)
    expect(movedOf(result)).toEqual([
      ['live', 'a', 0],
      ['live', 'b', 0],
      ['sweep 1h', 'a', 0],
    ])
    expect(result.moved.noticed).toMatchObject([
      { kind: 'source_gap', by: 'mina', outcome: 'failure', data: { code: 'skipped', subject: 'a' } },
      { data: { subject: 'b', from: '2026-05-17T05:00:00Z', to: '2026-05-17T08:00:00Z' } },
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
})

describe('what cannot be', () => {
  it.each([
    ['has not been read yet', () => reset(now, null, [])],
    [
      'is not read by time',
      () => reset(now, null, [{ lane: 'live', part: 'x.jsonl', value: '{"offset":12}', seq: 1 }]),
    ],
    ['has no part "c"; there are: a, b', () => reset(now, 'c')],
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
