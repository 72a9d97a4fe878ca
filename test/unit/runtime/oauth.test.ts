// Client credentials against a server that was not written for them, and against answers that nobody should give.
import { OAuth2Server } from 'oauth2-mock-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CredentialsError, type Token } from '../../../src/runtime/bearer-token.ts'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import type { HttpClient } from '../../../src/runtime/http.ts'
import { clientCredentialsToken } from '../../../src/runtime/oauth.ts'
import { type Answer, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const clientSecret = 's3cret/with+signs=&%~é'
const client = { clientId: 'the relay', clientSecret, scope: 'https://monitor.azure.com/.default' }
const { signal } = new AbortController()
let http: HttpClient

beforeEach(() => {
  http = createHttpClient({ inFlight: 2, timeoutMs: 10_000 })
})

afterEach(() => http.close())

describe('a mock server of others', () => {
  let server: OAuth2Server

  beforeEach(async () => {
    server = new OAuth2Server()
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
  })

  afterEach(() => server.stop())

  const token = (): Promise<Token> =>
    clientCredentialsToken({ ...client, tokenUrl: `${server.issuer.url}/token` }, http, signal)

  it('gives a token of its own making', async () => {
    const { text, lifeMs } = await token()
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as object
    expect(claims).toMatchObject({ scope: client.scope, iss: server.issuer.url })
    expect(lifeMs).toBe(3_600_000)
  })

  it('sees who we are in the body alone', async () => {
    let seen: unknown
    server.service.once('beforeResponse', (_response, request: { body: object; headers: object }) => {
      seen = { ...request.body, authorization: 'authorization' in request.headers }
    })
    await token()
    expect(seen).toEqual({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: clientSecret,
      scope: client.scope,
      authorization: false,
    })
  })

  it.each([
    ['a refusal', 401, { error: 'invalid_client' }, { code: 'oauth_invalid_client' }],
    ['a fault that passes', 400, { error: 'temporarily_unavailable' }, { kind: 'broken' }],
    ['another kind of token', 200, { access_token: 'x', token_type: 'mac' }, { kind: 'broken' }],
  ])('%s', async (_name, statusCode, body, expected) => {
    server.service.once('beforeResponse', (response: { body: object; statusCode: number }) => {
      Object.assign(response, { body, statusCode })
    })
    await expect(token()).rejects.toMatchObject(expected)
  })
})

describe('hostile answers', () => {
  let receiver: Receiver

  beforeEach(async () => {
    receiver = await startReceiver()
  })

  afterEach(() => receiver.close())

  const token = (): Promise<Token> =>
    clientCredentialsToken({ ...client, tokenUrl: `${receiver.url}/token` }, http, signal)
  const json = (value: unknown, status = 200, type = 'application/json'): Answer => ({
    status,
    headers: { 'content-type': type },
    body: JSON.stringify(value),
  })
  const good = { access_token: 'a.b-c', token_type: 'bearer', expires_in: 60 }

  it.each([
    ['a number as text', { ...good, expires_in: '60' }, 60_000],
    ['no life at all', { ...good, expires_in: undefined }, undefined],
    ['a type in other letters', { ...good, token_type: 'BEARER' }, 60_000],
    ['members that nobody asked for', { ...good, __proto__: 1, refresh_token: 'r' }, 60_000],
    ['an identity token of somebody else', { ...good, id_token: 'a.b.c' }, 60_000],
    ['no type at all', { ...good, token_type: undefined }, 60_000],
  ])('%s is no reason to complain', async (_name, body, lifeMs) => {
    receiver.answer(json(body))
    expect(await token()).toEqual({ text: 'a.b-c', lifeMs })
  })

  it.each<[string, Answer]>([
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<title>Log in</title>' }],
    ['nothing', {}],
    ['204', { status: 204 }],
    ['an array', json([good])],
    ['half of it', { headers: { 'content-type': 'application/json' }, body: '{"access_token":"a.b' }],
    ['a token that would end the header', json({ ...good, access_token: 'a\r\nx-evil: 1' })],
    ['a token of other letters', json({ ...good, access_token: 'tök' })],
    ['no token', json({ token_type: 'bearer' })],
    ['a negative life', json({ ...good, expires_in: -1 })],
    ['a life that is none', json({ ...good, expires_in: 'soon' })],
    ['500', json({ error: 'invalid_client' }, 500)],
    ['503 with a page', { status: 503, body: '<html>' }],
    ['429', json({ error: 'invalid_client' }, 429)],
    ['a status that there is not', { raw: 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n' }],
    ['an endless body', { endless: true, headers: { 'content-type': 'application/json' } }],
    ['a cut', { cutAt: 20 }],
  ])('%s is no token: another time', async (_name, answer) => {
    receiver.answer(answer)
    await expect(token()).rejects.toMatchObject({ name: 'HttpError', kind: 'broken' })
  })

  it.each<[string, Answer, string, string]>([
    ['400', json({ error: 'invalid_scope', error_description: 'no' }, 400), 'oauth_invalid_scope', 'no'],
    [
      '401 with a challenge',
      {
        ...json({ error: 'invalid_client' }, 401),
        headers: { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="x"' },
      },
      'oauth_invalid_client',
      '',
    ],
    ['403 with a page', { status: 403, body: '<html>' }, 'oauth_http_403', ''],
    ['a word that is none', json({ error: 'Ärger\n' }, 400), 'oauth_http_400', ''],
    ['an error that is an object', json({ error: { code: 1 }, error_description: [] }, 400), 'oauth_http_400', ''],
    [
      'a long story',
      json({ error: 'invalid_request', error_description: 'x'.repeat(9_999) }, 400),
      'oauth_invalid_request',
      'x'.repeat(4_096),
    ],
    ['404', { status: 404, body: 'not here' }, 'oauth_http_404', ''],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }, 'oauth_http_302', ''],
  ])('row 45: %s is a refusal, for a person to see', async (_name, answer, code, said) => {
    receiver.answer(answer)
    const error = await token().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ code, said })
    expect(receiver.requests).toHaveLength(1)
  })

  it('an echo of the secret stands in no message, no cause and no stack', async () => {
    for (const status of [200, 400, 500]) {
      receiver.answer(json({ error: 'invalid_client', error_description: clientSecret, access_token: 7 }, status))
      const error = (await token().catch((caught: unknown) => caught)) as Error
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain(clientSecret)
    }
  })

  it('an abort is the reason of the signal', async () => {
    receiver.answer({ never: true })
    const controller = new AbortController()
    const asked = clientCredentialsToken({ ...client, tokenUrl: `${receiver.url}/token` }, http, controller.signal)
    await receiver.received(1)
    controller.abort(new Error('shutting down'))
    await expect(asked).rejects.toThrow('shutting down')
  })

  it('another media type is no reason to complain', async () => {
    receiver.answer(json(good, 200, 'text/html'))
    expect(await token()).toMatchObject({ text: 'a.b-c' })
  })

  it('nobody there is a fault of the network', async () => {
    const tokenUrl = `${receiver.url}/token`
    await receiver.close()
    const asked = clientCredentialsToken({ ...client, tokenUrl }, http, signal)
    await expect(asked).rejects.toMatchObject({ name: 'HttpError', kind: 'connect' })
    receiver = await startReceiver()
  })
})
