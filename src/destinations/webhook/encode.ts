// The request of a webhook: its body, its id and its signature. The signature covers the bytes as they are sent.
import { createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Batch } from '../../model/batch.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch } from '../encode.ts'
import type { WebhookOptions } from './options.ts'

const compress = promisify(gzip)

/** One POST: an event object, or a JSON array of events where `batch` is set. */
export function encode(batch: Batch, options: WebhookOptions, nowMs: number): HttpRequest | Promise<HttpRequest> {
  const id = webhookId(batch, options)
  const body = encodeBatch(batch, options.batch === null ? 'object' : 'array')
  if (!options.gzip) return requestOf(id, body, options, nowMs)
  return compress(body, { level: constants.Z_BEST_SPEED }).then((packed) => requestOf(id, packed, options, nowMs))
}

/**
 * The same for every attempt at the same events; without a full stop, which the signed text uses as its separator. The source is
 * part of it, because two sources may use the same `event_id`, and a receiver drops what it has seen.
 */
function webhookId(batch: Batch, options: WebhookOptions): string {
  return options.batch === null
    ? `evt_${plain(batch.events[0]?.source ?? '')}_${batch.events[0]?.key}`
    : `batch_${batch.id}`
}

/** Letters, digits and dashes as they are, anything else as its code. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`)
}

function requestOf(id: string, body: Uint8Array, options: WebhookOptions, nowMs: number): HttpRequest {
  const timestamp = `${Math.floor(nowMs / 1000)}`
  const headers: Record<string, string> = { ...options.headers, 'webhook-id': id, 'webhook-timestamp': timestamp }
  if (options.keys.length > 0) sign(headers, options, `${id}.${timestamp}.`, body)
  return { method: 'POST', url: options.url, headers, body }
}

function sign(
  headers: Record<string, string>,
  { keys, signature }: WebhookOptions,
  before: string,
  body: Uint8Array,
): void {
  if (signature === 'standard') {
    headers['webhook-signature'] = keys
      .map((key) => `v1,${createHmac('sha256', key).update(before).update(body).digest('base64')}`)
      .join(' ')
    return
  }
  const [key] = keys
  if (key) headers[signature.header] = signature.prefix + createHmac('sha256', key).update(body).digest('hex')
}
