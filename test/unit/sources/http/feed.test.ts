import { expect, it } from 'vitest'
import type { Received } from '../../../fakes/http-receiver.ts'
import type { Source } from '../../../../src/sources/source.ts'
import { hour, never, open, page, pull, readWindow, windowed } from './reading.ts'

const queryOf = ({ path }: Received): URLSearchParams => new URL(path, 'http://x').searchParams
const polled = {
  ...windowed,
  mode: 'feed',
  request: { path: '/logs', query: { since: '{{from}}', until: '{{to}}', after: '{{cursor}}' } },
  page: { type: 'token', next: 'body.next' },
}

/** A log of which two events are given at a time, with a cursor at all times. `lost`: cursors that it no longer knows, once or for ever. */
function log(
  events: string[],
  lost = new Set<string>(),
  forgetful = true,
): (request: Received) => { status?: number; body: string } {
  return (request) => {
    const after = queryOf(request).get('after')
    if (after !== null && (forgetful ? lost.delete(after) : lost.has(after)))
      return { status: 410, body: '{"error":"cursor expired"}' }
    const at = Number(after ?? 0)
    const given = events.slice(at, at + 2)
    return { body: page(given, { next: String(at + given.length) }) }
  }
}

it('goes on behind its cursor, pull after pull, and in another process', async () => {
  const events = ['1', '2', '3']
  const opened = await open(polled, log(events))
  const first = await pull(opened.source)
  expect(first.ids).toEqual(['1', '2', '3'])
  expect(opened.paths()[0]).toBe('/logs?since=2026-05-16T08:00:00.000Z')
  expect(opened.paths()[1]).toBe('/logs?after=2')
  expect((await pull(opened.source, first.cursors)).ids).toEqual([])
  events.push('4', '5')
  const other = await open(polled, log(events))
  const second = await pull(other.source, first.cursors)
  expect(second.ids).toEqual(['4', '5'])
  expect(other.paths()[0]).toBe('/logs?after=3')
})

it.each(['{"cursor":"3"}', 'nonsense'])(
  'a cursor without what it needs is refused, never begun anew: %s',
  async (cursor) => {
    const { source, paths } = await open(polled, log(['1']))
    const { error, pages } = await pull(source, new Map([['', cursor]]))
    expect(error).toMatchObject({
      name: 'SetupError',
      message: 'how far api has been read cannot be read; "audit-relay sources reset api --to TIME" sets it anew',
    })
    expect([pages, paths()]).toEqual([[], []])
  },
)

it('a page has no window while the cursor is good', async () => {
  const { source } = await open(polled, log(['1']))
  expect((await pull(source)).pages.every(({ window }) => window === undefined)).toBe(true)
})

it('nothing new: nothing is committed, but for the time now and then', async () => {
  const { source, clock } = await open(polled, log(['1']))
  const first = await pull(source)
  expect((await pull(source, first.cursors)).pages).toHaveLength(0)
  await clock.advance(3_700_000)
  const later = await pull(source, first.cursors)
  expect(later.error).toBeUndefined()
  expect(later.pages).toHaveLength(1)
  expect(JSON.parse(later.cursors.get('') as string)).toMatchObject({ cursor: '1', since: clock.now() - 1000 })
})

it('row 32: a cursor that expired: everything since the saved time and a little before is read again, within a window', async () => {
  const lost = new Set<string>()
  const { source, paths, clock, tools } = await open(
    { ...polled, errors: [{ status: 410, do: 'expired' }] },
    log(['1', '2', '3'], lost),
  )
  const first = await pull(source)
  await clock.advance(1000)
  lost.add('3')
  const again = await pull(source, first.cursors)
  expect(again.error).toBeUndefined()
  expect(again.ids).toEqual(['1', '2', '3'])
  const from = Date.parse('2026-05-17T06:59:59.000Z')
  expect(again.pages.every(({ window }) => window?.from === from)).toBe(true)
  expect(paths().at(-3)).toBe('/logs?since=2026-05-17T06:59:59.000Z')
  expect(tools.notices).toMatchObject([{ code: 'cursor_expired', level: 'warning' }])
  expect(JSON.parse(again.cursors.get('') as string)).not.toHaveProperty('again')
})

it('begins as far back, and reads as much again, as it is told', async () => {
  const opened = await open({ ...polled, errors: [{ status: 410, do: 'expired' }] }, log(['1'], new Set(['1']), false))
  const read = async (): Promise<void> => {
    const asked = { cursors: [], startMs: 7_200_000, overlapMs: 60_000 }
    for await (const _ of (opened.source as Source).read(asked, never));
  }
  await expect(read()).rejects.toThrow(/new cursors were refused/)
  expect(opened.paths().filter((path) => path.includes('since'))).toEqual([
    '/logs?since=2026-05-17T06:00:00.000Z',
    '/logs?since=2026-05-17T05:59:00.000Z',
    '/logs?since=2026-05-17T05:59:00.000Z',
    '/logs?since=2026-05-17T05:59:00.000Z',
  ])
})

it('row 32: a restart in the middle of that goes on with it', async () => {
  const lost = new Set<string>(['3'])
  const script = log(['1', '2', '3'], lost)
  const given = { ...polled, errors: [{ status: 410, do: 'expired' }] }
  const saved = new Map([['', JSON.stringify({ cursor: '3', since: Date.parse('2026-05-17T07:00:00Z') })]])
  const one = await open(given, (request) =>
    queryOf(request).get('after') === '2' ? { status: 503, body: '' } : script(request),
  )
  const broken = await pull(one.source, saved)
  expect(broken.error).toMatchObject({ kind: 'transient' })
  const other = await open(given, log(['1', '2', '3']))
  const rest = await pull(other.source, broken.cursors)
  expect(rest.ids).toEqual(['3'])
  expect(rest.pages[0]?.window).toEqual({
    from: Date.parse('2026-05-17T06:00:00Z'),
    to: Date.parse('2026-05-17T08:00:00Z'),
  })
})

it('row 32: a source that refuses every new cursor is an error, and the saved cursor stays', async () => {
  const lost = new Set<string>(['2', '3'])
  const { source } = await open(
    { ...polled, errors: [{ status: 410, do: 'expired' }] },
    log(['1', '2', '3'], lost, false),
  )
  const read = await pull(source)
  expect(read.error).toMatchObject({ kind: 'transient' })
  expect(read.error?.message).toMatch(/new cursors were refused/)
})

it('"expired" for a request without a cursor is for a person', async () => {
  const { source } = await open({ ...polled, errors: [{ status: 404, do: 'expired' }] }, { status: 404, body: '{}' })
  expect((await pull(source)).error).toMatchObject({ kind: 'denied' })
})

it('a Link header that always names a next page ends with an empty page, and the newest link is kept', async () => {
  let url = ''
  const events = ['1', '2', '3']
  const opened = await open(
    { ...polled, request: { path: '/logs', query: { since: '{{from}}' } }, page: { type: 'link' } },
    (request) => {
      const at = Number(queryOf(request).get('after') ?? 0)
      const given = events.slice(at, at + 2)
      return { body: page(given), headers: { link: `<${url}/logs?after=${at + given.length}>; rel="next"` } }
    },
  )
  url = opened.receiver.url
  const first = await pull(opened.source)
  expect(first.ids).toEqual(['1', '2', '3'])
  events.push('4')
  expect((await pull(opened.source, first.cursors)).ids).toEqual(['4'])
})

it('the id of the last record as the cursor, with a first request of another form', async () => {
  const events = ['1', '2', '3']
  const opened = await open(
    {
      ...windowed,
      mode: 'feed',
      records: { at: 'body' },
      request: { path: '/logs', query: { q: 'date:[{{from}} TO *]', per_page: 1 } },
      page: { type: 'last_id', request: { query: { from: '{{cursor}}', take: 2 } } },
      time: { format: 'date' },
    },
    (request) => {
      const query = queryOf(request)
      const from = query.get('from')
      const rows =
        from === null ? events.slice(0, 1) : events.slice(events.indexOf(from) + 1).slice(0, Number(query.get('take')))
      return { body: JSON.stringify((JSON.parse(page(rows)) as { events: unknown }).events) }
    },
  )
  const first = await pull(opened.source)
  expect(first.ids).toEqual(['1', '2', '3'])
  expect(opened.paths().slice(0, 2)).toEqual(['/logs?q=date:[2026-05-16 TO *]&per_page=1', '/logs?from=1&take=2'])
  events.push('4')
  expect((await pull(opened.source, first.cursors)).ids).toEqual(['4'])
})

it('a feed whose request has both ends can be read in windows, for a backfill', async () => {
  const { source, paths } = await open(polled, log(['1', '2', '3']))
  const read = await readWindow(source, { window: hour })
  expect(read.error).toMatchObject({ message: expect.stringMatching(/circle/) as string })
  expect(paths()[0]).toBe('/logs?since=2026-05-17T07:00:00.000Z&until=2026-05-17T08:00:00.000Z')
})

it('backfill: another request for windows', async () => {
  const { source, paths } = await open(
    {
      ...polled,
      request: { path: '/logs', query: { after: '{{cursor}}' } },
      backfill: { request: { path: '/search', query: { from: '{{from}}', to: '{{to}}' } } },
    },
    { body: page(['1']) },
  )
  expect((await readWindow(source)).ids).toEqual(['1'])
  expect(paths()).toEqual(['/search?from=2026-05-17T07:00:00.000Z&to=2026-05-17T08:00:00.000Z'])
})

it('each part has a cursor of its own', async () => {
  const { source, paths } = await open(
    { ...polled, request: { path: '/{{part}}', query: { after: '{{cursor}}' } }, fan_out: { over: ['a', 'b'] } },
    log(['1']),
  )
  const first = await pull(source)
  expect(first.error).toBeUndefined()
  expect([...first.cursors.keys()]).toEqual(['a', 'b'])
  await pull(source, new Map([['a', JSON.stringify({ cursor: '1', since: 0 })]]))
  expect(paths().at(-2)).toBe('/a?after=1')
})
