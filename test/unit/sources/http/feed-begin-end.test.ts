// Where a feed begins, what it takes for its end, and that one part does not hold up the others.
import { expect, it } from 'vitest'
import { http } from '../../../../src/sources/http/index.ts'
import type { Received } from '../../../fakes/http-receiver.ts'
import { open, page, pull, windowed } from './reading.ts'

const queryOf = ({ path }: Received): URLSearchParams => new URL(path, 'http://x').searchParams
const polled = {
  ...windowed,
  mode: 'feed',
  request: { path: '/logs', query: { since: '{{from}}', after: '{{cursor}}' } },
  page: { type: 'token', next: 'body.next' },
}
const hour = 3_600_000

it('a part that fails does not starve those behind it', async () => {
  const given = {
    ...polled,
    request: { path: '/{{part}}', query: polled.request.query },
    fan_out: { over: ['a', 'b', 'c'] },
  }
  const { source } = await open(given, ({ path }) =>
    path.startsWith('/b') ? { status: 401, body: '' } : { body: page([path.startsWith('/a') ? 'a1' : 'c1']) },
  )
  const read = await pull(source)
  expect(read.ids).toEqual(['a1', 'c1'])
  expect(read.error).toMatchObject({ kind: 'denied', message: expect.stringMatching(/^b: .*401/) as string })
})

it('a part that fails by a fault of ours, or by the stop, ends the pull', async () => {
  const given = { ...polled, request: { path: '/{{part}}' }, fan_out: { over: ['a', 'b'] }, page: { type: 'link' } }
  const { source, receiver } = await open(given, { never: true })
  const stop = new AbortController()
  const reading = (async () => {
    for await (const _ of (source as never as { read(a: object, b: AbortSignal): AsyncIterable<object> }).read(
      { cursors: [] },
      stop.signal,
    ));
  })()
  await receiver.received(1)
  stop.abort(new Error('stopped'))
  await expect(reading).rejects.toThrow('stopped')
  expect(receiver.requests).toHaveLength(1)
})

it('an API that gives no cursor with an empty list: the begin is saved, and the next process begins there, too', async () => {
  const first = await open(polled, { body: page([]) })
  const { cursors } = await pull(first.source)
  const second = await open(polled, { body: page([]) })
  await second.clock.advance(hour)
  const later = await pull(second.source, cursors)
  expect(second.paths()).toEqual(['/logs?since=2026-05-16T08:00:00.000Z'])
  expect(later.pages).toEqual([])
})

it('the begin is saved although the first request fails', async () => {
  const { source, paths, clock } = await open(polled, { status: 503, body: '' })
  const { cursors, error } = await pull(source)
  expect(error).toMatchObject({ kind: 'transient' })
  await clock.advance(hour)
  const other = await open(polled, { body: page([]) })
  await other.clock.advance(hour)
  await pull(other.source, cursors)
  expect(other.paths()).toEqual(paths())
})

it('derived ids are not for a feed, and the fault says what to do', () => {
  for (const event_id of [undefined, { derived: true }]) {
    const { event_id: _, ...event } = windowed.event
    const given = { ...polled, url: 'https://x.test', event: { ...event, ...(event_id && { event_id }) } }
    const { error } = http.options.safeParse(given)
    expect(error?.issues).toMatchObject([
      { path: ['event', 'event_id'], message: expect.stringMatching(/mode: window/) as string },
    ])
  }
})

/** `again` is what `cursor` leads to: what was being read again when the process ended. */
const again = { from: Date.UTC(2026, 4, 17, 5), to: Date.UTC(2026, 4, 17, 7) }
const reading = new Map([['', JSON.stringify({ cursor: '1', since: Date.UTC(2026, 4, 17, 6), again })]])

it('an empty page with a new cursor is not the end: what is read again goes on', async () => {
  const { source } = await open(polled, { body: page([], { next: '2' }) })
  const { cursors } = await pull(source, reading)
  expect(JSON.parse(cursors.get('') as string)).toMatchObject({ cursor: '2', since: Date.UTC(2026, 4, 17, 6), again })
})

it('the end is where the same cursor comes again, or where the source says that there is no more', async () => {
  for (const [given, body] of [
    [polled, page([], { next: '1' })],
    [{ ...polled, page: { ...polled.page, more: 'body.more' } }, page([], { next: '2', more: false })],
  ] as const) {
    const { source, clock } = await open(given, { body })
    const { cursors } = await pull(source, reading)
    const { next: cursor } = JSON.parse(body) as { next: string }
    const saved: unknown = JSON.parse(cursors.get('') as string)
    expect(saved).toEqual({ cursor, since: clock.now() - 1000, at: expect.any(String) as string })
  }
})

it('a token that is of another address is none: everything since is read again', async () => {
  const one = await open(polled, (request) => ({
    body: page(queryOf(request).has('after') ? [] : ['1'], { next: '1' }),
  }))
  const { cursors } = await pull(one.source)
  const at = { ...polled, url: one.receiver.url }
  const filtered = await open({ ...at, request: { ...at.request, query: { ...at.request.query, kind: 'x' } } }, {})
  await pull(filtered.source, cursors)
  expect(one.paths().at(-1)).toBe('/logs?after=1&kind=x')
  const moved = await open({ ...at, request: { ...at.request, path: '/v2/logs' } }, {})
  const read = await pull(moved.source, cursors)
  expect(one.paths().at(-2)).toBe('/v2/logs?since=2026-05-17T06:59:59.000Z')
  expect(read.pages[0]?.window?.from).toBe(Date.UTC(2026, 4, 17, 6, 59, 59))
  expect(moved.tools.notices).toMatchObject([{ code: 'cursor_expired' }])
})
