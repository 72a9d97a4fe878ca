// The Azure of these tests also serves Azure's own ingestion client, which was not written for it: what it takes and refuses is
// therefore not only what the relay happens to send.
import { readFileSync } from 'node:fs'
import { LogsIngestionClient } from '@azure/monitor-ingestion'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeAzure } from '../../../fakes/azure-ingestion.ts'

const pem = (name: string): string => readFileSync(new URL(`../../../fakes/tls/${name}.pem`, import.meta.url), 'utf8')
let azure: FakeAzure

beforeEach(async () => {
  // The client gives no token away without TLS.
  azure = await FakeAzure.start('the-s3cret', { cert: pem('good'), key: pem('good-key') })
})

afterEach(() => azure.close())

function client(token = 'header.payload.signature'): LogsIngestionClient {
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  return new LogsIngestionClient(azure.url, credential, {
    tlsOptions: { ca: pem('ca') },
    retryOptions: { maxRetries: 0 },
  })
}

const rows = [1, 2, 3].map((number) => ({
  TimeGenerated: '2026-05-17T08:00:00Z',
  event_id: `e-${number}`,
  data: { number },
}))

it('what the client sends is stored', async () => {
  azure.entra.good.add('header.payload.signature')
  await client().upload(azure.rule, azure.stream, rows)
  expect(azure.table).toMatchObject([1, 2, 3].map((number) => ({ event_id: `e-${number}`, data: { number } })))
  expect(azure.uploads[0]?.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' })
})

it('the client cuts large batches so that each is taken', async () => {
  azure.entra.good.add('header.payload.signature')
  const many = Array.from({ length: 60 }, (_, index) => ({ event_id: `${index}`, data: 'x'.repeat(50_000) }))
  await client().upload(azure.rule, azure.stream, many)
  expect(azure.uploads.length).toBeGreaterThan(2)
  expect(azure.table).toHaveLength(60)
})

it.each<[string, (fake: FakeAzure) => [string, string], number]>([
  ['another rule', ({ stream }) => [`dcr-${'f'.repeat(32)}`, stream], 404],
  ['another stream', ({ rule }) => [rule, 'Custom-Other_CL'], 400],
  ['a role that is not known yet', (fake) => ((fake.mayPublish = false), [fake.rule, fake.stream]), 403],
])('%s is refused, and the client says so', async (_name, where, status) => {
  azure.entra.good.add('header.payload.signature')
  const error: unknown = await client()
    .upload(...where(azure), rows)
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ errors: [{ cause: { statusCode: status } }] })
  expect(azure.table).toEqual([])
})

it('another token is refused', async () => {
  const error: unknown = await client('of-somebody-else')
    .upload(azure.rule, azure.stream, rows)
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ errors: [{ cause: { statusCode: 401 } }] })
})
