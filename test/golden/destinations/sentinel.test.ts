// The exact bytes that Azure is sent. A change here is a change of what stands in the table: review it.
import { expect, it } from 'vitest'
import { encode } from '../../../src/destinations/sentinel/encode.ts'
import { sentinelOptions } from '../../../src/destinations/sentinel/options.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const batch = batchOf(
  [
    '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00.123Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
    '{"event_type":"user.signed_in","outcome":"success","outcome":"failure","event_id":"2"}',
    '{"event_id":"3","TimeGenerated":"2020-01-01T00:00:00Z"}',
  ],
  (index) => (index === 0 ? {} : { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z', tags: Tag.duplicateKeys }),
)
const other = { ...batchOf(['{"class_uid":3002,"metadata":{"uid":"1"}}']), complete: true }
const given = {
  url: 'https://dcr-1.westeurope-1.ingest.monitor.azure.com/',
  rule: `dcr-${'0123456789abcdef'.repeat(2)}`,
  stream: 'Custom-AuditRelay_CL',
  auth: { tenant_id: 't', client_id: 'c', client_secret: 'the-s3cret' },
  gzip: false,
}

it.each([
  ['sentinel', batch],
  ['sentinel-other-format', other],
])('%s', async (name, sent) => {
  const request = await encode(sent, sentinelOptions.parse(given))
  const headers = Object.entries(request.headers).map(([header, value]) => `${header}: ${value}`)
  const lines = [`${request.method} ${request.url}`, ...headers, '', Buffer.from(request.body ?? '').toString(), '']
  await expect(lines.join('\n')).toMatchFileSnapshot(`snapshots/${name}.txt`)
})
