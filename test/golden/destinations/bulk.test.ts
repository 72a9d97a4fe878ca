// The exact bytes that the kinds with a bulk API send for one batch. A change here is a change of what receivers see: review it.
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { encodeBulk } from '../../../src/destinations/bulk-encode.ts'
import { elastic } from '../../../src/destinations/elastic/index.ts'
import { opensearch } from '../../../src/destinations/opensearch/index.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const texts = [
  '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
  '{ "event_id":"2","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z","@timestamp":"2020-01-01T00:00:00Z" }',
  '{"event_id":"3","event_type":"user.signed_in","occurred_at":"2026-05-18T08:00:00Z","outcome":"success","outcome":"failure"}',
]
const made = batchOf(texts, (index) =>
  index === 0 ? { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z' } : { source: 'web', tags: Tag.duplicateKeys },
)
const events = made.events.map((event, index) => ({ ...event, timeMs: event.timeMs + (index >> 1) * 86_400_000 + 0.75 }))
const batch = { ...made, events }
const usual = { url: 'https://siem.example:9200/', index: 'logs-audit-default' }
const aws = { region: 'eu-central-1', access_key_id: 'AKIDEXAMPLE', secret_access_key: 'some-secret-key' }

it.each([
  ['elastic-data-stream', elastic, { ...usual, api_key: 'some-id:some-key' }, batch],
  ['elastic-index-by-date', elastic, { ...usual, index: 'audit-%Y.%m.%d', pipeline: 'geo & ip', gzip: true }, batch],
  ['elastic-other-format', elastic, usual, { ...batch, complete: true }],
  ['opensearch-user', opensearch, { ...usual, username: 'relay', password: 'secret', ids: false }, batch],
  ['opensearch-aws', opensearch, { ...usual, aws: { ...aws, service: 'aoss', session_token: 'session-token' } }, batch],
])('%s', async (name, kind, options, of) => {
  const request = await encodeBulk(of, kind.options.parse(options), Date.UTC(2026, 4, 17, 8))
  const headers = Object.entries(request.headers).map(([header, value]) => `${header}: ${value}`)
  const body = Buffer.from(request.body ?? '')
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
  const wire = [`${request.method} ${request.url}`, ...headers, '', text].join('\n')
  await expect(wire).toMatchFileSnapshot(`snapshots/${name}.txt`)
})
