import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import type { HttpClient, HttpError } from '../../../src/runtime/http.ts'

const never = new AbortController().signal
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A server that sends `text` after a request, byte by byte, and then nothing; `deserted` resolves when its connection is gone. */
async function dripping(text: string, apartMs: number): Promise<{ url: string; deserted: Promise<void> }> {
  const { promise: deserted, resolve } = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let at = 0
    const timer = setInterval(() => at < text.length && socket.write(text.charAt(at++)), apartMs)
    socket.on('data', () => undefined).on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deserted }
}

function client(options: { timeoutMs: number; headersMs?: number; idleMs?: number }): HttpClient {
  const http = createHttpClient({ inFlight: 1, decode: true, ...options })
  open.push(() => http.close())
  return http
}

async function failure(http: HttpClient, url: string): Promise<HttpError> {
  return http.request({ method: 'GET', url, headers: {} }, never).then(
    () => expect.unreachable(),
    (error: unknown) => error as HttpError,
  )
}

describe('row 46: a server that is slow on purpose', () => {
  it('the head of the answer byte by byte', async () => {
    const { url, deserted } = await dripping(`${head}content-length: 2\r\n\r\n{}`, 20)
    expect(await failure(client({ timeoutMs: 60_000, headersMs: 100 }), url)).toMatchObject({ kind: 'timeout' })
    await deserted
  })

  it('nothing after the beginning of the body', async () => {
    const { url, deserted } = await dripping(`${head}content-length: 9\r\n\r\n{`, 0)
    expect(await failure(client({ timeoutMs: 60_000, idleMs: 100 }), url)).toMatchObject({ kind: 'timeout' })
    await deserted
  })

  it('a body byte by byte, each of them in time', async () => {
    const { url, deserted } = await dripping(`${head}content-length: 9000\r\n\r\n${' '.repeat(9_000)}`, 1)
    expect(await failure(client({ timeoutMs: 400, headersMs: 400, idleMs: 300 }), url)).toMatchObject({
      kind: 'timeout',
    })
    await deserted
  })

  it('nothing at all', async () => {
    const { url, deserted } = await dripping('', 1_000)
    expect(await failure(client({ timeoutMs: 100 }), url)).toMatchObject({ kind: 'timeout' })
    await deserted
  })
})
