// A source whose configuration becomes that of another one under the same name: refused with what to do, and nothing is lost by doing it.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Receiver, startReceiver } from '../fakes/http-receiver.ts'
import { done, until } from './commands.ts'
import { Place } from './run-fixture.ts'

const minute = 60_000

let place: Place
let api: Receiver
/** What the API has, oldest first. */
let events: { readonly id: string; readonly type: string; readonly at: string }[]
beforeEach(async () => {
  place = await Place.make()
  api = await startReceiver()
  events = []
  happened('e-old', 3 * 60 * minute)
  api.answer(({ path }) => {
    const asked = new URL(path, 'http://x').searchParams
    const [from, to, after] = [asked.get('from'), asked.get('to'), asked.get('after')]
    const found = events.filter(({ at }, index) =>
      after === null ? at >= String(from) && at < (to ?? '9') : index >= Number(after),
    )
    return { body: JSON.stringify({ events: found, next: String(events.length) }) }
  })
})
afterEach(async () => {
  await place.remove()
  await api.close()
})

function happened(id: string, agoMs: number): void {
  events.push({ id, type: 'user.signed_in', at: new Date(Date.now() - agoMs).toISOString() })
}

const request = { path: '/logs', query: { from: '{{from}}', to: '{{to}}', after: '{{cursor}}' } }
const common = () => ({
  type: 'http',
  url: api.url,
  every: '1s',
  request,
  records: { at: 'body.events' },
  event: { event_id: 'id', event_type: 'type', occurred_at: 'at' },
})
const windows = () => ({
  ...common(),
  request: { path: '/logs', query: { from: '{{from}}', to: '{{to}}' } },
  settle: '30m',
})
const feed = () => ({ ...common(), mode: 'feed', page: { type: 'token', next: 'body.next' }, start: '1m' })

const configure = (source: object): void => place.configure({ siem: place.webhook() }, { idp: source })
const once = () => place.start(['run', '--once', '--log-format', 'json']).ended

it('windows become a feed: refused before anything is asked; set to where it was, the feed loses nothing', async () => {
  configure(windows())
  expect(await once()).toMatchObject({ code: 0 })
  expect(place.receivedIds()).toEqual(['e-old'])
  happened('e-between', 20 * minute)
  configure(feed())
  const asked = api.requests.length
  const { code, err } = await once()
  expect(code).toBe(1)
  const [, frontier] = /idp was read as http \(no preset, mode: window\) up to (\S+), but/u.exec(err) ?? []
  expect(err).toContain(
    `but the configuration now says http (no preset, mode: feed), and the one cannot go on where the other was. Undo the change; or give the source another name; or say from when on it is read: \\"audit-relay sources reset idp --to TIME\\"`,
  )
  expect(api.requests).toHaveLength(asked)
  expect(await done(place, 'sources', 'show', 'idp')).toContain('audit-relay sources reset idp --to TIME')
  await done(place, 'sources', 'reset', 'idp', '--to', frontier as string, '--yes')
  expect(await once()).toMatchObject({ code: 0 })
  happened('e-new', 0)
  expect(await once()).toMatchObject({ code: 0 })
  expect(place.receivedIds()).toEqual(['e-old', 'e-between', 'e-new'])
  expect(await place.start(['check']).ended).toMatchObject({ code: 0 })
})

it('a feed becomes windows: refused; undone, it goes on where it was', async () => {
  configure({ ...feed(), start: '1d' })
  expect(await once()).toMatchObject({ code: 0 })
  configure(windows())
  const { code, err } = await once()
  expect(code).toBe(1)
  expect(err).toContain('but the configuration now says http (no preset, mode: window)')
  expect(err).toMatch(/idp was read as http \(no preset, mode: feed\) up to \S+Z, but/u)
  happened('e-new', 0)
  configure(feed())
  expect(await once()).toMatchObject({ code: 0 })
  expect(place.receivedIds()).toEqual(['e-old', 'e-new'])
})

it('a preset is named: refused', async () => {
  const github = { preset: 'github', params: { kind: 'orgs', name: 'acme' }, auth: { type: 'bearer', token: 'ghp_x' } }
  const preset = { type: 'http', ...github, url: api.url, every: '1s', request: windows().request }
  const own = { event: windows().event, page: null, records: { at: 'body.events' } }
  configure(windows())
  expect(await once()).toMatchObject({ code: 0 })
  configure({ ...preset, ...own })
  const { code, err } = await once()
  expect(code).toBe(1)
  expect(err).toContain('but the configuration now says http (preset: github, mode: window), and')
})

it('another address of the same one goes on, and says what that means for another system', async () => {
  configure(windows())
  expect(await once()).toMatchObject({ code: 0 })
  configure({ ...windows(), url: api.url.replace('127.0.0.1', 'localhost') })
  const { code, err } = await once()
  expect({ code, err }).toMatchObject({ code: 0 })
  expect(err).toContain('it was read at 127.0.0.1/logs and now is at localhost/logs: reading goes on where it was.')
  // Only a window that is due is saved with the new address, and one is due each second.
  await until(once, (ended) => !ended.err.includes('it was read at'))
})

const hour = 60 * minute
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
/** Of three days, each hour one. */
const ofDays = (): string[] => {
  events = []
  for (let at = 71; at > 0; at--) happened(`e-${at}`, at * hour)
  return events.map(({ id }) => id)
}
const shownParts = async (): Promise<readonly string[]> => {
  const { lanes } = JSON.parse(await done(place, 'sources', 'show', 'idp', '--json')) as { lanes: { part: string }[] }
  return [...new Set(lanes.map(({ part }) => part))]
}
/** What was passed over, as it is audited. */
const gaps = async (): Promise<readonly unknown[]> => {
  const { gaps: all } = JSON.parse(await done(place, 'sources', 'show', 'idp', '--json')) as { gaps: unknown[] }
  return all
}

it('an outbox becomes an API: it is read from the time that the reset says, and nothing of the outbox is left', async () => {
  place.append('{"event_id":"o-1","event_type":"user.signed_in","occurred_at":"2026-05-17T07:00:00Z"}')
  configure({ type: 'outbox', path: './outbox.jsonl' })
  expect(await once()).toMatchObject({ code: 0 })
  const all = ofDays()
  configure({ ...windows(), start: '1d' })
  expect((await once()).err).toMatch(/idp was read as outbox from a place of its own, but/u)
  const to = ago(72 * hour)
  const plan = JSON.parse(await done(place, 'sources', 'reset', 'idp', '--to', to, '--json')) as object
  expect(plan).toMatchObject({ read_from: to, moves: [{ part: '', direction: 'new' }, { direction: 'removed' }] })
  const said = await done(place, 'sources', 'reset', 'idp', '--to', to, '--yes')
  expect(said).toContain(`set to ${to}; it is read on from there; what was left of reading it as outbox`)
  expect(await once()).toMatchObject({ code: 0 })
  expect(place.receivedIds().toSorted()).toEqual(['o-1', ...all].toSorted())
  expect(await shownParts()).toEqual([''])
  expect(await gaps()).toEqual([])
  const later = ['sources', 'reset', 'idp', '--to', ago(minute)]
  const { moves } = JSON.parse(await done(place, ...later, '--json')) as { moves: object }
  expect(moves).toMatchObject([{ part: '', direction: 'forward' }])
  await done(place, ...later, '--yes')
  expect(await gaps()).toHaveLength(1)
  expect(await place.start(['check']).ended).toMatchObject({ code: 0 })
})

it('windows of several parts become a feed of one: it asks for everything since the time that the reset says', async () => {
  configure({
    ...windows(),
    request: { path: '/logs', query: { ...windows().request.query, part: '{{tenant}}' } },
    fan_out: { over: ['a', 'b'], as: 'tenant' },
  })
  expect(await once()).toMatchObject({ code: 0 })
  const all = ofDays()
  configure({ ...feed(), start: '1d' })
  expect(await once()).toMatchObject({ code: 1 })
  const to = ago(72 * hour)
  const asked = api.requests.length
  expect(await done(place, 'sources', 'reset', 'idp', '--to', to, '--yes')).toContain(`set to ${to}; it is`)
  expect(await once()).toMatchObject({ code: 0 })
  expect(new URL(api.requests[asked]?.path ?? '', 'http://x').searchParams.get('from')).toBe(to)
  expect(place.receivedIds().toSorted()).toEqual(['e-old', ...all].toSorted())
  expect(await done(place, 'sources', 'show', 'idp')).toContain('from a place of its own, not by time (1 part)')
  expect(await gaps()).toEqual([])
})

it('the parts of one become others that it lists itself: they begin at "start", and the reset says so', async () => {
  configure(windows())
  expect(await once()).toMatchObject({ code: 0 })
  ofDays()
  const over = { request: { path: '/tenants', query: { from: '0' } }, at: 'body.events', id: 'type' }
  configure({
    ...feed(),
    start: '1d',
    fan_out: { over, as: 'tenant' },
    request: { ...request, path: '/logs/{{tenant}}' },
  })
  expect(await once()).toMatchObject({ code: 1 })
  const to = ago(72 * hour)
  expect(await done(place, 'sources', 'reset', 'idp', '--to', to)).toContain('write "start: 74h" into the file first')
  expect(await done(place, 'sources', 'reset', 'idp', '--to', to, '--yes')).toContain('they begin at "start"')
  configure({
    ...feed(),
    start: '74h',
    fan_out: { over, as: 'tenant' },
    request: { ...request, path: '/logs/{{tenant}}' },
  })
  expect(await once()).toMatchObject({ code: 0 })
  expect(place.receivedIds()).toHaveLength(72)
})
