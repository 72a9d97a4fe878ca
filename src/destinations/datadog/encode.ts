// The request of a batch: an array of log entries. The event lies under one attribute, whole: at the top of an entry Datadog would take
// what an event calls `status`, `date`, `host` or `message` for its own, and drop an event by such a date. Bytes are copied.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { Reason } from '../../model/verdict.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch, FORM_OVERHEAD_BYTES, type Wrapping } from '../encode.ts'
import { gzipped } from '../gzip.ts'
import { EVENT_TYPE, LONGEST_TEXT_BYTES, TextFinder } from '../member-text.ts'
import { isDated } from './age.ts'
import type { DatadogOptions } from './options.ts'

/** "Send logs": "Maximum size for a single log: 1MB"; a longer one is taken with 202 and cut. Read as decimal, the smaller way. */
export const MAX_ENTRY_BYTES = 1_000_000
/** What stands around an event beside the head, its type and the attribute: names, the time, braces. */
const frameBytes = 96
/** More than `stream` ever has. */
const streamBytes = 1_024
/** Of an event whose type is not known; Datadog wants a message. */
const plainMessage = '"audit event"'

/** One POST: a JSON array of entries. */
export function encode(batch: Batch, options: DatadogOptions, nowMs: number): HttpRequest | Promise<HttpRequest> {
  const { url, headers } = options
  const body = encodeBatch(batch, 'array', { wrapping: entries(batch, options, nowMs) })
  if (!options.gzip) return { method: 'POST', url, headers, body }
  return gzipped(body).then((packed) => ({
    method: 'POST',
    url,
    headers,
    body: packed,
  }))
}

/** What an entry adds to one event at most, bytes. */
export function entryOverheadBytes({ head, attribute }: DatadogOptions): number {
  return Buffer.byteLength(head) + attribute.length + LONGEST_TEXT_BYTES + frameBytes + FORM_OVERHEAD_BYTES
}

/** Datadog would cut an entry that is too long, and say that all is well: it is not sent. */
export function tooLarge(event: BatchEvent, batch: Batch, options: DatadogOptions, nowMs: number): Reason | undefined {
  if (event.end - event.start + entryOverheadBytes(options) + streamBytes <= MAX_ENTRY_BYTES) return undefined
  const wrapping = entries(batch, options, nowMs)
  const { length } = encodeBatch(batch, 'object', { events: [event], wrapping })
  if (length <= MAX_ENTRY_BYTES) return undefined
  const text = `its entry has ${length} bytes, and Datadog cuts entries of more than ${MAX_ENTRY_BYTES} without a word: it was not sent`
  return { code: 'too_large', text }
}

function entries(batch: Batch, { head, attribute }: DatadogOptions, nowMs: number): Wrapping {
  const types = new TextFinder(EVENT_TYPE)
  const close = `,"${attribute}":`
  const complete = batch.complete === true
  return {
    before: (event) =>
      `${head}${timeOf(event, nowMs)},"message":${types.literal(event, complete) ?? plainMessage}${close}`,
    after: '}',
  }
}

/** Whole milliseconds: Datadog reads no fraction. Without a `timestamp` an entry is dated at its arrival; its own time then stands beside, under a name that Datadog takes for no date. */
function timeOf({ timeMs }: BatchEvent, nowMs: number): string {
  return isDated(timeMs, nowMs)
    ? `,"timestamp":${Math.floor(timeMs)}`
    : `,"original_time":"${new Date(timeMs).toISOString()}"`
}
