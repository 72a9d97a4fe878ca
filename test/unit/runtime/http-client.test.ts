// The HTTP client against a receiver on loopback that misbehaves in every way that we know of.
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClientOptions } from '../../../src/runtime/http-client.ts'
import { type HttpClient, HttpError, type HttpRequest } from '../../../src/runtime/http.ts'
import { answerBytes, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

let receiver: Receiver
const clients: HttpClient[] = []

beforeEach(async () => {
  receiver = await startReceiver()
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await receiver.close()
})

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ inFlight: 4, timeoutMs: 10_000, ...options })
  clients.push(made)
  return made
}

const never = new AbortController().signal

function post(body = 'hello', path = '/hook?token=sesame'): HttpRequest {
  return { method: 'POST', url: `${receiver.url}${path}`, headers: { 'x-one': '1' }, body: Buffer.from(body) }
}

async function failure(promise: Promise<unknown>): Promise<HttpError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(HttpError)
  return error as HttpError
}

describe('an exchange', () => {
  it('sends method, path, headers and the very bytes, and gives status, headers and body', async () => {
    receiver.answer({ status: 202, headers: { 'X-Two': '2', __proto__x: 'y' }, body: 'taken' })
    const body = Buffer.from([0, 255, 13, 10, 128])
    const reply = await client().request(
      { method: 'PUT', url: `${receiver.url}/a/b?c=d`, headers: { 'x-one': '1' }, body },
      never,
    )
    expect(receiver.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/a/b?c=d',
      headers: { 'x-one': '1', 'content-length': '5' },
    })
    expect(receiver.requests[0]?.body.equals(body)).toBe(true)
    expect(reply).toMatchObject({ status: 202, truncated: false })
    expect(reply.headers['x-two']).toBe('2')
    expect(Buffer.from(reply.body).toString()).toBe('taken')
  })

  it('joins repeated headers and gives them no prototype', async () => {
    receiver.answer({ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n__proto__: evil\r\nx-a: 1\r\nx-a: 2\r\n\r\n' })
    const { headers } = await client().request(post(), never)
    expect(headers['x-a']).toBe('1, 2')
    expect(Object.getPrototypeOf(headers)).toBeNull()
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined()
  })

  it('uses one connection again and again, and never more than inFlight', async () => {
    const one = client({ inFlight: 2 })
    for (let count = 0; count < 5; count++) await one.request(post(), never)
    await Promise.all(Array.from({ length: 20 }, () => one.request(post(), never)))
    expect(receiver.connections.opened).toBe(2)
    expect(receiver.requests).toHaveLength(25)
  })

  it('row 47: follows no redirect', async () => {
    receiver.answer({ status: 307, headers: { location: `${receiver.url}/elsewhere` } })
    expect(await client().request(post(), never)).toMatchObject({ status: 307 })
    expect(receiver.requests).toHaveLength(1)
  })

  it('waits past 103 for the answer, and takes 100 and 101 as a cut', async () => {
    receiver.answer({ raw: 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' })
    expect(await client().request(post(), never)).toMatchObject({ status: 204 })
    for (const first of ['100 Continue', '101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x']) {
      receiver.answer({ raw: `HTTP/1.1 ${first}\r\n\r\n` })
      expect((await failure(client().request(post(), never))).kind).toBe('broken')
    }
  })

  it('gives compressed garbage as it came', async () => {
    receiver.answer({ headers: { 'content-encoding': 'gzip' }, body: 'not gzip' })
    expect(Buffer.from((await client().request(post(), never)).body).toString()).toBe('not gzip')
  })

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    await client().request(post(), signal)
    receiver.answer({ cutAt: 3 })
    await failure(client().request(post(), signal))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('an answer that goes wrong', () => {
  it('rows 35 and 54: cut at any byte it is broken, and the client works on', async () => {
    const whole = { status: 200, headers: { 'x-a': 'b' }, body: 'some body' }
    const one = client()
    for (let cutAt = 0; cutAt < answerBytes(whole).length; cutAt++) {
      receiver.answer({ ...whole, cutAt })
      const error = await failure(one.request(post(), never))
      expect(`${cutAt} ${error.kind}`).toBe(`${cutAt} broken`)
    }
    receiver.answer(whole)
    expect(await one.request(post(), never)).toMatchObject({ status: 200 })
  })

  it('row 55: a connection that closes as it is used again is broken, not lost', async () => {
    const one = client()
    receiver.answer((_request, index) => (index === 1 ? { cutAt: 0 } : {}))
    await one.request(post(), never)
    expect((await failure(one.request(post(), never))).kind).toBe('broken')
    expect(await one.request(post(), never)).toMatchObject({ status: 200 })
  })

  it('row 36: keeps the beginning of a long body and reads the rest away', async () => {
    const one = client({ inFlight: 1, bodyBytes: 1000 })
    receiver.answer({ body: Buffer.alloc(300_000, 0x62) })
    const reply = await one.request(post(), never)
    expect(reply.body).toHaveLength(1000)
    expect(reply.truncated).toBe(true)
    await one.request(post(), never)
    expect(receiver.connections.opened).toBe(1)
  })

  it('gives up the connection of a body that does not end', async () => {
    receiver.answer({ endless: true })
    const reply = await client().request(post(), never)
    expect(reply).toMatchObject({ status: 200, truncated: true })
    expect(reply.body).toHaveLength(65_536)
    await receiver.deserted()
  })

  it('is broken when it is not HTTP, without a piece of it in the error', async () => {
    receiver.answer({ raw: 'sesame, not HTTP\r\n\r\n' })
    const error = await failure(client().request(post(), never))
    expect(error.kind).toBe('broken')
    expect(error.cause).toBeUndefined()
    expect(error.message).toContain('not HTTP')
  })

  it.each([
    ['no answer', { never: true }],
    ['half a header', { raw: 'HTTP/1.1 200 OK\r\nx-' }],
    ['half a body', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc' }],
  ])('row 46: %s ends with the deadline, and the connection with it', async (_name, answer) => {
    receiver.answer(answer)
    const error = await failure(client({ timeoutMs: 60 }).request(post(), never))
    expect(error.kind).toBe('timeout')
    expect(error.message).toMatch(/no (end of the )?answer within 0\.06 s/)
    await receiver.deserted()
  })

  it('row 46: the deadline holds for a request that waits for a connection, too', async () => {
    receiver.answer({ never: true })
    const one = client({ inFlight: 1, timeoutMs: 60 })
    const errors = await Promise.all([failure(one.request(post(), never)), failure(one.request(post(), never))])
    expect(errors.map((error) => error.kind)).toEqual(['timeout', 'timeout'])
    expect(errors[1]?.message).toContain('no connection within')
  })

  it('a deadline that was met does not shorten the next one', async () => {
    const one = client({ timeoutMs: 150 })
    const { promise, resolve } = Promise.withResolvers<void>()
    receiver.answer((_request, index) => (index === 0 ? {} : index === 1 ? { never: true } : { after: promise }))
    await one.request(post(), never)
    const slow = one.request(post(), never)
    await failure(slow)
    const later = one.request(post(), never)
    await receiver.received(3)
    resolve()
    expect(await later).toMatchObject({ status: 200 })
  })
})

describe('no connection', () => {
  it('refused is `connect`, and the error names neither path nor query', async () => {
    const { url } = receiver
    await receiver.close()
    const error = await failure(
      client().request({ method: 'POST', url: `${url}/sesame?token=sesame`, headers: {} }, never),
    )
    receiver = await startReceiver()
    expect(error.kind).toBe('connect')
    expect(error.message).toBe(`${url}: connection refused [ECONNREFUSED]`)
  })

  it('an address that is none of ours is refused without a look at it', async () => {
    for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense'])
      expect((await failure(client().request({ method: 'GET', url, headers: {} }, never))).kind).toBe('address')
  })

  it('a header that cannot be sent is an error, not a crash', async () => {
    const error = await failure(client().request({ ...post(), headers: { 'x-a': 'sesame\r\nx-b: c' } }, never))
    expect(error.message).not.toContain('sesame')
    expect(receiver.requests).toHaveLength(0)
  })
})

describe('an abort', () => {
  it('before, in the queue, while waiting and while reading: rejects with the reason and destroys the connection', async () => {
    const reason = new Error('shutting down')
    await expect(client().request(post(), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(receiver.requests).toHaveLength(0)
    for (const answer of [{ never: true }, { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc' }]) {
      receiver.answer(answer)
      const one = client({ inFlight: 1 })
      const controller = new AbortController()
      const before = receiver.requests.length
      const sent = one.request(post(), controller.signal)
      const queued = one.request(post('queued'), controller.signal)
      const both = Promise.allSettled([sent, queued])
      await receiver.received(before + 1)
      controller.abort(reason)
      expect(await both).toEqual([
        { status: 'rejected', reason },
        { status: 'rejected', reason },
      ])
      await receiver.deserted()
      receiver.answer({})
      expect(await one.request(post(), never)).toMatchObject({ status: 200 })
      expect(receiver.requests.some((request) => request.body.toString() === 'queued')).toBe(false)
    }
  })
})

describe('closing', () => {
  it('lets what is in flight end, may be repeated, and refuses what comes after', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    receiver.answer({ after: held })
    const one = client()
    const sent = one.request(post(), never)
    await receiver.received(1)
    const closing = Promise.all([one.close(), one.close()])
    expect((await failure(one.request(post(), never))).message).toContain('closed')
    release()
    expect(await sent).toMatchObject({ status: 200 })
    await closing
    await one.close()
    await receiver.deserted()
  })

  it('does not wait longer than the deadline, nor after an abort', async () => {
    receiver.answer({ never: true })
    const one = client({ timeoutMs: 60 })
    const expired = failure(one.request(post(), never))
    await one.close()
    expect((await expired).kind).toBe('timeout')
    const two = client()
    const controller = new AbortController()
    const aborted = two.request(post(), controller.signal).catch((error: unknown) => error)
    const closing = two.close()
    controller.abort(new Error('stop'))
    expect(await aborted).toMatchObject({ message: 'stop' })
    await closing
    await receiver.deserted()
  })

  it('works when nothing was ever sent', async () => {
    await client().close()
  })

  it('lets a first request that is still opening its pool end', async () => {
    const one = client()
    const sent = one.request(post(), never)
    await one.close()
    expect(await sent).toMatchObject({ status: 200 })
    await receiver.deserted()
  })
})
