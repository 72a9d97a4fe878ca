// The intake of these tests also serves Datadog's own API client, which was not written for it: what it takes and refuses is therefore
// not only what the relay happens to send.
import { client, v2 } from '@datadog/datadog-api-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeDatadog } from '../../../fakes/datadog.ts'

const key = '0123456789abcdef0123456789abcdef'
let intake: FakeDatadog

beforeEach(async () => {
  intake = await FakeDatadog.start(key)
})

afterEach(() => intake.close())

function logs(apiKeyAuth = key): v2.LogsApi {
  const baseServer = new client.ServerConfiguration(intake.url, {})
  return new v2.LogsApi(client.createConfiguration({ baseServer, authMethods: { apiKeyAuth } }))
}

function item(message: string, additionalProperties: Record<string, unknown> = {}): v2.HTTPLogItem {
  const shared = { ddsource: 'library', ddtags: 'env:test,team:blue', hostname: 'h-1', service: 'svc' }
  return { ...shared, message, additionalProperties }
}

it.each([undefined, 'gzip', 'deflate'] as const)('logs of the library are taken: %s', async (contentEncoding) => {
  const body = [item('first', { status: 'warn', date: intake.now - 1_000 }), item('second', { n: { deep: [1, '}'] } })]
  await logs().submitLog({ body, ...(contentEncoding && { contentEncoding }) })
  const shared = { source: 'library', service: 'svc', host: 'h-1', tags: ['env:test', 'team:blue'], truncated: false }
  expect(intake.stored).toMatchObject([
    { ...shared, message: 'first', status: 'warn', date: intake.now - 1_000 },
    { ...shared, message: 'second', date: intake.now, attributes: { n: { deep: [1, '}'] } } },
  ])
})

it.each([
  ['another key', 'another-key', [item('x')], 403],
  ['more than a thousand', key, Array.from({ length: 1_001 }, () => item('x')), 413],
  ['more than 5 MB', key, Array.from({ length: 6 }, () => item('x'.repeat(900_000))), 413],
] as const)('%s is refused, and the library can read why', async (_name, apiKey, body, code) => {
  await expect(logs(apiKey).submitLog({ body: [...body] })).rejects.toMatchObject({
    code,
    body: { errors: [{ status: `${code}` }] },
  })
  expect(intake.stored).toEqual([])
})

it('an entry of the library that is too long is cut, and the library never hears of it', async () => {
  await logs().submitLog({ body: [item('short'), item('x'.repeat(1_000_001))] })
  expect(intake.stored.map(({ truncated }) => truncated)).toEqual([false, true])
})
