import { expect, it } from 'vitest'
import type { WindowSource } from '../../../../src/sources/source.ts'
import type { Answer, Received } from '../../../fakes/http-receiver.ts'
import { hour, never, open, page, readWindow, windowed } from './reading.ts'

const queryOf = ({ path }: Received): URLSearchParams => new URL(path, 'http://x').searchParams

/** Each paging type over the same seven records in pages of three. */
const sevens: readonly (readonly [string, object, (request: Received, url: string) => Answer])[] = [
  [
    'token in the body',
    { page: { type: 'token', next: 'body.next', into: 'query.cursor' } },
    (request) => {
      const at = Number(queryOf(request).get('cursor') ?? 1)
      return { body: page(three(at), { next: at + 3 > 7 ? null : at + 3 }) }
    },
  ],
  [
    'token in a template, an empty text ends',
    {
      request: { path: '/logs', query: { ...windowed.request.query, cursor: '{{cursor}}' } },
      page: { type: 'token', next: 'body.meta.next' },
    },
    (request) => {
      const at = Number(queryOf(request).get('cursor') ?? 1)
      return { body: page(three(at), { meta: { next: at + 3 > 7 ? '' : String(at + 3) } }) }
    },
  ],
  [
    'a request of its own for further pages',
    {
      request: { path: '/logs', body: { limit: 3, start_time: '{{from}}' } },
      page: { type: 'token', next: 'body.cursor', more: 'body.has_more', request: { body: { cursor: '{{cursor}}' } } },
    },
    ({ body, method }) => {
      const asked = JSON.parse(body.toString()) as { cursor?: string; limit?: number }
      if (method !== 'POST' || (asked.cursor === undefined) !== (asked.limit === 3)) return { status: 400 }
      const at = Number(asked.cursor ?? 1)
      return { body: page(three(at), { cursor: String(at + 3), has_more: at + 3 <= 7 }) }
    },
  ],
  [
    'Link header',
    { page: { type: 'link' } },
    (request, url) => {
      const at = Number(queryOf(request).get('after') ?? 1)
      const next = at + 3 > 7 ? '' : `, <${url}/logs?after=${at + 3}>; rel="next"`
      return { body: page(three(at)), headers: { link: `<${url}/logs>; rel="self"${next}` } }
    },
  ],
  [
    'an address in a header, relative',
    { page: { type: 'next_url', next: 'header.NextPageUri' } },
    (request) => {
      const at = Number(queryOf(request).get('after') ?? 1)
      return { body: page(three(at)), headers: at + 3 > 7 ? {} : { NextPageUri: `/logs?after=${at + 3}` } }
    },
  ],
  [
    'page numbers to the count of pages',
    { page: { type: 'number', into: 'query.page', total_pages: 'body.pages', end: [] } },
    (request) => ({ body: page(three(Number(queryOf(request).get('page')) * 3 - 2), { pages: 3 }) }),
  ],
  [
    'page numbers from 0 to a short page',
    { page: { type: 'number', into: 'query.page', first: 0, size: 3, end: ['short_page'] } },
    (request) => ({ body: page(three(Number(queryOf(request).get('page')) * 3 + 1)) }),
  ],
  [
    'page numbers to an empty page',
    { page: { type: 'number', into: 'query.page' } },
    (request) => ({ body: page(three(Number(queryOf(request).get('page')) * 3 - 2)) }),
  ],
  [
    'offset, with more asked than is given',
    {
      request: { path: '/logs', query: { ...windowed.request.query, first: '{{offset}}', max: '{{size}}' } },
      page: { type: 'offset', size: 1000 },
    },
    (request) => ({ body: page(three(Number(queryOf(request).get('first')) + 1)) }),
  ],
  [
    'offset to the total',
    { page: { type: 'offset', into: 'query.first', size: 3, total: 'body.total', end: [] } },
    (request) => ({ body: page(three(Number(queryOf(request).get('first')) + 1), { total: 7 }) }),
  ],
  [
    'the id of the last record',
    { page: { type: 'last_id', into: 'query.after' } },
    (request) => ({ body: page(three(Number(queryOf(request).get('after') ?? 0) + 1)) }),
  ],
]

function three(from: number): number[] {
  return [from, from + 1, from + 2].filter((id) => id <= 7)
}

it.each(sevens)('%s: every record once, in closed pages', async (_name, definition, answer) => {
  let url = ''
  const opened = await open({ ...windowed, ...definition }, (request) => answer(request, url))
  url = opened.receiver.url
  const read = await readWindow(opened.source)
  expect(read.error).toBeUndefined()
  expect(read.ids).toEqual(['1', '2', '3', '4', '5', '6', '7'])
  expect(read.last).toBe(true)
})

it.each(sevens)(
  '%s: goes on from the progress of any page, also in another process',
  async (_name, definition, answer) => {
    let url = ''
    const opened = await open({ ...windowed, ...definition }, (request) => answer(request, url))
    url = opened.receiver.url
    for (const pages of [1, 2]) {
      const before = await readWindow(opened.source, { pages })
      const after = await readWindow(opened.source, { progress: before.progress.at(-1) as string })
      expect([...before.ids, ...after.ids]).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    }
  },
)

it('a parameter without a value is left out, and values are encoded', async () => {
  const { source, receiver } = await open(
    {
      ...windowed,
      request: { path: '/a/{{part}}', query: { q: 'x:[{{from}} TO {{to}}] & more', cursor: '{{cursor}}' } },
      page: { type: 'token', next: 'body.next' },
      fan_out: { over: ['a/../b'] },
    },
    { body: page([]) },
  )
  await readWindow(source, { part: 'a/../b' })
  expect(receiver.requests[0]?.path).toBe(
    '/a/a%2F..%2Fb?q=x%3A%5B2026-05-17T07%3A00%3A00.000Z%20TO%202026-05-17T08%3A00%3A00.000Z%5D%20%26%20more',
  )
})

it('a body keeps the types of placeholders, a form is encoded', async () => {
  const body = await open(
    {
      ...windowed,
      time: { format: 'epoch_ms' },
      request: { path: '/q', body: { range: { from: '{{from}}', to: 'until {{to.epoch_s}}' }, cursor: '{{cursor}}' } },
      page: { type: 'token', next: 'body.n' },
    },
    { body: page([]) },
  )
  await readWindow(body.source)
  expect(body.receiver.requests[0]?.body.toString()).toBe('{"range":{"from":1779001200000,"to":"until 1779004800"}}')
  const form = await open(
    {
      ...windowed,
      request: { path: '/q', form: { since: '{{from}}' } },
      page: { type: 'token', next: 'body.n', into: 'body.cursor' },
    },
    (_request, index) => ({ body: page([], index === 0 ? { n: 'a&b' } : {}) }),
  )
  await readWindow(form.source)
  expect(form.receiver.requests.map((asked) => asked.body.toString())).toEqual([
    'since=2026-05-17T07%3A00%3A00.000Z',
    'since=2026-05-17T07%3A00%3A00.000Z&cursor=a%26b',
  ])
})

it('a cursor that is a 64-bit number keeps its digits', async () => {
  const { source, paths } = await open(
    { ...windowed, page: { type: 'token', next: 'body.next', into: 'query.c' } },
    (_request, index) => ({
      body: index === 0 ? page([1]).replace('}]}', '}],"next":9223372036854775807}') : page([]),
    }),
  )
  await readWindow(source)
  expect(paths()[1]).toContain('c=9223372036854775807')
})

it('row 33: when the total changes during a walk the rows have shifted, and the walk begins anew', async () => {
  const shown = [
    ['9', '8', '7', '6', '5', '4'],
    ['8', '7', '6', '5', '4'],
  ]
  const { source } = await open(
    { ...windowed, page: { type: 'number', into: 'query.page', total: 'body.total', size: 2 } },
    (request, index) => {
      // After the first page one row is gone: "6" moves onto the page that was read.
      const rows = shown[index === 0 ? 0 : 1] as string[]
      const at = (Number(queryOf(request).get('page')) - 1) * 2
      return { body: page(rows.slice(at, at + 2), { total: rows.length }) }
    },
  )
  const read = await readWindow(source)
  expect(read.error).toBeUndefined()
  expect(new Set(read.ids)).toEqual(new Set(['9', '8', '7', '6', '5', '4']))
})

it('row 33: a list that never stands still is an error', async () => {
  const { source, paths } = await open(
    { ...windowed, page: { type: 'number', into: 'query.page', total: 'body.total', size: 2 } },
    (request, index) => ({
      body: page([`${index}a`, `${index}b`], {
        total: 4 + (index % 2) + (queryOf(request).get('page') === '3' ? 0 : 2),
      }),
    }),
  )
  const read = await readWindow(source)
  expect(read.error?.message).toMatch(/changed during each of 3 walks/)
  expect(paths().length).toBeLessThan(20)
})

it('more pages than max_pages: the window is too wide', async () => {
  const { source } = await open(
    { ...windowed, page: { type: 'token', next: 'body.next', into: 'query.c', max_pages: 3 } },
    (_request, index) => ({ body: page([index], { next: `n${index}` }) }),
  )
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect(read.ids).toEqual(['0', '1', '2'])
})

it('a list that the source cuts off silently: the window is too wide, and nothing of the page is taken', async () => {
  const { source } = await open({ ...windowed, records: { at: 'body.events', cut_at: 3 } }, { body: page([1, 2, 3]) })
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect(read.ids).toEqual([])
})

it('derived ids: equal records stay apart, and reading again or going on gives the same ids', async () => {
  const same = { type: 'a.b', at: '2026-05-17T07:30:00Z' }
  const { source } = await open(
    {
      ...windowed,
      event: { event_id: { derived: true }, event_type: 'type', occurred_at: 'at' },
      page: { type: 'number', into: 'query.page' },
    },
    (request) => ({
      body: JSON.stringify({
        events: [[same, { ...same, n: 1 }], [same], []][Number(queryOf(request).get('page')) - 1],
      }),
    }),
  )
  const whole = await readWindow(source)
  expect(new Set(whole.ids).size).toBe(3)
  const first = await readWindow(source, { pages: 1 })
  const rest = await readWindow(source, { progress: first.progress[0] as string })
  expect([...first.ids, ...rest.ids]).toEqual(whole.ids)
})

it('numbers and order of the source stay as they were written', async () => {
  const text = `{"events":[{"id":"1","type":"a.b","at":"2026-05-17T07:30:00Z","n":9223372036854775807, "x":1.10}]}`
  const { source } = await open(windowed, { body: text })
  const pages = (source as WindowSource).readWindow({ part: '', window: hour, progress: null }, never)
  for await (const read of pages) expect(read.draft.field(0, 'data')).toContain('"n":9223372036854775807, "x":1.10')
  expect.assertions(1)
})

it('fan_out: each value of a list that the source gives is a part', async () => {
  const { source, paths } = await open(
    {
      ...windowed,
      request: { path: '/t/{{tenant}}/logs', query: { since: '{{from}}' } },
      fan_out: { over: { request: { path: '/tenants' }, at: 'body.tenants', id: 'key' }, as: 'tenant' },
    },
    ({ path }) => ({
      body: path === '/tenants' ? '{"tenants":[{"key":"a"},{"key":7}]}' : page([path.split('/')[2] as string]),
    }),
  )
  const parts = await source.parts?.(new AbortController().signal)
  expect(parts).toEqual(['a', '7'])
  expect((await readWindow(source, { part: '7' })).ids).toEqual(['7'])
  expect(paths().at(-1)).toMatch(/^\/t\/7\/logs\?since=/)
})
