// Several openings of one source, such as live reading and a backfill, which begin together: one token for all of them.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import type { HttpClient } from '../../../src/runtime/http.ts'
import { authSchema } from '../../../src/sources/auth.ts'
import { SharedTokens } from '../../../src/sources/auth-shared.ts'
import { authorization, type SourceAuthorization } from '../../../src/sources/authorization.ts'
import type { SourceNotice } from '../../../src/sources/source.ts'
import { type Receiver, startReceiver } from '../../fakes/http-receiver.ts'
import { TestClock } from '../../fakes/test-clock.ts'
import { FakeTokenEndpoint } from '../../fakes/token-endpoint.ts'

const never = new AbortController().signal
const client = { client_id: 'me', client_secret: 's3cret-of-mine' }

interface Opening extends SourceAuthorization {
  readonly http: HttpClient
  readonly notices: readonly SourceNotice[]
}

interface Place {
  readonly receiver: Receiver
  readonly endpoint: FakeTokenEndpoint
  readonly clock: TestClock
  readonly open: (given?: object) => Opening
}

async function place(): Promise<Place> {
  const receiver = await startReceiver()
  const clock = new TestClock()
  const endpoint = new FakeTokenEndpoint(() => clock.now())
  endpoint.client = { id: 'me', secret: client.client_secret, by: 'post' }
  receiver.answer((request) => endpoint.answer(request))
  const tokens = new SharedTokens(clock)
  onTestFinished(() => receiver.close())
  const open = (given: object = client): Opening => {
    const http = createHttpClient({ inFlight: 2, timeoutMs: 10_000 })
    onTestFinished(() => http.close())
    const notices: SourceNotice[] = []
    const options = authSchema({ types: ['client_credentials', 'zitadel_key'], knowsTokenUrl: true }).parse(given)
    const defaults = { tokenUrl: `${receiver.url}/token`, audience: receiver.url }
    const notice = (told: SourceNotice): void => void notices.push(told)
    return { ...authorization(options, { http, clock, tokens, notice, defaults }), http, notices }
  }
  return { receiver, endpoint, clock, open }
}

function fileWith(content: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'auth-shared-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'key.json'), JSON.stringify(content))
  return join(folder, 'key.json')
}

it('ask for one token together, and each can hide it', async () => {
  const { endpoint, open } = await place()
  const [live, backfill] = [open(), open()]
  const [one, other] = await Promise.all([live.headers(never), backfill.headers(never)])
  expect(one).toEqual(other)
  expect(endpoint.given).toHaveLength(1)
  expect(backfill.secrets()).toEqual([client.client_secret, endpoint.given[0]])
  live.refused(one)
  await Promise.all([live.headers(never), backfill.headers(never)])
  expect(endpoint.given).toHaveLength(2)
})

it('share a failure, too, and one that opens later has what was had', async () => {
  const { receiver, endpoint, open } = await place()
  endpoint.instead = () => ({ status: 503 })
  const [live, backfill] = [open(), open()]
  const both = await Promise.allSettled([live.headers(never), backfill.headers(never)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(receiver.requests).toHaveLength(1)
  endpoint.instead = undefined
  const had = await backfill.headers(never)
  expect(await open().headers(never)).toEqual(had)
  expect(endpoint.given).toHaveLength(1)
})

it('the one that asked is stopped and closed: the other asks with its own client', async () => {
  const { receiver, endpoint, open } = await place()
  receiver.answer(() => ({ never: true }))
  const [backfill, live] = [open(), open()]
  const controller = new AbortController()
  const stopped = backfill.headers(controller.signal)
  const waiting = live.headers(never)
  await receiver.received(1)
  receiver.answer((request) => endpoint.answer(request))
  controller.abort(new Error('stopped'))
  await expect(stopped).rejects.toThrow('stopped')
  await backfill.http.close()
  expect(await waiting).toEqual({ authorization: `Bearer ${endpoint.given[0]}` })
  expect(receiver.requests).toHaveLength(2)
})

it('with other credentials a token of its own', async () => {
  const { endpoint, open } = await place()
  const live = open()
  await live.headers(never)
  const rotated = open({ ...client, scope: 'more' })
  await rotated.headers(never)
  await live.headers(never)
  expect(endpoint.given).toHaveLength(2)
  expect(live.secrets()).not.toContain(endpoint.given[1])
})

it('with another key under the same name a token of its own', async () => {
  const { endpoint, open, receiver } = await place()
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const file = { type: 'serviceaccount', keyId: '17', key, userId: '42' }
  const keyFile = fileWith(file)
  endpoint.signer = { keyId: '17', pem, issuer: '42', subject: '42', audience: receiver.url }
  const given = { type: 'zitadel_key', key_file: keyFile }
  await open(given).headers(never)
  await open(given).headers(never)
  expect(endpoint.given).toHaveLength(1)
  writeFileSync(keyFile, JSON.stringify({ ...file, userId: '43' }))
  endpoint.signer = { ...endpoint.signer, issuer: '43', subject: '43' }
  expect(await open(given).headers(never)).toEqual({ authorization: `Bearer ${endpoint.given[1]}` })
})

it('a key that one has read is hidden by all, and that it ends is told to all', async () => {
  const { endpoint, clock, open, receiver } = await place()
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  endpoint.signer = { keyId: '17', pem, issuer: '42', subject: '42', audience: receiver.url }
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const expirationDate = new Date(clock.now() + 3 * 86_400_000).toISOString()
  const keyFile = fileWith({ type: 'serviceaccount', keyId: '17', key, userId: '42', expirationDate })
  const given = { type: 'zitadel_key', key_file: keyFile }
  const [live, backfill] = [open(given), open(given)]
  await Promise.all([live.headers(never), backfill.headers(never)])
  expect(endpoint.given).toHaveLength(1)
  for (const opening of [live, backfill]) {
    expect(opening.notices).toMatchObject([{ code: 'credentials_expire' }])
    expect(opening.secrets().some((secret) => secret.length > 100)).toBe(true)
  }
})
