// Setting a source back or forward: what moves, what is audited, and what cannot be.
import { describe, expect, it } from 'vitest'
import { recordText } from '../../../src/cli/audit/words.ts'
import { planJson, planTexts } from '../../../src/cli/commands/sources-reset.ts'
import { requireSameOwner } from '../../../src/polling/made-by.ts'
import { leftIn, movesTo, WIDEST_MS } from '../../../src/polling/reset.ts'
import { wrap } from '../../../src/polling/owner.ts'
import { parseState, savedOwnerOf, stateText, viewOf } from '../../../src/polling/window-state.ts'
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

function planOf(given: Parameters<typeof resetSource>[1], to: number, reading?: Reading) {
  const moves = movesTo(given, { part: null, to }, reading)
  const plan = { source: 'app', to, forgottenTo: null, now, moves, left: leftIn(given, reading) }
  const json = planJson(plan) as { moves: readonly { direction: string }[]; read_from: string | null; removed: string }
  const directions = json.moves.map(({ direction }) => direction)
  return { texts: planTexts(plan).map(({ text }) => text), directions, json }
}

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
    const result = reset(now - hour, null, [handle], { owner: { kind: 'http' }, windowed: true, parts: [''] })
    expect(movedOf(result)).toEqual([['live', '', hour]])
    expect(result.text).toBe('set to 2026-05-17T07:00:00Z; it is read on from there')
  })

  it('from a place of its own now: what is left of reading by time is removed, and nothing else', () => {
    const feed = { owner: { kind: 'http' }, windowed: false }
    const left = [handle, at('sweep 1h', '', hour), at('backfill 7', '', hour)]
    const result = reset(now - hour, null, left, feed)
    expect(result.moved.cursors).toEqual([{ lane: 'sweep 1h', part: '', value: null }])
    expect([result.moved.noticed, result.moved.rememberFrom]).toEqual([[], undefined])
    expect(result.text).toContain('what was left of reading it as another kind by time was removed')
    expect(() => reset(now, null, [handle], feed)).toThrow('is not read by time')
    const moves = movesTo(left, { part: null, to: now }, feed)
    expect(planTexts({ source: 'app', to: now, forgottenTo: null, now, moves }).map(({ text }) => text)).toEqual([
      'app keeps a place of its own, which no time can set. What is left of reading it otherwise (1 lane) would be removed.',
    ])
  })

  it('from a place of its own now, which begins where nobody knows: what lies before that is audited as a gap without an end', () => {
    const outbox = { owner: { kind: 'outbox' }, windowed: false }
    const left = [at('live', '', hour), at('sweep 1h', '', 2 * hour)]
    const { moved } = reset(now, null, left, outbox)
    expect(moved.cursors.map(({ value }) => value)).toEqual([null, null])
    expect(moved.noticed).toMatchObject([{ kind: 'source_gap', by: 'mina', outcome: 'failure' }])
    expect(moved.noticed?.[0]?.data).toEqual({
      source: 'app',
      code: 'skipped',
      from: '2026-05-17T07:00:00Z',
      reason: 'its place was removed by command: it begins anew, and what comes before that is not read',
    })
    expect(planOf(left, now, outbox).texts).toEqual([
      'app keeps a place of its own, which no time can set. What is left of reading it as another kind by time (2 lanes) would be removed, and it would begin as the file says. It has been read to 2026-05-17T07:00:00Z: what comes after that and before its new beginning would not be read. It is audited as a gap.',
    ])
    expect(planOf(left, now, outbox).directions).toEqual(['removed', 'removed'])
  })

  it('from a cursor that says how far it had read: back, forward and the same, as for windows', () => {
    const feed = {
      owner: { kind: 'http' },
      windowed: false,
      cursorAt: (ms: number): string => `since ${ms}`,
      timeOf: (own: string): number | null => Number(own.replace('since ', '')) || null,
    }
    const read = { ...handle, value: wrap(`since ${now - hour}`, { kind: 'http' }) }
    const skipped = [{ kind: 'source_gap', data: { from: '2026-05-17T07:00:00Z', to: '2026-05-17T08:00:00Z' } }]
    expect(reset(now, null, [read], feed).moved.noticed).toMatchObject(skipped)
    expect(planOf([read], now, feed).texts[0]).toContain('The 1h up to 2026-05-17T08:00:00Z would be passed over')
    expect(reset(now - 2 * hour, null, [read], feed).moved.noticed).toEqual([])
    const times = [now, now - hour, now - 2 * hour]
    expect(times.flatMap((to) => planOf([read], to, feed).directions)).toEqual(['forward', 'same', 'back'])
    // By windows now: the gap is the same.
    expect(reset(now, null, [read], { ...feed, windowed: true, parts: [''] }).moved.noticed).toMatchObject(skipped)
    // Of another kind its time says nothing.
    const other = { ...read, value: wrap(`since ${now - hour}`, { kind: 'outbox' }) }
    expect(planOf([other], now, { ...feed, parts: [''] }).directions).toEqual(['new'])
  })

  it.each([
    ['of a newer version', '{"v":2,"kind":"http","own":"since 12"}'],
    ['without its time', wrap('since', { kind: 'http' })],
  ])(
    'a place of its own that cannot be gone on from (%s) is set anew, or removed where no time can set it',
    (_, value) => {
      const feed = { owner: { kind: 'http' }, windowed: false, timeOf: () => null }
      const cursors = [{ ...handle, value }]
      expect(reset(now, null, cursors, feed).moved).toMatchObject({ cursors: [{ value: null }], noticed: [] })
      const own = { ...feed, cursorAt: () => 'anew' }
      expect(reset(now, null, cursors, own).moved.cursors).toMatchObject([{ value: wrap('anew', own.owner) }])
    },
  )

  it('without the configuration the lanes stay whose they were', () => {
    const owner = { kind: 'http', as: { preset: 'okta' }, place: 'acme.okta.com' }
    const mine = ['live', 'sweep 1h'].map((lane) => ({
      ...at(lane, '', hour),
      value: stateText(laneFrom(now - hour, hour), owner),
    }))
    const { cursors: moved } = reset(now, null, mine).moved
    expect(moved.map(({ value }) => savedOwnerOf(value as string))).toEqual([owner, owner])
  })

  it('from a cursor that a time can set: each part goes on there, and what was read by time goes', () => {
    const cursorAt = (ms: number): string => `since ${ms}`
    const feed = { owner: { kind: 'http', as: { mode: 'feed' } }, windowed: false, cursorAt, parts: ['', 'b'] }
    const left = [at('live', '', 3 * hour), { ...handle, part: 'b' }, at('sweep 1h', '', 4 * hour)]
    const result = reset(now - hour, null, left, feed)
    const value = `{"v":1,"kind":"http","as":{"mode":"feed"},"own":"since ${now - hour}"}`
    expect(result.moved.cursors).toEqual([
      { lane: 'live', part: 'b', value },
      { lane: 'live', part: '', value },
      { lane: 'sweep 1h', part: '', value: null },
    ])
    expect(result.text).toBe(
      'set to 2026-05-17T07:00:00Z (2 parts); it is read on from there; what was left of reading it as another kind by time was removed',
    )
    expect(result.moved.noticed).toMatchObject([{ data: { from: '2026-05-17T05:00:00Z', to: '2026-05-17T07:00:00Z' } }])
    expect(planOf(left, now - hour, feed).texts).toEqual([
      'app, part b: how far it was read is unknown. It would be read from 2026-05-17T07:00:00Z on.',
      'app has been read to 2026-05-17T05:00:00Z. The 2h up to 2026-05-17T07:00:00Z would be passed over: events of that time that have not been read are lost to you, unless you backfill them. It is audited as a gap.',
      'What is left of reading it as another kind by time would be removed.',
    ])
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
    const result = reset(now - hour, null, [old], { owner: { kind: 'http' }, windowed: true, parts: [''] })
    const opening = { source: 'app', owner: { kind: 'http' }, windowed: true, parts: [''] }
    const moved = result.moved.cursors[0]?.value as string
    expect(viewOf(moved)?.frontier).toBe(now - hour)
    expect(planOf([old], now - hour, opening).texts).toEqual([
      'app would be read from 2026-05-17T07:00:00Z on.',
      'What is left of reading it as zitadel by time would be removed.',
    ])
    expect(reset(now, null, [old], opening).moved.noticed).toEqual([])
    expect(() => requireSameOwner([{ ...old, value: moved }], opening)).not.toThrow()
    expect(() => requireSameOwner([old], opening)).toThrow('app was read as zitadel')
  })
})

describe('a source whose parts are other ones now', () => {
  const ofOutbox = { lane: 'live', part: '1e68-1k6v7', value: wrap('{}', { kind: 'outbox' }), seq: 1 }
  const windows: Reading = {
    owner: { kind: 'http', as: { preset: null, mode: 'window' } },
    windowed: true,
    parts: [''],
  }
  const feed: Reading = {
    owner: { kind: 'http', as: { preset: null, mode: 'feed' } },
    windowed: false,
    cursorAt: (ms) => `since ${ms}`,
    parts: [''],
  }
  const mine = (lane: string, part: string, ago: number, { owner }: Reading) => ({
    ...at(lane, part, ago),
    value: stateText(laneFrom(now - ago, hour), owner),
  })
  const listed = ({ parts: _parts, ...reading }: Reading): Reading => reading

  it('those that the configuration names are set, and all of the other system goes without a gap, whatever it had read', () => {
    const result = reset(now - 72 * hour, null, [ofOutbox], windows)
    expect(result.moved.cursors).toEqual([
      { lane: 'live', part: '', value: stateText(laneFrom(now - 72 * hour, WIDEST_MS), windows.owner) },
      { lane: 'live', part: '1e68-1k6v7', value: null },
    ])
    expect(result.moved.noticed).toEqual([])
    expect(result.text).toBe(
      'set to 2026-05-14T08:00:00Z; it is read on from there; what was left of reading it as outbox from a place of its own was removed',
    )
    const plan = planOf([ofOutbox], now - 72 * hour, windows)
    expect(plan.texts).toEqual([
      'app would be read from 2026-05-14T08:00:00Z on.',
      'What is left of reading it as outbox from a place of its own would be removed.',
    ])
    expect(plan.json).toMatchObject({
      read_from: '2026-05-14T08:00:00Z',
      removed: 'outbox from a place of its own',
      moves: [{ part: '', direction: 'new' }, { direction: 'removed' }],
    })
  })

  it('another preset: not even the part of the same name was read before', () => {
    const owner = { kind: 'http', as: { preset: 'okta', mode: 'window' } }
    const left = [
      mine('live', '', hour, { owner, windowed: true }),
      mine('sweep 1h', '', 2 * hour, { owner, windowed: true }),
    ]
    const { moved } = reset(now, null, left, windows)
    expect(moved.cursors).toMatchObject([
      { lane: 'live', part: '' },
      { lane: 'sweep 1h', value: null },
    ])
    expect(moved.noticed).toEqual([])
  })

  it('of the same system, read otherwise: what is passed over counts from what its last part had read', () => {
    const left = [
      mine('live', 'a', hour, windows),
      mine('live', 'b', 3 * hour, windows),
      mine('sweep 1h', 'a', 4 * hour, windows),
    ]
    const { moved } = reset(now - 2 * hour, null, left, feed)
    expect(moved.cursors).toEqual([
      { lane: 'live', part: '', value: wrap(`since ${now - 2 * hour}`, feed.owner) },
      { lane: 'live', part: 'a', value: null },
      { lane: 'live', part: 'b', value: null },
      { lane: 'sweep 1h', part: 'a', value: null },
    ])
    const gap = { from: '2026-05-17T05:00:00Z', to: '2026-05-17T06:00:00Z' }
    expect(moved.noticed).toMatchObject([{ kind: 'source_gap', data: gap }])
    expect(reset(now - 3 * hour, null, left, feed).moved.noticed).toEqual([])
  })

  it('nobody knows those that the source lists itself: they begin at "start", and all that is said says so', () => {
    const result = reset(now - 72 * hour, null, [ofOutbox], listed(windows))
    expect(result.moved).toMatchObject({ cursors: [{ part: '1e68-1k6v7', value: null }], noticed: [] })
    expect(result.text).toBe(
      'what was left of reading it as outbox from a place of its own was removed; which parts it has now is not known before it is read: they begin at "start", and can be set to a time once they were read',
    )
    const { texts, json } = planOf([ofOutbox], now - 72 * hour, listed(windows))
    expect(texts).toEqual([
      'Which parts app has now is not known before it is read: they begin at its "start", not at 2026-05-14T08:00:00Z. To have them read from there write "start: 73h" into the file first; or reset it again once they were read. What is left of reading it as outbox from a place of its own (1 lane) would be removed.',
    ])
    expect(json.read_from).toBeNull()
    // Of the same system what lies between may be lost.
    const left = [mine('live', 'a', hour, windows)]
    const [gap] = reset(now, null, left, listed(feed)).moved.noticed ?? []
    expect(gap?.data).toMatchObject({ from: '2026-05-17T07:00:00Z' })
    expect(gap?.data).not.toHaveProperty('to')
  })

  it('only the list is another: new ones begin there, too, and those that are not read any more stay where they are', () => {
    const read = [mine('live', 'a', hour, windows), mine('live', 'b', 3 * hour, windows)]
    const { moved, text } = reset(now, null, read, { ...windows, parts: ['a', 'c'] })
    expect(moved.cursors.map(({ part }) => part)).toEqual(['a', 'c'])
    expect(moved.noticed).toMatchObject([{ data: { subject: 'a' } }])
    expect(text).toBe('set to 2026-05-17T08:00:00Z (2 parts); it is read on from there')
  })

  it('what is left of another one goes as a whole', () => {
    expect(() => reset(now, '1e68-1k6v7', [ofOutbox], windows)).toThrow(
      'source "app" was read as outbox from a place of its own: what is left of that can only be removed as a whole. Leave out --part',
    )
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
