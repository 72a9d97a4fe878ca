// Secrets around one request: what an operator looks for in an answer is found, and what the request carried is never shown.
import { expect, it } from 'vitest'
import type { Authorization } from '../../../src/destinations/destination.ts'
import { httpDestination } from '../../../src/destinations/http-destination.ts'
import { http } from '../../../src/destinations/http/index.ts'
import { judgeStatus } from '../../../src/destinations/judge.ts'
import { webhook } from '../../../src/destinations/webhook/index.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../../src/runtime/http.ts'
import { batchNamed } from '../../fakes/batches.ts'
import { destinationTools } from '../../fakes/destination-tools.ts'

const { signal } = new AbortController()
const url = 'https://receiver.example'

function client(answer: (request: HttpRequest) => Partial<HttpReply> & { readonly said: string }): HttpClient {
  const request = async (asked: HttpRequest): Promise<HttpReply> => {
    const { said, status = 400 } = answer(asked)
    return Promise.resolve({ status, headers: {}, body: Buffer.from(said), truncated: false })
  }
  return { request, close: () => Promise.resolve() }
}

const said = (status: number, text: string) => client(() => ({ status, said: text }))

it.each([
  ['a rule', { rules: [{ status: [400], body_contains: 'audit-trail', verdict: 'reject', code: 'known' }] }, 400],
  [
    'a rule of a member',
    { rules: [{ body: { path: 'of', equals: 'audit-trail' }, verdict: 'reject', code: 'known' }] },
    400,
  ],
])('%s finds a text that a header has, too, and does not show it', async (_name, given, status) => {
  const options = http.options.parse({ url, headers: { 'x-stream': 'audit-trail' }, ...given })
  const destination = http.open(options, destinationTools({ http: () => said(status, '{"of":"audit-trail"}') }))
  const outcome = await destination.send(batchNamed('a', 1), signal)
  const text = 'the receiver answered 400: {"of":"[secret]"}'
  expect(outcome).toMatchObject({ verdicts: [{ kind: 'reject', reason: { code: 'known', text } }] })
})

it('a success is found in a text that a query has, too; a secret at the end of an excerpt is not shown in part', async () => {
  const secret = 'audit-trail-s3cret'
  const options = http.options.parse({ url: `${url}/?to=${secret}`, success: { body_contains: secret } })
  const open = (client: HttpClient) => http.open(options, destinationTools({ http: () => client }))
  expect(await open(said(200, `in ${secret}`)).send(batchNamed('a', 1), signal)).toEqual({
    verdicts: [{ kind: 'delivered' }],
  })
  for (let before = 270; before < 310; before++) {
    const outcome = await open(said(500, `${'x'.repeat(before)}${secret}`)).send(batchNamed('a', 1), signal)
    expect(JSON.stringify(outcome)).not.toContain('xaud')
  }
})

it('what a request carried is not shown, however many renewals came before its answer', async () => {
  let count = 0
  const token = (): string => `t0ken-number-${count}`
  const authorization: Authorization = {
    headers: () => Promise.resolve({ authorization: `Bearer ${token()}` }),
    refused: () => undefined,
    secrets: () => [token()],
  }
  const { inFlight } = webhook
  const kind = httpDestination({
    type: 'x',
    options: webhook.options,
    inFlight,
    limits: (options) => webhook.limits(options),
    encode: () => ({ method: 'POST', url, headers: {} }),
    judge: (reply, batch, nowMs) => judgeStatus(reply, batch.events.length, nowMs),
    authorize: () => authorization,
  })
  const echo = client(({ headers }) => {
    count += 3
    return { said: `you sent ${headers['authorization']}` }
  })
  const destination = kind.open(webhook.options.parse({ url }), destinationTools({ http: () => echo }))
  expect(await destination.send(batchNamed('a', 1), signal)).toMatchObject({
    verdicts: [{ reason: { text: 'the receiver answered 400: you sent Bearer [secret]' } }],
  })
})
