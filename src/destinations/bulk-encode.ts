// A batch as a body of the bulk API: for each event a line that says what to do and a line with the event. The operation is
// always `create`: it never overwrites, and data streams take no other ("Bulk API", Elasticsearch and OpenSearch).
import type { Batch, BatchEvent } from '../model/batch.ts'
import type { HttpRequest } from '../runtime/http.ts'
import type { BulkOptions } from './bulk-options.ts'
import { encodeBatch } from './encode.ts'
import { gzipped } from './gzip.ts'
import { signatureOf } from './sigv4.ts'
import { TopLevelKey } from './top-level-key.ts'

/** An answer that is cut off says nothing. An item is 30 bytes when all is well, and some hundreds when it explains a refusal. */
const replyBytes = 64 * 1024
const replyBytesAnEvent = 2048

const timestamp = new TopLevelKey('@timestamp')

/** The whole request, signed where it is to be. */
export function encodeBulk(batch: Batch, options: BulkOptions, nowMs: number): HttpRequest | Promise<HttpRequest> {
  const body = bulkBody(batch, options)
  const count = batch.events.length
  if (!options.gzip) return requestOf(body, count, options, nowMs)
  return gzipped(body).then((packed) => requestOf(packed, count, options, nowMs))
}

/** What is added to one event at most, beside `stream`. */
export function bulkOverhead({ index, ids }: BulkOptions): number {
  const name = index === null ? 0 : '"_index":"",'.length + index.bytes * 2
  const id = ids ? '"_id":""'.length + longestSource + 1 + keyLength : 0
  return '{"create":{}}\n'.length + name + id + stamps()(0).length + '\n'.length
}

const longestSource = 64
const keyLength = 32

function bulkBody(batch: Batch, options: BulkOptions): Buffer {
  const stamped = timestamp.among(batch.events)
  const action = actionOf(options)
  const stamp = stamps()
  const before = (event: BatchEvent, index: number): string =>
    stamped[index] ? action(event) : action(event) + stamp(event.timeMs)
  const skip = (_: BatchEvent, index: number): number => (stamped[index] ? 0 : 1)
  return encodeBatch(batch, 'lines', { wrapping: { before, after: '', skip } })
}

/** Begins the event's object with its time, which data streams must have. Neighbours mostly share all but the milliseconds. */
function stamps(): (timeMs: number) => string {
  let second: number | undefined
  let upToSecond = ''
  return (timeMs) => {
    const next = Math.floor(timeMs / 1000)
    if (next !== second) upToSecond = new Date(next * 1000).toISOString().slice(0, -4)
    second = next
    const milliseconds = String(1000 + Math.floor(timeMs - next * 1000)).slice(1)
    return `{"@timestamp":"${upToSecond}${milliseconds}Z",`
  }
}

/**
 * The line before the event. The id is that of the event's identity, the same at every attempt, so what was stored already is
 * answered with a conflict. It begins with the source, because two sources may use the same `event_id`.
 */
function actionOf({ index, ids }: BulkOptions): (event: BatchEvent) => string {
  return ({ timeMs, source, key }) => {
    const name = index === null ? '' : `"_index":${JSON.stringify(index.of(timeMs))}`
    const id = ids ? `"_id":"${source}:${key}"` : ''
    return `{"create":{${name}${name && id ? ',' : ''}${id}}}\n`
  }
}

function requestOf(body: Uint8Array, count: number, options: BulkOptions, nowMs: number): HttpRequest {
  const { url, headers, aws } = options
  const request = {
    method: 'POST',
    url,
    headers,
    body,
    replyBytes: replyBytes + count * replyBytesAnEvent,
  } as const
  return aws === null ? request : { ...request, headers: { ...headers, ...signatureOf(request, aws, nowMs) } }
}
