import { expect, it } from 'vitest'
import { startReceiver } from '../../../fakes/http-receiver.ts'
import { open, page, readWindow, windowed } from './reading.ts'

const job = {
  ...windowed,
  steps: [
    { name: 'job', request: { path: '/jobs', body: { from: '{{from}}' } } },
    {
      name: 'done',
      request: { path: '/jobs/{{steps.job.body.id}}' },
      until: { 'body.status': 'completed' },
      fail: { 'body.status': ['failed', 'cancelled'] },
      every: '5s',
      timeout: '1m',
    },
  ],
  request: { url: '{{steps.done.body.file}}' },
}

it('steps: creates, waits until it is done, downloads', async () => {
  let asked = 0
  let url = ''
  const opened = await open({ ...job }, ({ path }) => {
    if (path === '/jobs') return { body: '{"id":9223372036854775807}' }
    if (path.startsWith('/jobs/'))
      return {
        body: JSON.stringify(++asked < 3 ? { status: 'running' } : { status: 'completed', file: `${url}/file` }),
      }
    return { body: page([1, 2]) }
  })
  url = opened.receiver.url
  const reading = readWindow(opened.source)
  while (asked < 3) await opened.clock.advance(5000)
  expect((await reading).ids).toEqual(['1', '2'])
  expect(opened.paths()).toEqual(['/jobs', ...Array.from({ length: 3 }, () => '/jobs/9223372036854775807'), '/file'])
})

it('steps: no progress is kept, because another job would find other things', async () => {
  const opened = await open(
    {
      ...job,
      steps: [job.steps[0]],
      request: { path: '/r/{{steps.job.body.id}}', query: { c: '{{cursor}}' } },
      page: { type: 'token', next: 'body.next' },
    },
    ({ path }) => ({
      body: path === '/jobs' ? '{"id":1}' : page([1], { next: path.includes('c=') ? '' : 'x' }),
    }),
  )
  expect((await readWindow(opened.source)).progress).toEqual([undefined, undefined])
})

it('steps: a job that failed is an error, one that takes too long makes the window narrower', async () => {
  const failed = await open(job, ({ path }) => ({ body: path === '/jobs' ? '{"id":1}' : '{"status":"cancelled"}' }))
  expect((await readWindow(failed.source)).error).toMatchObject({ name: 'SourceError', kind: 'transient' })
  let polled = 0
  const slow = await open(job, ({ path }) => ({
    body: path === '/jobs' ? '{"id":1}' : (polled++, '{"status":"running"}'),
  }))
  const reading = readWindow(slow.source)
  while (polled < 12) await slow.clock.advance(5000)
  await slow.clock.advance(5000)
  expect((await reading).error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
})

it('steps: a question that fails in passing is asked again, the job is not made anew', async () => {
  let polled = 0
  const opened = await open({ ...job, request: { path: '/file' } }, ({ path }) => {
    if (path === '/jobs') return { body: '{"id":1}' }
    if (path === '/file') return { body: page([1]) }
    return ++polled === 1 ? { status: 503, body: '' } : { body: '{"status":"completed"}' }
  })
  const reading = readWindow(opened.source)
  while (polled < 2) await opened.clock.advance(5000)
  expect((await reading).ids).toEqual(['1'])
  expect(opened.paths().filter((path) => path === '/jobs')).toHaveLength(1)
})

it('steps: a fault that does not pass ends the pull, and is told', async () => {
  let polled = 0
  const opened = await open(job, ({ path }) =>
    path === '/jobs' ? { body: '{"id":1}' } : (polled++, { status: 503, body: 'out of order' }),
  )
  const reading = readWindow(opened.source)
  while (polled < 5) await opened.clock.advance(5000)
  const { error } = await reading
  expect(error).toMatchObject({ kind: 'transient' })
  expect(String(error)).toContain('out of order')
})

it('row 47: a download from another host needs follow.hosts, and gets no credentials', async () => {
  const files = await startReceiver()
  files.answer({ body: page([1]) })
  const given = {
    ...job,
    auth: { token: 'sesame-sesame' },
    steps: [job.steps[0]],
    request: { url: '{{steps.job.body.file}}', headers: { 'x-api-key': 'sesame-two' } },
  }
  const script = { body: JSON.stringify({ file: `${files.url}/x?sig=1` }) }
  const refused = await open(given, script)
  expect((await readWindow(refused.source)).error).toMatchObject({ kind: 'denied' })
  expect(files.requests).toHaveLength(0)
  const allowed = await open({ ...given, follow: { hosts: [new URL(files.url).host] } }, script)
  expect((await readWindow(allowed.source)).ids).toEqual(['1'])
  expect(JSON.stringify(files.requests[0]?.headers)).not.toMatch(/sesame/)
  await files.close()
})

const items = {
  ...windowed,
  items: {
    request: { path: '/list', query: { from: '{{from}}', to: '{{to}}' } },
    at: 'body',
    id: 'id',
    page: { type: 'next_url', next: 'header.NextPageUri' },
  },
  request: { url: '{{item.uri}}' },
}

it('items: lists page by page and fetches one after the other; goes on behind the last one that was read', async () => {
  let url = ''
  let broken = true
  const opened = await open(items, ({ path }) => {
    if (path.startsWith('/list')) {
      const second = path.includes('more')
      const names = second ? ['c', 'd'] : ['a', 'b']
      return {
        body: JSON.stringify(names.map((id) => ({ id, uri: `${url}/blob/${id}` }))),
        headers: second ? {} : { NextPageUri: `${url}/list?more` },
      }
    }
    const id = path.slice(-1)
    return broken && id === 'd' ? { status: 503, body: '' } : { body: page([`${id}1`, `${id}2`]) }
  })
  url = opened.receiver.url
  const first = await readWindow(opened.source)
  expect(first.error).toMatchObject({ kind: 'transient' })
  expect(first.ids).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
  broken = false
  const before = opened.paths().length
  const rest = await readWindow(opened.source, { progress: first.progress.at(-1) as string })
  expect(rest.ids).toEqual(['d1', 'd2'])
  expect(opened.paths().slice(before)).toEqual(['/list?more', '/blob/d'])
})

it('items: one that is gone is skipped where a rule says so', async () => {
  const opened = await open(
    { ...items, request: { path: '/blob/{{item.id}}' }, errors: [{ body: { code: 'GONE' }, do: 'skip' }] },
    ({ path }) => {
      if (path.startsWith('/list')) return { body: '[{"id":"a"},{"id":"b"}]' }
      return path.endsWith('a') ? { status: 404, body: '{"code":"GONE"}' } : { body: page([1]) }
    },
  )
  expect((await readWindow(opened.source)).ids).toEqual(['1'])
  expect((await readWindow(opened.source)).ids).toEqual(['1'])
  expect(opened.tools.notices).toMatchObject([
    {
      level: 'error',
      code: 'item_skipped',
      subject: '',
      text: expect.stringMatching(/blob\/a answered 404: /) as string,
    },
  ])
})
