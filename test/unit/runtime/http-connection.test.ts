// The way to a receiver: through a proxy that is a real one, by a certificate of our own, with an authority of one's own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type Connection, openPool } from '../../../src/runtime/http-connection.ts'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import type { HttpError, HttpReply } from '../../../src/runtime/http.ts'
import { type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const file = (name: string): string => fileURLToPath(new URL(`../../fakes/tls/${name}.pem`, import.meta.url))
const pem = (name: string): string => readFileSync(file(name), 'utf8')
const secure = { key: pem('good-key'), cert: pem('good') }

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function receiverOf(...given: Parameters<typeof startReceiver>): Promise<Receiver> {
  const receiver = await startReceiver(...given)
  closing.push(() => receiver.close())
  return receiver
}

/** A proxy that tunnels, and writes down for whom. The first `deafTo` that ask for a way get no answer. */
async function proxy(authorization?: string, deafTo = 0): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((_request, reply) => reply.writeHead(405).end())
  server.on('connect', (request, socket: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`)
    sockets.add(socket.on('error', () => undefined))
    if (asked.length <= deafTo) return
    if (authorization !== undefined && request.headers['proxy-authorization'] !== authorization)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
    const [host, port] = (request.url ?? '').split(':')
    const out = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      out.pipe(socket)
      socket.pipe(out)
    })
    sockets.add(out.on('error', () => undefined))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function ask(url: string, connection: Connection): Promise<HttpReply | HttpError> {
  const client = createHttpClient({ inFlight: 1, timeoutMs: 10_000, ...connection })
  closing.unshift(() => client.close())
  const request = { method: 'POST', url: `${url}/hook`, headers: { 'x-one': '1' }, body: Buffer.from('hello') } as const
  return client.request(request, new AbortController().signal).catch((error: unknown) => error as HttpError)
}

describe('through a proxy', () => {
  it.each([
    ['http', undefined],
    ['https', secure],
  ])('%s is tunnelled: the receiver gets the very request, the proxy only its address', async (_scheme, tls) => {
    const [receiver, through] = [await receiverOf(tls), await proxy()]
    const reply = await ask(receiver.url, { proxy: through.url, caFile: file('ca') })
    expect(reply).toMatchObject({ status: 200 })
    expect(receiver.requests[0]).toMatchObject({ method: 'POST', path: '/hook', headers: { 'x-one': '1' } })
    expect(receiver.requests[0]?.headers).not.toHaveProperty('proxy-authorization')
    expect(through.asked).toEqual([`${new URL(receiver.url).host} -`])
  })

  it('user and password go to the proxy alone', async () => {
    const wanted = `Basic ${Buffer.from('me:pa ss').toString('base64')}`
    const [receiver, through] = [await receiverOf(secure), await proxy(wanted)]
    const withUser = through.url.replace('//', '//me:pa%20ss@')
    expect(await ask(receiver.url, { proxy: withUser, caFile: file('ca') })).toMatchObject({ status: 200 })
    expect(through.asked[0]).toContain(wanted)
    expect(JSON.stringify(receiver.requests[0]?.headers)).not.toContain(wanted)
  })

  it('a proxy that refuses us is told apart from the receiver, and named without its password', async () => {
    const [receiver, through] = [await receiverOf(secure), await proxy('Basic something')]
    const error = await ask(receiver.url, { proxy: through.url.replace('//', '//me:sesame@'), caFile: file('ca') })
    expect(error).toMatchObject({ name: 'HttpError', kind: 'proxy' })
    expect((error as HttpError).message).toMatch(/through the proxy 127\.0\.0\.1:\d+: the proxy answered 407/)
    expect((error as HttpError).message).not.toContain('sesame')
    expect(receiver.requests).toHaveLength(0)
  })

  it('a proxy that is not there is unreachable', async () => {
    const receiver = await receiverOf(secure)
    expect(await ask(receiver.url, { proxy: 'http://127.0.0.1:9', caFile: file('ca') })).toMatchObject({
      kind: 'connect',
    })
  })

  it('a proxy that is silent when asked for a way is given up in time, and asked again', async () => {
    const [receiver, through] = [await receiverOf(), await proxy(undefined, 1)]
    const pool = await openPool(receiver.url, { proxy: through.url, connections: 1, connectMs: 100, lifeMs: 60_000 })
    closing.push(() => pool.destroy())
    const request = { origin: receiver.url, path: '/hook', method: 'GET' } as const
    await expect(pool.request(request)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' })
    expect(receiver.requests).toHaveLength(0)
    expect((await pool.request(request)).statusCode).toBe(200)
    expect(through.asked).toHaveLength(2)
  }, 10_000)

  it('the certificate of the receiver is verified behind it, too', async () => {
    const [receiver, through] = [await receiverOf(secure), await proxy()]
    expect(await ask(receiver.url, { proxy: through.url })).toMatchObject({ kind: 'tls' })
  })
})

describe('who we are', () => {
  const demanding = { ...secure, requestCert: true, rejectUnauthorized: true, ca: pem('ca') }

  it('a receiver that asks for our certificate gets it', async () => {
    const receiver = await receiverOf(demanding)
    const connection = { caFile: file('ca'), certFile: file('good'), keyFile: file('good-key') }
    expect(await ask(receiver.url, connection)).toMatchObject({ status: 200 })
    expect(await ask(receiver.url, { caFile: file('ca') })).toMatchObject({ name: 'HttpError' })
  })

  it.each([
    ['a half-written certificate', pem('good').slice(0, 400), pem('good-key')],
    ['a half-written key', pem('good'), pem('good-key').slice(0, 80)],
    ['the key of another', pem('good'), pem('other-key')],
  ])('%s is a fault of the set-up', async (_name, cert, key) => {
    const receiver = await receiverOf(demanding)
    const folder = mkdtempSync(join(tmpdir(), 'audit-relay-pem-'))
    closing.push(() => Promise.resolve(rmSync(folder, { recursive: true })))
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
    const error = await ask(receiver.url, { caFile: file('ca'), certFile, keyFile })
    expect(error).toMatchObject({ name: 'HttpError', kind: 'tls' })
    expect((error as HttpError).message).toContain('[ERR_OSSL_')
  })

  it('a file that is not there says which', async () => {
    const receiver = await receiverOf(demanding)
    const error = await ask(receiver.url, { caFile: '/nowhere/ca.pem' })
    expect(error).toMatchObject({
      kind: 'tls',
      message: expect.stringContaining('/nowhere/ca.pem cannot be read') as string,
    })
    expect((error as HttpError).message).toContain('ENOENT')
  })
})
