// What ends a list, an answer or a set of parts, and what only looks like it.
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { WindowSource } from '../../../../src/sources/source.ts'
import { never, open, page, readWindow, windowed } from './reading.ts'

const token = { ...windowed, page: { type: 'token', next: 'body.next', into: 'query.after', more: 'body.more' } }

it('there is more, it is said, but nothing to go on by: an error, and no end', async () => {
  for (const [given, body] of [
    [token, page([1], { more: true })],
    [token, page([], { more: true })],
    [{ ...windowed, page: { type: 'last_id', into: 'query.after', more: 'body.more' } }, page([], { more: true })],
    [{ ...windowed, page: { type: 'offset', size: 2, into: 'query.first', more: 'body.more' } }, page([], { more: 1 })],
    [{ ...windowed, page: { type: 'none', more: 'body.more' } }, page([1], { more: true })],
  ] as const) {
    const { source } = await open(given, { body })
    expect((await readWindow(source)).error).toMatchObject({
      name: 'SourceError',
      kind: 'transient',
      message: expect.stringMatching(/more/) as string,
    })
  }
})

it('an empty page is no end where it is said that there is more', async () => {
  const given = { ...token, page: { ...token.page, end: ['empty_page'] } }
  const { source } = await open(given, ({ path }) => ({
    body: path.includes('after') ? page([1], { more: false }) : page([], { next: 'a', more: true }),
  }))
  expect((await readWindow(source)).ids).toEqual(['1'])
})

const line = '{"id":"1","type":"a.b","at":"2026-05-17T07:30:00Z"}'
const bare = (body: string): string => `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body}`

it('row 35: an answer whose length nobody says is whole only with a line end', async () => {
  for (const [decode, body] of [
    ['ndjson', line],
    ['csv', 'id,type,at\n1,a.b,2026-05-17T07:30:00Z'],
  ] as const) {
    const { receiver, source } = await open(
      { ...windowed, records: { decode } },
      { raw: bare(body), cutAt: bare(body).length },
    )
    expect((await readWindow(source)).error).toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(/cut off, at byte/) as string,
    })
    receiver.answer({ raw: bare(`${body}\n`), cutAt: bare(body).length + 1 })
    expect((await readWindow(source)).ids).toEqual(['1'])
    receiver.answer({ body })
    expect((await readWindow(source)).ids).toEqual(['1'])
  }
})

it('what a rule says of the list of parts is an error of the source, not of a window', async () => {
  const given = {
    ...windowed,
    request: { ...windowed.request, path: '/{{part}}' },
    fan_out: { over: { request: { path: '/tenants' }, at: 'body.tenants', id: 'id' } },
    errors: [{ status: 404, do: 'too_wide' }],
  }
  const { source } = await open(given, { status: 404, body: '' })
  await expect((source as WindowSource).parts?.(never)).rejects.toMatchObject({
    name: 'SourceError',
    kind: 'transient',
  })
})

it('row 37: an answer that was cut off at the limit names the limit, also when it was compressed', async () => {
  const block = `${randomBytes(200).toString('hex')}${'x'.repeat(2 ** 14)}`
  const pad = block.repeat((66 * 1024 ** 2) / 2 ** 14)
  const body = gzipSync(JSON.stringify({ events: [], pad }), { level: 1 })
  const { source } = await open(windowed, { body, headers: { 'content-encoding': 'gzip' } })
  expect((await readWindow(source)).error).toMatchObject({
    name: 'WindowError',
    message: expect.stringMatching(/more than 64 MiB/) as string,
  })
})

it('a list that ends with a first page that is full is told, once', async () => {
  const cursor = { type: 'token', next: 'body.nxt', into: 'query.after', size: 2 }
  for (const [given, body, told] of [
    [{ ...windowed, page: cursor }, page([1, 2], { next: 'b' }), ['full_last_page']],
    [{ ...windowed, page: cursor }, page([1]), []],
    [{ ...windowed, page: { ...cursor, more: 'body.more' } }, page([1, 2], { more: false }), []],
  ] as const) {
    const { source, tools } = await open(given, { body })
    for (let reading = 0; reading < 2; reading++) expect((await readWindow(source)).error).toBeUndefined()
    expect(tools.notices.map(({ code }) => code)).toEqual(told)
  }
})
