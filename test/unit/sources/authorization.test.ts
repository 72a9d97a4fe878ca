import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OAuth2Server } from 'oauth2-mock-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SetupError } from '../../../src/model/errors.ts'
import { CredentialsError } from '../../../src/runtime/bearer-token.ts'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import { type HttpClient, HttpError } from '../../../src/runtime/http.ts'
import { authSchema } from '../../../src/sources/auth.ts'
import { type AuthDefaults, authorization, type SourceAuthorization } from '../../../src/sources/authorization.ts'
import { authorizedHttp } from '../../../src/sources/authorized-http.ts'
import type { SourceNotice } from '../../../src/sources/source.ts'
import { type Received, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'
import { TestClock } from '../../fakes/test-clock.ts'
import { FakeTokenEndpoint } from '../../fakes/token-endpoint.ts'

const never = new AbortController().signal
const types = ['bearer', 'client_credentials', 'jwt_bearer', 'google_service_account', 'zitadel_key'] as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

let folder: string
let receiver: Receiver
let http: HttpClient
let clock: TestClock
let endpoint: FakeTokenEndpoint
let notices: SourceNotice[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'auth-'))
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  clock = new TestClock()
  notices = []
  endpoint = new FakeTokenEndpoint(() => clock.now())
  http = createHttpClient({ inFlight: 2, timeoutMs: 10_000 })
  // The source is on the same host: it takes every token that is still good.
  receiver.answer((request) =>
    request.path === '/token' ? endpoint.answer(request) : { status: isGood(request) ? 200 : 401 },
  )
})
afterEach(() => http.close())

function isGood({ headers }: Received): boolean {
  return endpoint.good.has((headers['authorization'] ?? '').replace('Bearer ', ''))
}

const tokenUrl = () => `${receiver.url}/token`

function open(given: object, defaults: AuthDefaults = { tokenUrl: tokenUrl() }): SourceAuthorization {
  const options = authSchema({ types, knowsTokenUrl: true }).parse(given)
  return authorization(options, { http, clock, notice: (notice) => void notices.push(notice), defaults })
}

const pemOf = ({ privateKey }: KeyPairKeyObjectResult, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  privateKey.export({ type, format: 'pem' }).toString()
const publicOf = ({ publicKey }: KeyPairKeyObjectResult): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString()

function file(name: string, content: object | string): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const zitadelFile = (keys = rsa, more = {}): string =>
  file('zitadel.json', { type: 'serviceaccount', keyId: '17', key: pemOf(keys, 'pkcs1'), userId: '42', ...more })

/** As ZITADEL checks it. */
function zitadel(keys = rsa): void {
  endpoint.signer = { keyId: '17', pem: publicOf(keys), issuer: '42', subject: '42', audience: receiver.url }
}

async function failure(asked: Promise<unknown>): Promise<Error> {
  return asked.then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  )
}

describe('client credentials', () => {
  const client = { client_id: 'me', client_secret: 'pa%ss: word+' }

  it('in the form, and no Authorization header (as Zuora wants it)', async () => {
    endpoint.client = { id: 'me', secret: 'pa%ss: word+', by: 'post' }
    expect(await open(client).headers(never)).toEqual({ authorization: `Bearer ${endpoint.given[0]}` })
  })

  it('in the header, encoded as the standard says', async () => {
    endpoint.client = { id: 'me', secret: 'pa%ss: word+', by: 'basic' }
    await open({ ...client, client_auth: 'basic' }).headers(never)
    expect(endpoint.given).toHaveLength(1)
  })

  it('scope, audience and further members; what the kind knows counts where the file says nothing', async () => {
    endpoint.client = { id: 'me', secret: client.client_secret, by: 'post' }
    endpoint.form = { scope: 'openid all', audience: 'https://api.example', entity: '7' }
    const more = { audience: 'https://api.example', extra: { entity: 7 } }
    await open({ ...client, ...more, scopes: ['openid', 'all'] }).headers(never)
    await open({ ...client, ...more }, { tokenUrl: tokenUrl(), scope: 'openid all' }).headers(never)
    expect(endpoint.given).toHaveLength(2)
  })

  it('a refusal is for a person, and what was said is not in the message', async () => {
    endpoint.client = { id: 'me', secret: 'other', by: 'post' }
    const error = (await failure(open(client).headers(never))) as CredentialsError
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error.code).toBe('oauth_invalid_client')
    expect(error.message).not.toContain('pa%ss')
    expect(error.said).toContain('wrong secret')
  })

  it.each([429, 500, 503])('an answer %d may pass', async (status) => {
    endpoint.instead = () => ({ status })
    expect(await failure(open(client).headers(never))).toBeInstanceOf(HttpError)
  })

  it('one token for all who ask at once; a new one before it ends', async () => {
    endpoint.client = { id: 'me', secret: client.client_secret, by: 'post' }
    endpoint.life = '3600'
    const auth = open(client)
    await Promise.all(Array.from({ length: 20 }, () => auth.headers(never)))
    expect(endpoint.given).toHaveLength(1)
    await clock.advance(3_299_000)
    await auth.headers(never)
    expect(endpoint.given).toHaveLength(1)
    await clock.advance(2_000)
    await Promise.all(Array.from({ length: 20 }, () => auth.headers(never)))
    expect(endpoint.given).toHaveLength(2)
    expect(auth.secrets()).toEqual([client.client_secret, endpoint.given[1], endpoint.given[0]])
  })
})

describe('signed statements', () => {
  it.each([
    ['PKCS#8', rsa, 'pkcs8'],
    ['PKCS#1', rsa, 'pkcs1'],
    ['PKCS#8', ec, 'pkcs8'],
    ['SEC 1', ec, 'sec1'],
    ['PKCS#8', ed, 'pkcs8'],
  ] as const)("a key of one's own, %s", async (_, keys, form) => {
    endpoint.signer = { keyId: 'k1', pem: publicOf(keys), issuer: 'me', subject: 'me', audience: tokenUrl() }
    const given = { type: 'jwt_bearer', issuer: 'me', audience: tokenUrl(), key_id: 'k1', token_url: tokenUrl() }
    await open({ ...given, private_key: pemOf(keys, form) }).headers(never)
    await open({ ...given, key_file: file('own.pem', pemOf(keys, form)) }).headers(never)
    expect(endpoint.given).toHaveLength(2)
  })

  it('subject and scope are sent where they are given', async () => {
    endpoint.signer = { keyId: 'k1', pem: publicOf(rsa), issuer: 'me', subject: 'her', audience: 'aud' }
    endpoint.form = { scope: 'read' }
    const given = { type: 'jwt_bearer', issuer: 'me', subject: 'her', audience: 'aud', key_id: 'k1', scope: 'read' }
    await open({ ...given, private_key: pemOf(rsa) }).headers(never)
    expect(endpoint.given).toHaveLength(1)
  })

  it('the key file of ZITADEL: for its instance, by its user, with the scopes that it needs', async () => {
    zitadel()
    endpoint.form = { scope: 'openid urn:zitadel:iam:org:project:id:zitadel:aud' }
    const defaults = {
      tokenUrl: tokenUrl(),
      audience: receiver.url,
      scope: 'openid urn:zitadel:iam:org:project:id:zitadel:aud',
    }
    await open({ key_file: zitadelFile() }, defaults).headers(never)
    expect(endpoint.given).toHaveLength(1)
  })

  it('the key file of Google: the scope and the user are in the statement', async () => {
    endpoint.signer = {
      keyId: 'g1',
      pem: publicOf(rsa),
      issuer: 'x@y.iam.example',
      subject: 'admin@acme.example',
      audience: tokenUrl(),
    }
    endpoint.statedScope = 'https://scope/a https://scope/b'
    const path = file('google.json', {
      type: 'service_account',
      client_email: 'x@y.iam.example',
      private_key: pemOf(rsa),
      private_key_id: 'g1',
      token_uri: tokenUrl(),
    })
    const google = { type: 'google_service_account', key_file: path, scopes: ['https://scope/a', 'https://scope/b'] }
    await open({ ...google, subject: 'admin@acme.example' }).headers(never)
    endpoint.signer = { ...endpoint.signer, subject: undefined }
    await open(google).headers(never)
    expect(endpoint.given).toHaveLength(2)
  })

  it.each([-29_000, 0, 600_000])('row 24: is taken by a server whose clock is %d ms ahead of ours', async (ahead) => {
    zitadel()
    endpoint = Object.assign(new FakeTokenEndpoint(() => clock.now() + ahead), { signer: endpoint.signer })
    await open({ key_file: zitadelFile() }).headers(never)
    expect(endpoint.given).toHaveLength(1)
  })

  it('row 45: the file is read anew for every token: a new key is used without a restart', async () => {
    zitadel()
    const path = zitadelFile()
    const auth = open({ key_file: path })
    const first = await auth.headers(never)
    const old = pemOf(rsa, 'pkcs1')
    expect(auth.secrets()).toContain(old)
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    zitadelFile(other)
    zitadel(other)
    auth.refused(first)
    expect(await auth.headers(never)).toEqual({ authorization: `Bearer ${endpoint.given[1]}` })
  })

  it.each<[string, object | string, RegExp]>([
    ['no JSON', '{', /is not the JSON key of a service user, as ZITADEL gives it/],
    [
      "an application's key",
      { type: 'application', keyId: '1', key: 's3cret', clientId: '2' },
      /type "serviceaccount"/,
    ],
    [
      'no key in it',
      { type: 'serviceaccount', keyId: '1', key: 's3cret', userId: '2' },
      /"key" in .* is no private key/,
    ],
    [
      'a key that is too short',
      {
        type: 'serviceaccount',
        keyId: '1',
        userId: '2',
        key: pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 })),
      },
      /2048 bits/,
    ],
  ])('a key file that cannot be used: %s', async (_, content, words) => {
    const error = await failure(open({ key_file: file('bad.json', content) }).headers(never))
    expect(error).toBeInstanceOf(SetupError)
    expect(error.message).toMatch(words)
    expect(error.message).not.toMatch(/s3cret|MII/)
    expect(endpoint.given).toEqual([])
  })

  it('a key file that is not there', async () => {
    const error = await failure(open({ key_file: join(folder, 'none.json') }).headers(never))
    expect(error).toBeInstanceOf(SetupError)
    expect(error.message).toContain('ENOENT')
  })
})

describe('credentials that end', () => {
  const day = 86_400_000
  const jwt = (expMs: number): string =>
    [{ alg: 'none' }, { exp: expMs / 1000 }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.') + '.x'

  it('a token that says when: told once, two weeks before, and once when it has ended', async () => {
    const endsAt = clock.now() + 15 * day
    const auth = open({ token: jwt(endsAt) })
    await auth.headers(never)
    expect(notices).toEqual([])
    await clock.advance(day)
    await auth.headers(never)
    await auth.headers(never)
    const until = new Date(endsAt).toISOString()
    const told = { level: 'warning', code: 'credentials_expire', subject: 'token' }
    expect(notices).toEqual([
      { ...told, text: `the token of this source ends at ${until}: give it a new one before that` },
    ])
    await clock.advance(14 * day)
    await auth.headers(never)
    expect(notices.slice(1)).toEqual([
      { ...told, level: 'error', text: `the token of this source ended at ${until}: give it a new one` },
    ])
  })

  it('the key of ZITADEL, where the file says when', async () => {
    zitadel()
    await open({
      key_file: zitadelFile(rsa, { expirationDate: new Date(clock.now() + 20 * day).toISOString() }),
    }).headers(never)
    expect(notices).toEqual([])
    await open({
      key_file: zitadelFile(rsa, { expirationDate: new Date(clock.now() + 13 * day).toISOString() }),
    }).headers(never)
    expect(notices).toMatchObject([{ code: 'credentials_expire', subject: 'key' }])
  })

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'never', ''])(
    'a key that ends at %j does not end',
    async (expirationDate) => {
      zitadel()
      await open({ key_file: zitadelFile(rsa, { expirationDate }) }).headers(never)
      expect(notices).toEqual([])
    },
  )

  it('a token that does not say', async () => {
    const auth = open({ token: 'a.b.c' })
    expect(await auth.headers(never)).toEqual({ authorization: 'Bearer a.b.c' })
    expect(notices).toEqual([])
  })
})

describe('authorizedHttp', () => {
  const client = { client_id: 'me', client_secret: 's3cret' }
  const get = (via: HttpClient, url: string) => via.request({ method: 'GET', url, headers: { accept: '*/*' } }, never)
  beforeEach(() => void (endpoint.client = { id: 'me', secret: 's3cret', by: 'post' }))

  it('row 45: one new token for all whose token was not accepted, and each asks once more', async () => {
    const authorized = authorizedHttp(http, open(client), receiver.url)
    expect(await get(authorized, `${receiver.url}/logs`)).toMatchObject({ status: 200 })
    endpoint.revoke()
    const replies = await Promise.all(Array.from({ length: 8 }, () => get(authorized, `${receiver.url}/logs`)))
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(endpoint.given).toHaveLength(2)
    expect(authorized.secrets()).toEqual(expect.arrayContaining([...endpoint.given, 's3cret']))
  })

  it('is told 401 when the new token is not accepted either, and asks no third time', async () => {
    const before = receiver.requests.length
    receiver.answer((request) => (request.path === '/token' ? endpoint.answer(request) : { status: 401 }))
    expect(await get(authorizedHttp(http, open(client), receiver.url), `${receiver.url}/logs`)).toMatchObject({
      status: 401,
    })
    expect(receiver.requests.slice(before).map(({ path }) => path)).toEqual(['/token', '/logs', '/token', '/logs'])
  })

  it('row 45: a right that is granted after a 403 is there with the next request, in a new token', async () => {
    const authorized = authorizedHttp(http, open(client), receiver.url)
    const before = receiver.requests.length
    let granted = 1
    receiver.answer((request) => {
      if (request.path === '/token') return endpoint.answer(request)
      return { status: endpoint.given.indexOf(request.headers['authorization']?.slice(7) ?? '') < granted ? 403 : 200 }
    })
    expect(await get(authorized, `${receiver.url}/logs`)).toMatchObject({ status: 403 })
    expect(await get(authorized, `${receiver.url}/logs`)).toMatchObject({ status: 200 })
    expect(receiver.requests.slice(before).map(({ path }) => path)).toEqual(['/token', '/logs', '/token', '/logs'])
    granted = 9
    for (let index = 0; index < 3; index++) await get(authorized, `${receiver.url}/logs`)
    expect(endpoint.given).toHaveLength(2)
  })

  it('asks once only with a token that cannot be had anew', async () => {
    const before = receiver.requests.length
    const authorized = authorizedHttp(http, open({ token: 'old' }), receiver.url)
    expect(await get(authorized, `${receiver.url}/logs`)).toMatchObject({ status: 401 })
    expect(receiver.requests.length - before).toBe(1)
    expect(authorized.secrets()).toContain('old')
  })

  it('shows credentials to no other origin', async () => {
    const authorized = authorizedHttp(http, open({ token: 'abc' }), 'https://api.example/v1')
    await get(authorized, `${receiver.url}/logs`)
    expect(receiver.requests.at(-1)?.headers).not.toHaveProperty('authorization')
    expect(receiver.requests.at(-1)?.headers).toMatchObject({ accept: '*/*' })
  })
})

describe('with a standard authorization server', () => {
  const server = new OAuth2Server()
  beforeAll(async () => {
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
  })
  afterAll(() => server.stop())

  it.each(['post', 'basic'])('client credentials by %s, scope and audience', async (by) => {
    const asked: unknown[] = []
    server.service.once(
      'beforeTokenSigning',
      (_token: unknown, request: { body: unknown; headers: unknown }) => void asked.push(request.body),
    )
    const token_url = `http://127.0.0.1:${server.address().port}/token`
    const auth = open({
      client_id: 'me',
      client_secret: 's',
      client_auth: by,
      scope: 'read',
      audience: 'api',
      token_url,
    })
    expect((await auth.headers(never))['authorization']).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)
    expect(asked).toMatchObject([{ grant_type: 'client_credentials', scope: 'read', audience: 'api' }])
  })

  it('a refusal', async () => {
    server.service.once('beforeResponse', (reply: { statusCode: number; body: unknown }) => {
      reply.statusCode = 400
      reply.body = { error: 'invalid_scope' }
    })
    const token_url = `http://127.0.0.1:${server.address().port}/token`
    const error = await failure(open({ client_id: 'me', client_secret: 's', token_url }).headers(never))
    expect(error).toMatchObject({ code: 'oauth_invalid_scope' })
  })
})
