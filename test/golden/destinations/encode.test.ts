// The exact bytes that each kind sends for one batch. A change here is a change of what receivers see: review it.
import { readFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file } from '../../../src/destinations/file/index.ts'
import { stdoutKind } from '../../../src/destinations/stdout/index.ts'
import { encode } from '../../../src/destinations/webhook/encode.ts'
import { webhookOptions } from '../../../src/destinations/webhook/options.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'
import { destinationTools } from '../../fakes/destination-tools.ts'

const texts = [
  '{"event_id":"1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z","data":{"big":9007199254740993,"price":1.0,"text":"line\\nend \\u00e9 é 𝒳"}}',
  '{"event_id":"2","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z","outcome":"success","outcome":"failure"}',
]
const batch = batchOf(texts, (index) =>
  index === 0 ? {} : { attempt: 3, firstAttemptedAt: '2026-05-16T23:00:00.000Z', tags: Tag.duplicateKeys },
)
const single = { ...batch, events: batch.events.slice(0, 1) }
const nowMs = Date.UTC(2026, 4, 17, 8)
const signal = new AbortController().signal

async function wire(options: object, of = batch): Promise<string> {
  const request = await encode(of, webhookOptions.parse({ url: 'https://receiver.example/hook', ...options }), nowMs)
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
  return [`${request.method} ${request.url}`, ...headers, '', Buffer.from(request.body ?? '').toString(), ''].join('\n')
}

describe('bytes', () => {
  it.each([
    ['webhook-single', {}, single],
    [
      'webhook-single-signed',
      { secret: `whsec_${Buffer.alloc(24, 1).toString('base64')}`, headers: { 'X-Team': 'security' } },
      single,
    ],
    ['webhook-batch-two-secrets', { batch: 10, secret: ['first-secret', 'second-secret'] }, batch],
    [
      'webhook-batch-body-signature',
      { batch: 10, secret: 'first-secret', signature: { header: 'X-Signature', prefix: 'sha256=' } },
      batch,
    ],
  ])('%s', async (name, options, of) => {
    await expect(await wire(options, of)).toMatchFileSnapshot(`snapshots/${name}.txt`)
  })

  it('file', async () => {
    const path = mkdtempSync(join(tmpdir(), 'golden-'))
    try {
      const archive = file.open({ path, gzip: false }, destinationTools())
      await archive.send(batch, signal)
      await archive.close()
      await expect(readFileSync(join(path, '2026-05-17.jsonl'), 'utf8')).toMatchFileSnapshot('snapshots/file.jsonl')
    } finally {
      rmSync(path, { recursive: true })
    }
  })

  it('stdout is what the file kind writes', async () => {
    let text = ''
    const write = (bytes: Uint8Array): Promise<number> => (
      (text += Buffer.from(bytes).toString()),
      Promise.resolve(bytes.length)
    )
    await stdoutKind(() => ({ write, close: () => Promise.resolve() }))
      .open({}, destinationTools())
      .send(batch, signal)
    await expect(text).toMatchFileSnapshot('snapshots/file.jsonl')
  })
})
