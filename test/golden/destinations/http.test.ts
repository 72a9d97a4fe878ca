// The exact bytes that each preset sends, and each form that an operator can describe. A change here is a change of what receivers see:
// review it.
import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { encode } from '../../../src/destinations/http/encode.ts'
import { httpOptions } from '../../../src/destinations/http/options.ts'
import { PRESET_NAMES } from '../../../src/destinations/http/presets/names.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const batch = batchOf(
  [
    '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00.123Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
    '{"event_type":"user.signed_in","outcome":"success","outcome":"failure","event_id":"2"}',
  ],
  (index) => (index === 0 ? {} : { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z', tags: Tag.duplicateKeys }),
)
const nowMs = Date.UTC(2026, 4, 17, 8)
const url = 'https://receiver.example/ingest'
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const account = JSON.stringify({ client_email: 'relay@project.iam.gserviceaccount.com', private_key: pem })

const AUTH: Readonly<Record<string, object>> = {
  cortex_xsiam: { token: 'key' },
  dynatrace: { token: 'dt0c01.KEY' },
  google_secops: { service_account: account },
  logscale: { token: 'ingest-token' },
  new_relic: { token: 'license-key' },
}

async function wire(options: object, of = batch): Promise<string> {
  const request = await encode(of, { ...httpOptions.parse(options), gzip: false }, nowMs)
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
  return [`${request.method} ${request.url}`, ...headers, '', Buffer.from(request.body ?? '').toString(), ''].join('\n')
}

it.each(PRESET_NAMES)('%s', async (preset) => {
  const auth = AUTH[preset]
  const options = { preset, ...(preset !== 'new_relic' && { url }), ...(auth && { auth }) }
  await expect(await wire(options)).toMatchFileSnapshot(`snapshots/http-${preset.replace('_', '-')}.txt`)
})

const single = { ...batch, events: batch.events.slice(0, 1) }
const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`

it.each([
  ['single-signed', { url, body: { form: 'single' }, secret, method: 'PUT' }, single],
  ['array', { url, auth: { username: 'relay', password: 'pass' }, headers: { 'X-Scope': 'a' } }, batch],
  ['array-key', { url, body: { key: 'logs' }, id_header: 'Idempotency-Key' }, batch],
  ['lines', { url, body: { form: 'lines', stream: false }, auth: { token: 'abc', header: 'X-Key' } }, batch],
  [
    'template',
    {
      url,
      values: { team: 'blue "1"', env: 'prod' },
      body: {
        form: 'template',
        template: {
          event:
            '{"t":{{occurred_at}},"s":{{occurred_at_s}},"ms":{{occurred_at_ms}},"ns":"{{occurred_at_ns}}","id":{{event_id}},"type":{{event_type}},"from":{{source}},"key":{{event_key}},"team":{{value.team}},"event":{{event}},"text":{{event_json_string}},"data":{{base64_event}}}',
          batch: '{"id":{{batch_id}},"all":{{values}},"logs":[{{events}}]}',
          separator: ',\n',
        },
      },
    },
    batch,
  ],
] as const)('%s', async (name, options, of) => {
  await expect(await wire(options, of)).toMatchFileSnapshot(`snapshots/http-${name}.txt`)
})
