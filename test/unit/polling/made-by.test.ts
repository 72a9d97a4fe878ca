// A source is opened at cursors that were made by another one of the same name, or by itself as it was configured before.
import { describe, expect, it, onTestFinished } from 'vitest'
import { Identity } from '../../../src/model/identity.ts'
import type { LaneCursor } from '../../../src/polling/lanes.ts'
import { ownerOf, wrap } from '../../../src/polling/owner.ts'
import { type Backfill, openReader } from '../../../src/polling/reader.ts'
import { stateText } from '../../../src/polling/window-state.ts'
import { laneFrom } from '../../../src/polling/window.ts'
import { http } from '../../../src/sources/http/index.ts'
import type { SourceKind, SourceNotice } from '../../../src/sources/source.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const read = Date.UTC(2026, 4, 17, 7)
const event = { event_id: 'id', event_type: 'type', occurred_at: 'at' }
const byWindows = { url: 'https://a.test/v1', request: { path: '/logs', query: { since: '{{from}}' } }, event }
const byFeed = { ...byWindows, mode: 'feed', page: { type: 'token', next: 'body.next', into: 'query.after' } }
const okta = { preset: 'okta', params: { domain: 'acme.okta.com' }, auth: { type: 'bearer', token: 'not-a-secret' } }
const auth0 = {
  preset: 'auth0',
  params: { domain: 'acme.auth0.com' },
  auth: { type: 'bearer', token: 'not-a-secret' },
}
const owned = (given: object) => ownerOf(http, http.options.parse(given))

const ofWindows = (given: object, lane = 'live'): LaneCursor => ({
  lane,
  part: '',
  value: stateText(laneFrom(read, 1000), owned(given)),
})
const handle = JSON.stringify({ since: read, cursor: 'x' })
const ofFeed = (given: object): LaneCursor => ({ lane: 'live', part: '', value: wrap(handle, owned(given)) })
const raw = (value: string): LaneCursor => ({ lane: 'live', part: '', value })

function open(given: object, cursors: readonly LaneCursor[], backfill?: Backfill): SourceNotice[] {
  const notices: SourceNotice[] = []
  const around = { routes: [], identity: new Identity(new Uint8Array(32)), clock: new TestClock() }
  const options = http.options.parse(given)
  const parts = { name: 'api', kind: http as SourceKind, options: () => options, ...around }
  const reader = openReader({ ...parts, ...(backfill && { backfill }) }, cursors, (notice) => notices.push(notice))
  onTestFinished(() => reader.close())
  return notices
}

const undo = 'and the one cannot go on where the other was. Undo the change; or give the source another name;'

describe('refused', () => {
  it.each([
    [
      'windows, then a feed',
      byFeed,
      ofWindows(byWindows),
      `api was read as http (no preset, mode: window) up to 2026-05-17T07:00:00Z, but the configuration now says http (no preset, mode: feed), ${undo} or say from when on it is read: "audit-relay sources reset api --to TIME"`,
    ],
    [
      'a feed, then windows',
      byWindows,
      ofFeed(byFeed),
      `api was read as http (no preset, mode: feed) up to 2026-05-17T07:00:00Z, but the configuration now says http (no preset, mode: window), ${undo}`,
    ],
    [
      'another preset',
      auth0,
      ofFeed(okta),
      'http (preset: okta, mode: feed) up to 2026-05-17T07:00:00Z, but the configuration now says http (preset: auth0, mode: feed), and',
    ],
    ['a preset where there was none', okta, ofFeed(byFeed), 'says http (preset: okta, mode: feed)'],
    [
      'windows that only said their kind',
      byFeed,
      raw(stateText(laneFrom(read, 1), { kind: 'http' })),
      'http by time up',
    ],
    [
      'windows of another kind',
      byWindows,
      raw(stateText(laneFrom(read, 1), { kind: 'zitadel' })),
      'read as zitadel by',
    ],
    ['windows that nobody can read', byFeed, raw('{"v":9,"frontier":"soon"}'), 'read as another kind by time, but'],
    ['a place of another kind', byFeed, raw(wrap('{}', { kind: 'outbox' })), 'as outbox from a place of its own, but'],
  ])('%s', (_, given, cursor, text) => {
    const act = (): unknown => open(given, [cursor])
    expect(act).toThrow(text)
    expect(act).toThrow(expect.objectContaining({ name: 'SetupError' }))
  })

  it.each([
    ['of a newer version', { v: 2, kind: 'http', own: handle }, 'is from a newer version of audit-relay'],
    ['with a word that nobody knows', { v: 1, kind: 'http', new: 1, own: handle }, 'cannot be read'],
  ])('a place of its own %s: never begun anew without a word', (_, value, what) => {
    const act = (): unknown => open(byFeed, [raw(JSON.stringify(value))])
    expect(act).toThrow(
      `how far api has been read (lane "live") ${what}; "audit-relay sources reset api --to TIME" sets it anew`,
    )
    expect(act).toThrow(expect.objectContaining({ name: 'SetupError' }))
    expect(() => open(byWindows, [raw(JSON.stringify(value))])).toThrow('api was read as another kind from a place of')
  })

  it('a part of it, and a sweep that another one has left', () => {
    expect(() => open(byWindows, [ofWindows(byWindows), { ...ofFeed(byFeed), part: 'b' }])).toThrow(
      'api was read as http (no preset, mode: feed) up to 2026-05-17T07:00:00Z, but',
    )
    expect(() => open(byWindows, [ofWindows(byWindows), ofWindows({ ...byWindows, ...okta }, 'sweep 1h')])).toThrow(
      'read as http (preset: okta',
    )
  })

  it('up to the time that all of its parts have read, and to none where one says none', () => {
    const b = { ...ofWindows(byWindows), part: 'b', value: stateText(laneFrom(read - 60_000, 1), owned(byWindows)) }
    const sweep = { ...b, lane: 'sweep 1h', value: stateText(laneFrom(0, 1), owned(byWindows)) }
    expect(() => open(okta, [sweep, ofWindows(byWindows), b])).toThrow('window) up to 2026-05-17T06:59:00Z, but')
    expect(() => open(byWindows, [ofFeed(byFeed), { ...raw(wrap('{}', owned(byFeed))), part: 'b' }])).toThrow(
      'mode: feed), but',
    )
  })

  it('a place of its own is not named: it means nothing to anybody', () => {
    const place = { ...raw(wrap('{}', { kind: 'outbox' })), part: '1e68-1k6v7' }
    expect(() => open(byWindows, [place])).toThrow('as outbox from a place of its own, but')
  })

  it('as one that no time can set: says what a reset does there', () => {
    const handed = { ...byFeed, request: { path: '/logs' } }
    expect(() => open(handed, [ofWindows(byWindows)])).toThrow(
      'or have what is left of that removed, and it begins as the file says: "audit-relay sources reset api --to TIME" (any TIME will do, for none can be set here)',
    )
  })

  it('a backfill under way', () => {
    const backfill = { id: 12, from: read - 1000, to: read + 1000 }
    expect(() => open(okta, [ofWindows(auth0)], backfill)).toThrow(
      'backfill 12 of api was read as http (preset: auth0, mode: feed) up to 2026-05-17T07:00:00Z, but the configuration now says http (preset: okta, mode: feed), and the one cannot go on where the other was. Undo the change, or cancel it: "audit-relay backfill api --cancel 12"',
    )
    expect(open(okta, [ofWindows(okta)], backfill)).toEqual([])
  })
})

describe('goes on without a word', () => {
  const larger = { page: { type: 'token', next: 'body.next', into: 'query.after', size: 7 } }
  it.each([
    ['where nothing was read', byFeed, []],
    ['where it was', byWindows, [ofWindows(byWindows)]],
    ['with windows that only said their kind', byWindows, [raw(stateText(laneFrom(read, 1), { kind: 'http' }))]],
    ['with windows that said nothing', byWindows, [raw(stateText(laneFrom(read, 1)))]],
    ['with a cursor that said nothing', byFeed, [raw(handle)]],
    ['as a feed, whatever sweeps have left', byFeed, [ofFeed(byFeed), ofWindows(byWindows, 'sweep 1h')]],
    ['with other pages, limits and headers', { ...byFeed, ...larger, limits: { per_second: 2 } }, [ofFeed(byFeed)]],
    ['over http, at another port', { ...byWindows, url: 'http://a.test:81/v1' }, [ofWindows(byWindows)]],
  ])('%s', (_, given, cursors) => {
    expect(open(given, cursors)).toEqual([])
  })
})

it('what is read is saved with who read it, and given to the source as it gave it', async () => {
  const given: string[] = []
  const kind: SourceKind = {
    type: 'fake',
    options: {} as never,
    everyMs: 1000,
    originOf: () => ({ as: { mode: 'feed' }, windowed: false }),
    open: (_, tools) => ({
      async *read({ cursors }) {
        given.push(...cursors.map(({ value }) => value))
        yield {
          draft: tools.newPage(),
          cursors: [
            { part: 'a', value: '"mine"' },
            { part: 'b', value: null },
          ],
        }
      },
      release: async () => [{ part: 'c', value: null }],
      close: async () => {},
    }),
  }
  const around = { routes: [], identity: new Identity(new Uint8Array(32)), clock: new TestClock() }
  const saved = wrap('"mine"', { kind: 'fake', as: { mode: 'feed' } })
  expect(saved).toBe(String.raw`{"v":1,"kind":"fake","as":{"mode":"feed"},"own":"\"mine\""}`)
  const cursors = [{ lane: 'live', part: 'a', value: saved }, raw('old')]
  const reader = openReader({ name: 'api', kind, options: () => ({}), ...around }, cursors, () => undefined)
  const never = new AbortController().signal
  for await (const page of reader.read(never))
    expect(page.cursors).toEqual([
      { part: 'a', value: saved },
      { part: 'b', value: null },
    ])
  expect(given).toEqual(['"mine"', 'old'])
  expect(await reader.release(['c'], never)).toEqual([{ part: 'c', value: null }])
})

describe('at another address', () => {
  it.each([
    ['host', { ...byWindows, url: 'https://b.test/v1' }, 'b.test/v1/logs'],
    ['path', { ...byWindows, url: 'https://a.test/v2' }, 'a.test/v2/logs'],
  ])('another %s: goes on, and warns what that means for another system', (_, given, place) => {
    expect(open(given, [ofWindows(byWindows)])).toEqual([
      {
        level: 'warning',
        code: 'address_changed',
        subject: '',
        text: `it was read at a.test/v1/logs and now is at ${place}: reading goes on where it was. That is right for the same system at another address; of another system nothing older is read: then "audit-relay sources reset api --to TIME"`,
      },
    ])
  })

  it('is said no more when one part was read there, and never where nothing was saved of it', () => {
    const moved = { ...byWindows, url: 'https://b.test/v1' }
    expect(open(moved, [ofWindows(byWindows), { ...ofWindows(moved), part: 'b' }])).toEqual([])
    expect(open(moved, [raw(stateText(laneFrom(read, 1), { kind: 'http' }))])).toEqual([])
  })

  it('a secret in the path is not saved', () => {
    const secret = { ...byWindows, url: 'https://a.test/hush-hush', params: { token: 'hush-hush' } }
    expect(ofWindows(secret).value).toContain('a.test/[secret]/logs')
  })
})
