// The exact bytes that a collector is sent. A change here is a change of what Splunk sees: review it.
import { expect, it } from 'vitest'
import { encode } from '../../../src/destinations/splunk-hec/encode.ts'
import { splunkHecOptions } from '../../../src/destinations/splunk-hec/options.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const batch = batchOf(
  [
    '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00.123Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
    '{"event_type":"user.signed_in","outcome":"success","outcome":"failure","event_id":"2"}',
  ],
  (index) => (index === 0 ? {} : { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z', tags: Tag.duplicateKeys }),
)
const given = { url: 'https://splunk.example:8088', token: '12345678-90ab-cdef-1234-567890abcdef', gzip: false }

it.each([
  ['splunk-hec', {}, undefined],
  [
    'splunk-hec-all-options',
    { host: 'relay-1', source: 'audit', sourcetype: 'acme:audit', index: 'security', fields: { team: 'blue' } },
    '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
  ],
])('%s', async (name, options, channel) => {
  const request = await encode(batch, splunkHecOptions.parse({ ...given, ...options }), channel)
  const headers = Object.entries(request.headers).map(([header, value]) => `${header}: ${value}`)
  const lines = [`${request.method} ${request.url}`, ...headers, '', Buffer.from(request.body ?? '').toString(), '']
  await expect(lines.join('\n')).toMatchFileSnapshot(`snapshots/${name}.txt`)
})
