import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import { type HttpClient, HttpError } from '../../../src/runtime/http.ts'
import { type Answer, answerBytes, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const never = new AbortController().signal
const keptBytes = 4 * 1024 ** 2
let receiver: Receiver
let client: HttpClient

beforeAll(async () => {
  receiver = await startReceiver()
  client = createHttpClient({ inFlight: 1, timeoutMs: 10_000, decode: true, bodyBytes: keptBytes })
})
afterAll(async () => {
  await client.close()
  await receiver.close()
})

const get = () => client.request({ method: 'GET', url: receiver.url, headers: {} }, never)

async function failure(): Promise<HttpError> {
  const error = await get().then(
    (reply) => reply,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(HttpError)
  return error as HttpError
}

const ENCODINGS: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
]
const page = Buffer.from(
  JSON.stringify({
    events: Array.from({ length: 12 }, (_, at) => ({ id: `${at}-${at * 7919}`, type: 'user.added', text: 'Ärger' })),
  }),
)

function chunked(body: Buffer, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = Object.entries({ ...headers, 'transfer-encoding': 'chunked' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const half = body.length >> 1
  const pieces = [body.subarray(0, half), body.subarray(half)].map((piece) =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  )
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`), ...pieces, Buffer.from('0\r\n\r\n')])
}

describe('compressed answers', () => {
  it('are asked for, unless the request says otherwise', async () => {
    receiver.answer({ body: 'ok' })
    await get()
    expect(receiver.requests.at(-1)?.headers['accept-encoding']).toBe('gzip, deflate, br, zstd')
    await client.request({ method: 'GET', url: receiver.url, headers: { 'accept-encoding': 'identity' } }, never)
    expect(receiver.requests.at(-1)?.headers['accept-encoding']).toBe('identity')
  })

  it.each(ENCODINGS)('%s is undone', async (name, compress) => {
    receiver.answer({ headers: { 'content-encoding': name, etag: 'x' }, body: compress(page) })
    const reply = await get()
    expect(Buffer.from(reply.body).equals(page)).toBe(true)
    expect(reply.truncated).toBe(false)
    expect({ ...reply.headers }).toMatchObject({ etag: 'x' })
    expect(reply.headers['content-encoding']).toBeUndefined()
  })

  it('a client that does not ask for it leaves answers as they are', async () => {
    const plain = createHttpClient({ inFlight: 1, timeoutMs: 10_000 })
    receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(page) })
    const reply = await plain.request({ method: 'GET', url: receiver.url, headers: {} }, never)
    expect(receiver.requests.at(-1)?.headers['accept-encoding']).toBeUndefined()
    expect(Buffer.from(reply.body).equals(gzipSync(page))).toBe(true)
    await plain.close()
  })

  it.each([204, 304])('an answer %d has no body to undo', async (status) => {
    receiver.answer({ raw: `HTTP/1.1 ${status} No\r\ncontent-encoding: gzip\r\n\r\n` })
    expect(await get()).toMatchObject({ status, truncated: false })
  })

  it('an answer that says that it is empty is empty', async () => {
    receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: '' })
    expect((await get()).body.byteLength).toBe(0)
  })

  it.each([
    ['gzip, gzip', gzipSync(gzipSync(page))],
    ['gzip,br', gzipSync(page)],
    ['compress', page],
    ['aes128gcm', page],
  ])('row 37: %s is not undone: one level, and what was asked for', async (name, body) => {
    receiver.answer({ headers: { 'content-encoding': name }, body })
    expect(await failure()).toMatchObject({ kind: 'broken' })
  })

  it.each(ENCODINGS)('row 37: a bomb in %s is given up', async (name, compress) => {
    receiver.answer({ headers: { 'content-encoding': name }, body: compress(Buffer.alloc(64 * 1024 ** 2)) })
    const before = process.memoryUsage().arrayBuffers
    const result = await get().catch((error: unknown) => error)
    // Either it unpacks beyond what is kept, or it does so by more than an honest text could.
    if (result instanceof HttpError) expect(result).toMatchObject({ kind: 'broken' })
    else expect(result).toMatchObject({ truncated: true, body: Buffer.alloc(0) })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 ** 2)
  })

  it('row 37: the ratio counts before the limit is reached', async () => {
    receiver.answer({ headers: { 'content-encoding': 'br' }, body: brotliCompressSync(Buffer.alloc(3 * 1024 ** 2)) })
    expect((await failure()).message).toContain('500 times')
  })

  it('row 36: the limit counts what comes out', async () => {
    const text = (bytes: number): Buffer =>
      Buffer.from(Array.from({ length: bytes / 8 }, (_, at) => String(at).padStart(8)).join(''))
    receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(text(keptBytes)) })
    expect(await get()).toMatchObject({ truncated: false })
    receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(text(keptBytes + 8)) })
    expect(await get()).toMatchObject({ truncated: true })
  })
})

describe('row 35: an answer that ends early is no answer', () => {
  const whole: readonly (readonly [string, Buffer])[] = [
    ['content-length', answerBytes({ body: page })],
    ['chunked', chunked(page)],
    ['gzip, content-length', answerBytes({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(page) })],
  ]
  it.each(whole)('%s, cut at every byte', async (_, raw) => {
    receiver.answer({ raw })
    expect(Buffer.from((await get()).body).equals(page)).toBe(true)
    for (let cutAt = 0; cutAt < raw.length; cutAt++) {
      receiver.answer({ raw, cutAt } satisfies Answer)
      expect(`${cutAt}: ${(await failure()).kind}`).toBe(`${cutAt}: broken`)
    }
  })

  it.each(ENCODINGS.filter(([name]) => name !== 'GZip'))(
    '%s cut at every byte inside a whole answer',
    async (name, compress) => {
      const body = compress(page)
      for (let cutAt = 0; cutAt < body.length; cutAt++) {
        receiver.answer({ raw: chunked(body.subarray(0, cutAt), { 'content-encoding': name }) })
        expect(`${cutAt}: ${(await failure()).kind}`).toBe(`${cutAt}: broken`)
      }
    },
  )

  it('gzip with any bit of its middle turned', async () => {
    const body = gzipSync(page)
    for (let at = 10; at < body.length; at++) {
      const bad = Buffer.from(body)
      bad[at] = (bad[at] ?? 0) ^ 0x10
      receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: bad })
      expect(`${at}: ${(await failure()).kind}`).toBe(`${at}: broken`)
    }
  })
})
