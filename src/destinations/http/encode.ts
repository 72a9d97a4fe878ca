// The request of a batch: its body by the plan, compressed where asked for, signed as it is sent.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch } from '../encode.ts'
import { gzipped } from '../gzip.ts'
import { deliveryId, signedHeaders } from '../signing.ts'
import { timeOf } from './age.ts'
import type { BodyPlan } from './body.ts'
import { EventValues, type TimeOf } from './event-values.ts'
import type { HttpOptions } from './options.ts'
import type { BatchPlaceholder, Part } from './template.ts'

export function encode(batch: Batch, options: HttpOptions, nowMs: number): HttpRequest | Promise<HttpRequest> {
  const whole = options.stream ? batch : { ...batch, complete: true }
  const body = bodyOf(whole, options.body, timeOf(options, nowMs))
  if (!options.gzip) return requestOf(batch, body, options, nowMs)
  return gzipped(body).then((packed) => requestOf(batch, packed, options, nowMs))
}

function requestOf(batch: Batch, body: Uint8Array, options: HttpOptions, nowMs: number): HttpRequest {
  const { method, url, signing, idHeader } = options
  const id = deliveryId(batch, options.maxEvents === 1)
  const headers = {
    ...options.headers,
    ...(idHeader !== null && { [idHeader]: id }),
    ...(signing && signedHeaders(id, body, signing, nowMs)),
  }
  return { method, url, headers, body }
}

/** The bytes of a body. Where a template takes the event as it is, its bytes are copied, never parsed. */
export function bodyOf(batch: Batch, plan: BodyPlan, time: TimeOf = ({ timeMs }) => timeMs): Uint8Array {
  if (plan.plain) return encodeBatch(batch, plan.plain)
  const before = frame(plan.before, batch)
  const after = frame(plan.after, batch)
  const values = new EventValues(batch, time)
  const { copied, separator } = plan
  if (!copied) {
    const events = batch.events.map((event) => values.render(plan.event, event))
    return Buffer.from(before + events.join(separator) + after)
  }
  const events = copiedEvents(batch, copied, separator, values)
  return before === '' && after === '' ? events : Buffer.concat([Buffer.from(before), events, Buffer.from(after)])
}

function copiedEvents(
  batch: Batch,
  { before, after }: NonNullable<BodyPlan['copied']>,
  separator: string,
  values: EventValues,
): Buffer {
  const head = (event: BatchEvent): string => values.render(before, event)
  const all = encodeBatch(batch, 'object', { wrapping: { before: head, after: after + separator } })
  return all.subarray(0, all.length - Buffer.byteLength(separator))
}

function frame(parts: readonly Part<BatchPlaceholder>[], batch: Batch): string {
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(batch.id))).join('')
}
