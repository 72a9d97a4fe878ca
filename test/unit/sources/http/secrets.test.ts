// What the requests of a definition hold that nobody may see: not in a message, and not in what is kept.
import { expect, it } from 'vitest'
import { http } from '../../../../src/sources/http/index.ts'
import { startReceiver } from '../../../fakes/http-receiver.ts'
import { open, page, pull, readWindow, windowed } from './reading.ts'

it('the key of every request is a secret, wherever it stands', () => {
  const key = (name: string): object => ({ path: '/x', query: { api_key: `sesame-${name}` } })
  const given = {
    ...windowed,
    url: 'https://x.test',
    request: {
      path: '/logs',
      body: { from: '{{from}}', deep: { password: 'sesame-body' }, list: [{ token: 'sesame-list' }] },
    },
    page: { type: 'token', next: 'body.next', request: { body: { cursor: '{{cursor}}', secret: 'sesame-page' } } },
    steps: [{ name: 'job', request: { path: '/jobs', form: { client_secret: 'sesame-form' } } }],
    items: { request: { path: '/list', headers: { 'X-Api-Key': 'sesame-items' } } },
    fan_out: { over: { request: key('parts') } },
    errors: [{ status: 400, do: 'retry', send: key('send'), body: { token_type: 'bearer' } }],
  }
  expect([...http.options.parse(given).secrets].toSorted()).toEqual(
    ['body', 'form', 'items', 'list', 'page', 'parts', 'send'].map((name) => `sesame-${name}`),
  )
  const feed = {
    ...windowed,
    url: 'https://x.test',
    mode: 'feed',
    request: { path: '/logs' },
    page: { type: 'link' },
    backfill: { request: { path: '/logs', query: { from: '{{from}}', api_key: 'sesame-backfill' } } },
  }
  expect(http.options.parse(feed).secrets).toEqual(['sesame-backfill'])
})

it('a key that the source repeats in its next links is not kept with them, and is sent with them all the same', async () => {
  const key = 'se same/1'
  const query = { from: '{{from}}', api_key: key }
  const encoded = new URLSearchParams({ api_key: key }).toString()
  let url = ''
  const script = ({ path }: { path: string }): { body: string } => {
    const after = new URL(path, 'http://x').searchParams.get('after')
    const next = `${url}/logs?after=${Number(after ?? 0) + 1}&${encoded}&sig=a%2Fb+c`
    return { body: page([after ?? 0], after === '2' ? {} : { next }) }
  }
  const paged = { ...windowed, request: { path: '/logs', query }, page: { type: 'next_url', next: 'body.next' } }
  const windows = await open(paged, script)
  url = windows.receiver.url
  const read = await readWindow(windows.source)
  expect(read.ids).toEqual(['0', '1', '2'])
  expect(JSON.stringify(read.progress)).not.toMatch(/same/)
  expect(windows.receiver.requests[1]?.path).toBe(`/logs?after=1&api_key=${encodeURIComponent(key)}&sig=a%2Fb+c`)
  const feed = await open({ ...paged, mode: 'feed', url }, script)
  const pulled = await pull(feed.source)
  expect(pulled.ids).toEqual(['0', '1', '2'])
  expect(JSON.stringify([...pulled.cursors])).not.toMatch(/same/)
  const later = await open(
    { ...paged, mode: 'feed', url, request: { path: '/logs', query: { ...query, api_key: 'turned' } } },
    script,
  )
  await pull(later.source, pulled.cursors)
  expect(windows.receiver.requests.at(-1)?.path).toContain('after=2&api_key=turned&')
})

it('a link elsewhere that asks for a key by the words of what is kept does not get it', async () => {
  const other = await startReceiver()
  other.answer({ body: page([2]) })
  const given = {
    ...windowed,
    request: { path: '/logs', query: { from: '{{from}}', api_key: 'sesame-own' } },
    page: { type: 'next_url', next: 'body.next' },
    follow: { hosts: [new URL(other.url).host] },
  }
  const next = `${other.url}/x?a=(secret:api_key)&b=sesame-own`
  const { source } = await open(given, { body: page([1], { next }) })
  expect((await readWindow(source)).ids).toEqual(['1', '2'])
  expect(JSON.stringify(other.requests)).not.toContain('sesame')
  await other.close()
})
