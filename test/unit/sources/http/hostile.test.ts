// Sources that are broken or mean harm: nothing of what they say may move a cursor past what was read.
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { answerBytes } from '../../../fakes/http-receiver.ts'
import { open, page, pull, readWindow, windowed } from './reading.ts'

const tokens = { ...windowed, page: { type: 'token', next: 'body.next', into: 'query.c' } }

it('row 30: a cursor that leads back is an error; the page that named it is not taken', async () => {
  const { source, paths } = await open(tokens, (_request, index) => ({
    body: page([index], { next: ['a', 'b', 'a'][index] }),
  }))
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'SourceError', kind: 'transient' })
  expect(read.ids).toEqual(['0', '1'])
  expect(paths()).toHaveLength(3)
})

it('row 30: the same address again is an error', async () => {
  let url = ''
  const opened = await open({ ...windowed, page: { type: 'link' } }, () => ({
    body: page([1]),
    headers: { link: `<${url}/logs?x=1>; rel=next` },
  }))
  url = opened.receiver.url
  expect((await readWindow(opened.source)).error?.message).toMatch(/circle/)
  expect(opened.paths()).toHaveLength(2)
})

it('row 30: a source that does not understand the page number gives one page for ever', async () => {
  const { source, paths } = await open(
    { ...windowed, page: { type: 'number', into: 'query.page' } },
    { body: page([1, 2]) },
  )
  expect((await readWindow(source)).error?.message).toMatch(/same page twice/)
  expect(paths()).toHaveLength(2)
})

it('row 31: a thousand empty pages with another to follow are read, and what comes behind them', async () => {
  const { source } = await open({ ...tokens, page: { ...tokens.page, max_pages: 5000 } }, (_request, index) => ({
    body: index < 1000 ? page([], { next: index + 1 }) : page(['x']),
  }))
  expect((await readWindow(source)).ids).toEqual(['x'])
})

it('row 31: empty pages without end are an error', async () => {
  const { source, paths } = await open({ ...tokens, page: { ...tokens.page, max_pages: 5000 } }, (_request, index) => ({
    body: page([], { next: index + 1 }),
  }))
  expect((await readWindow(source)).error?.message).toMatch(/1000 empty pages/)
  expect(paths()).toHaveLength(1001)
})

const shapes: readonly (readonly [name: string, body: string, headers: Readonly<Record<string, string>>])[] = (
  [
    ['nothing', ''],
    ['blanks', '  \n'],
    ['{}', '{}'],
    ['[]', '[]'],
    ['null', 'null'],
    ['true', 'true'],
    ['0', '0'],
    ['a text', '"ok"'],
    ['another member', '{"data":[]}'],
    ['null in place of the list', '{"events":null}'],
    ['a map in place of the list', '{"events":{}}'],
    ['a text in place of the list', '{"events":"[]"}'],
    ['a number in place of the list', '{"events":0}'],
    ['the list one level deeper', '{"data":{"events":[]}}'],
    ['another case', '{"Events":[]}'],
    ['success: false', '{"success":false,"reasons":[{"code":53100020}]}'],
    ['an error', '{"error":{"code":500,"message":"internal"}}'],
    ['two values', '{"events":[]}{"events":[]}'],
    ['a comma too many', '{"events":[],}'],
    ['single quotes', "{'events':[]}"],
    ['a page', '<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' }],
    ['a page that is said to be JSON', '<html><body>Sign in</body></html>', { 'content-type': 'application/json' }],
    ['plain text', 'Service unavailable', { 'content-type': 'text/plain' }],
    ['XML', '<?xml version="1.0"?><error/>'],
    ['NUL', '\0'],
    ['JSON behind a guard', ')]}\',\n{"events":[]}'],
    ['lines', '{"id":1}\n{"id":2}\n'],
    ['a callback', 'cb({"events":[]})'],
  ] as [string, string, Record<string, string>?][]
).map(([name, body, headers = {}]) => [name, body, headers])

it.each(shapes)('row 34: 200 with %s is an error', async (_name, body, headers) => {
  const { source } = await open(windowed, { body, headers })
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'SourceError' })
  expect(read.progress).toEqual([])
})

it.each(shapes)('row 34: a feed that gets %s keeps its cursor', async (_name, body, headers) => {
  const { source } = await open(
    { ...windowed, request: { path: '/f', query: { c: '{{cursor}}' } }, page: { type: 'token', next: 'body.next' } },
    { body, headers },
  )
  const cursors = new Map([['', JSON.stringify({ cursor: 'x', since: 0 })]])
  const read = await pull(source, cursors)
  expect(read.error).toMatchObject({ name: 'SourceError' })
  expect(read.pages).toEqual([])
})

it('row 34: rules of the definition look at 200, too', async () => {
  const { source } = await open(
    { ...windowed, errors: [{ body: { success: false }, do: 'throttle', after: '7s' }] },
    { body: '{"success":false,"events":[]}' },
  )
  expect((await readWindow(source)).error).toMatchObject({ kind: 'limited', afterMs: 7000 })
})

it('row 35: an answer cut off at any byte is an error', async () => {
  const whole = answerBytes({ body: page([1, 2, 3], { next: 'n' }) })
  const { source, receiver } = await open(tokens, {})
  for (let cutAt = 0; cutAt < whole.length; cutAt += 1) {
    receiver.answer({ body: page([1, 2, 3], { next: 'n' }), cutAt })
    const read = await readWindow(source)
    expect(read.error, `cut at ${cutAt}`).toMatchObject({ name: 'SourceError' })
    expect(read.progress).toEqual([])
  }
})

it('row 35: JSON that ends too early within an answer that came whole is an error', async () => {
  const text = page([1, 2])
  const { source, receiver } = await open(windowed, {})
  for (let length = 0; length < text.length; length += 1) {
    receiver.answer({ body: text.slice(0, length) })
    expect((await readWindow(source)).error, `${length} bytes`).toMatchObject({ name: 'SourceError' })
  }
})

it('row 36: an answer larger than what is kept: narrower windows are tried', async () => {
  const { source } = await open(windowed, { endless: true })
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect(read.progress).toEqual([])
}, 30_000)

it('row 36: one record that is too large is set aside, the others arrive', async () => {
  const large = { id: 'L', type: 'a.b', at: '2026-05-17T07:30:00Z', x: 'y'.repeat(2 * 1024 ** 2) }
  const { source } = await open(windowed, { body: JSON.stringify({ events: [large, { ...large, id: 'S', x: 1 }] }) })
  expect((await readWindow(source)).ids).toEqual(['S'])
})

it('row 37: a compressed answer is read; one that grows beyond every measure is an error', async () => {
  const { source, receiver } = await open(windowed, {
    body: gzipSync(page([1])),
    headers: { 'content-encoding': 'gzip' },
  })
  expect((await readWindow(source)).ids).toEqual(['1'])
  receiver.answer({ body: gzipSync(Buffer.alloc(80 * 1024 ** 2, 0x20)), headers: { 'content-encoding': 'gzip' } })
  const read = await readWindow(source)
  expect(read.error?.name).toMatch(/^(Source|Window)Error$/)
  expect(read.progress).toEqual([])
})

it('row 38: a record that is not UTF-8 is set aside, the others arrive', async () => {
  const body = Buffer.from(page([1, 2]))
  body[body.indexOf('a.b')] = 0xff
  const { source } = await open(windowed, { body })
  expect((await readWindow(source)).ids).toEqual(['2'])
})

it.each([
  ['another host', 'https://evil.example/logs?after=2'],
  ['another port', 'http://127.0.0.1:1/logs'],
  ['metadata', 'http://169.254.169.254/latest'],
  ['a file', 'file:///etc/passwd'],
  ['a name and password', 'http://user:pass@127.0.0.1/'],
  ['no address', 'http://['],
])('row 47: a next link to %s is refused; nothing of the page is lost', async (_name, address) => {
  const { source, paths } = await open(
    { ...windowed, auth: { token: 'sesame-sesame' }, page: { type: 'next_url', next: 'body.next' } },
    { body: page([1], { next: address }) },
  )
  const read = await readWindow(source)
  expect(read.error).toMatchObject({ name: 'SourceError', kind: 'denied' })
  expect(read.ids).toEqual(['1'])
  expect(paths()).toHaveLength(1)
})

it.each([301, 302, 307, 308])('row 47: a redirect (%s) is not followed', async (status) => {
  const { source, paths } = await open(windowed, { status, headers: { location: 'https://evil.example/' } })
  expect((await readWindow(source)).error).toMatchObject({ name: 'SourceError' })
  expect(paths()).toHaveLength(1)
})

it('row 44: a limit that says nothing of how long lasts a minute', async () => {
  const { source } = await open(
    { ...windowed, errors: [{ status: 403, body_contains: 'rate limit', do: 'throttle' }] },
    { status: 403, body: 'API Rate Limit exceeded' },
  )
  expect((await readWindow(source)).error).toMatchObject({ kind: 'limited', afterMs: 60_000 })
})

it('no secret in an error, whoever repeats it', async () => {
  const secrets = ['tok-0123456789', 'param-9876543210', 'header-555555555']
  const { source } = await open(
    {
      ...windowed,
      params: { api_key: secrets[1] },
      auth: { token: secrets[0] },
      request: {
        path: '/logs',
        query: { key: '{{params.api_key}}', from: '{{from}}' },
        headers: { 'x-api-key': secrets[2] },
      },
      errors: [{ status: 418, do: 'deny', say: 'look' }],
    },
    ({ headers, path }, index) => ({
      status: index === 0 ? 418 : 400,
      body: `${headers['authorization']} ${path} ${headers['x-api-key']}`,
    }),
  )
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const read = await readWindow(source)
    expect(read.error).toMatchObject({ kind: 'denied' })
    for (const secret of secrets) expect(read.error?.message).not.toContain(secret)
  }
})
