// Where a reading that was broken off goes on: nothing that was not read may be taken for read.
import { expect, it } from 'vitest'
import { open, page, readWindow, windowed } from './reading.ts'

const items = {
  ...windowed,
  items: { request: { path: '/list', query: { from: '{{from}}', to: '{{to}}' } }, at: 'body', id: 'id' },
  request: { path: '/blob/{{item.id}}' },
  page: { type: 'token', next: 'body.next', into: 'query.after' },
} as const

/** A list of items of two pages each. `broken`: what fails, by its path. */
function blobs(list: () => string[], broken: { path: string }) {
  return ({ path }: { path: string }): { status?: number; body: string } => {
    if (path.startsWith('/list')) return { body: JSON.stringify(list().map((id) => ({ id }))) }
    if (path === broken.path) return { status: 429, body: '' }
    const id = path.split(/[/?]/u)[2] as string
    return { body: path.includes('after') ? page([`${id}2`]) : page([`${id}1`], { next: 'more' }) }
  }
}

it('items: a new item in front of the list is read from its beginning, and the one that was begun goes on', async () => {
  const broken = { path: '/blob/b?after=more' }
  let list = ['b']
  const { source } = await open(
    items,
    blobs(() => list, broken),
  )
  const first = await readWindow(source)
  expect([first.ids, first.error?.name]).toEqual([['b1'], 'SourceError'])
  broken.path = ''
  list = ['a', 'b']
  expect((await readWindow(source, { progress: first.progress.at(-1) as string })).ids).toEqual(['a1', 'a2', 'b2'])
})

it('items: an item that has no id is known by its bytes, not by its place in the list', async () => {
  const broken = { path: '/blob/c' }
  let list = ['b', 'c']
  const { id: _, ...unnamed } = items.items
  const { source } = await open(
    { ...items, items: unnamed },
    blobs(() => list, broken),
  )
  const first = await readWindow(source)
  expect(first.ids).toEqual(['b1', 'b2'])
  broken.path = ''
  list = ['a', 'b', 'c']
  const rest = await readWindow(source, { progress: first.progress.at(-1) as string })
  expect(rest.ids).toEqual(['a1', 'a2', 'c1', 'c2'])
})

it('items: where the one that was begun is no longer listed the window is begun anew', async () => {
  const broken = { path: '/blob/b?after=more' }
  let list = ['b']
  const { source } = await open(
    items,
    blobs(() => list, broken),
  )
  const first = await readWindow(source)
  list = ['a']
  const rest = await readWindow(source, { progress: first.progress.at(-1) as string })
  expect([rest.ids, rest.error]).toMatchObject([[], { name: 'WindowError', kind: 'expired' }])
})

const numbered = {
  ...windowed,
  request: { path: '/logs', query: { from: '{{from}}', to: '{{to}}', size: '{{size}}', key: 'sesame-1' } },
  page: { type: 'number', into: 'query.page', size: 2 },
}

it('a page number of another page size is no progress: the window is begun anew', async () => {
  const script = ({ path }: { path: string }): { body: string } => ({
    body: path.includes('page=3') ? page([]) : page([path.includes('page=1') ? 1 : 2]),
  })
  const one = await open(numbered, script)
  const progress = (await readWindow(one.source, { pages: 1 })).progress[0] as string
  expect(progress).not.toContain('sesame')
  const turnedKey = { ...numbered.request.query, key: 'sesame-2' }
  const same = await open({ ...numbered, url: one.receiver.url, request: { path: '/logs', query: turnedKey } }, script)
  expect((await readWindow(same.source, { progress })).ids).toEqual(['2'])
  const other = await open({ ...numbered, url: one.receiver.url, page: { ...numbered.page, size: 3 } }, script)
  const read = await readWindow(other.source, { progress })
  expect([read.ids, read.error]).toMatchObject([[], { name: 'WindowError', kind: 'expired' }])
})

const derived = {
  ...windowed,
  event: { event_type: 'type', occurred_at: 'at' },
  page: { type: 'token', next: 'body.next', into: 'query.after' },
}
const many = Array.from({ length: 2001 }, (_, index) => index)

it('more derived ids than can be remembered: the window is too wide, unless it is narrow already', async () => {
  const script = ({ path }: { path: string }): { body: string } => ({
    body: path.includes('after') ? page(['last']) : page(many, { next: 'more' }),
  })
  const { source } = await open(derived, script)
  const wide = await readWindow(source)
  expect([wide.ids.length, wide.error]).toMatchObject([2001, { name: 'WindowError', kind: 'too_wide' }])
  const from = Date.UTC(2026, 4, 17, 7, 30)
  const narrow = await readWindow(source, { window: { from, to: from + 60_000 } })
  expect([narrow.ids.length, narrow.error]).toEqual([2002, undefined])
})

it('more derived ids than can be remembered, with nothing behind them, are no fault', async () => {
  const { source: last } = await open(
    { ...derived, page: null, items: { request: { path: '/list', query: { from: '{{from}}' } }, at: 'body' } },
    ({ path }) => ({ body: path.startsWith('/list') ? '[{"id":1}]' : page(many) }),
  )
  expect((await readWindow(last)).error).toBeUndefined()
  const { source } = await open(derived, { body: page(many) })
  expect((await readWindow(source)).error).toBeUndefined()
})

it('steps: what fails behind the first page makes the window narrower, because all of it would be asked again', async () => {
  const given = {
    ...windowed,
    steps: [{ name: 'job', request: { path: '/jobs', body: { from: '{{from}}' } } }],
    request: { path: '/jobs/{{steps.job.body.id}}' },
    page: { type: 'token', next: 'body.next', into: 'query.after' },
  }
  let failing = '/jobs/1?after=more'
  const { source } = await open(given, ({ path }) => {
    if (path === failing) return { status: 429, body: '' }
    return { body: path === '/jobs' ? '{"id":1}' : page([1], { next: 'more' }) }
  })
  const late = await readWindow(source)
  expect([late.ids, late.error]).toMatchObject([['1'], { name: 'WindowError', kind: 'too_wide' }])
  failing = '/jobs'
  expect((await readWindow(source)).error).toMatchObject({ name: 'SourceError', kind: 'limited' })
})

it('a window that the source does not get together in time is too wide, unless it is narrow already', async () => {
  const from = Date.UTC(2026, 4, 17, 7, 30)
  const narrow = { from, to: from + 60_000 }
  const gateway = await open(windowed, { status: 504, body: 'upstream timed out' })
  expect((await readWindow(gateway.source)).error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect((await readWindow(gateway.source, { window: narrow })).error).toMatchObject({ kind: 'transient' })
  const silent = await open({ ...windowed }, { never: true }, 50)
  expect((await readWindow(silent.source)).error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect((await readWindow(silent.source, { window: narrow })).error).toMatchObject({ kind: 'transient' })
})
