// The exact bytes that Datadog is sent. A change here is a change of what an organization sees: review it.
import { expect, it } from 'vitest'
import { encode } from '../../../src/destinations/datadog/encode.ts'
import { datadogOptions } from '../../../src/destinations/datadog/options.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const batch = batchOf(
  [
    '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00.123Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
    '{"event_type":"user.signed_in","outcome":"success","outcome":"failure","event_id":"2"}',
  ],
  (index) => (index === 0 ? {} : { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z', tags: Tag.duplicateKeys }),
)
const given = { api_key: '0123456789abcdef0123456789abcdef', gzip: false }
const now = Date.UTC(2026, 4, 17, 8)
const day = 86_400_000

it.each([
  ['datadog', { site: 'us5.datadoghq.com' }, now],
  [
    'datadog-all-options',
    {
      url: 'https://proxy.example/datadog/',
      service: 'identity',
      source: 'acme',
      hostname: 'relay-1',
      tags: { env: 'prod', team: 'blue' },
      attribute: 'trail',
    },
    now + day,
  ],
])('%s', async (name, options, nowMs) => {
  const request = await encode(batch, datadogOptions.parse({ ...given, ...options }), nowMs)
  const headers = Object.entries(request.headers).map(([header, value]) => `${header}: ${value}`)
  const lines = [`${request.method} ${request.url}`, ...headers, '', Buffer.from(request.body ?? '').toString(), '']
  await expect(lines.join('\n')).toMatchFileSnapshot(`snapshots/${name}.txt`)
})

it('datadog-time: whole milliseconds', async () => {
  const events = batch.events.map((event) => ({ ...event, timeMs: now - 0.25 }))
  const request = await encode({ ...batch, events }, datadogOptions.parse({ ...given, site: 'us5.datadoghq.com' }), now)
  const body = `${Buffer.from(request.body ?? '').toString()}\n`
  await expect(body).toMatchFileSnapshot('snapshots/datadog-time.txt')
})
