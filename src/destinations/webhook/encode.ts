// The request of a webhook: its body, its id and its signature. The signature covers the bytes as they are sent.
import type { Batch } from '../../model/batch.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch } from '../encode.ts'
import { gzipped } from '../gzip.ts'
import { deliveryId, signedHeaders } from '../signing.ts'
import type { WebhookOptions } from './options.ts'

/** One POST: an event object, or a JSON array of events where `batch` is set. */
export function encode(batch: Batch, options: WebhookOptions, nowMs: number): HttpRequest | Promise<HttpRequest> {
  const id = deliveryId(batch, options.batch === null)
  const body = encodeBatch(batch, options.batch === null ? 'object' : 'array')
  if (!options.gzip) return requestOf(id, body, options, nowMs)
  return gzipped(body).then((packed) => requestOf(id, packed, options, nowMs))
}

function requestOf(id: string, body: Uint8Array, options: WebhookOptions, nowMs: number): HttpRequest {
  const headers = { ...options.headers, ...signedHeaders(id, body, options, nowMs) }
  return { method: 'POST', url: options.url, headers, body }
}
