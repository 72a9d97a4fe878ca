// The request of a batch: always an array, because Azure answers 204 to an object and stores nothing of it. Each event begins with
// `TimeGenerated`, which every table must have; the rest is copied.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch, FORM_OVERHEAD_BYTES } from '../encode.ts'
import { gzipped } from '../gzip.ts'
import { TopLevelKey } from '../top-level-key.ts'
import type { SentinelOptions } from './options.ts'

const timeGenerated = new TopLevelKey('TimeGenerated')

export function encode(batch: Batch, options: SentinelOptions): HttpRequest | Promise<HttpRequest> {
  const body = bodyOf(batch)
  const headers = { ...options.headers, 'x-ms-client-request-id': requestId(batch.id) }
  const plain = { method: 'POST', url: options.url, headers, body } as const
  if (!options.gzip) return plain
  return gzipped(body).then((packed) => {
    // What cannot be compressed grows, and the limit counts for both.
    if (packed.length >= body.length) return plain
    return { ...plain, headers: { ...headers, 'content-encoding': 'gzip' }, body: packed }
  })
}

/** What is added to one event at most, beside `stream`: years beyond 9999 have a sign and two digits more. */
export const OVERHEAD_BYTES = stamp(0).length + '+00'.length + FORM_OVERHEAD_BYTES

function bodyOf(batch: Batch): Buffer {
  const stamped = timeGenerated.among(batch.events)
  const before = (event: BatchEvent, index: number): string => (stamped[index] ? '' : stamp(event.timeMs))
  // Without its first brace, which stands before the time instead.
  const skip = (_: BatchEvent, index: number): number => (stamped[index] ? 0 : 1)
  return encodeBatch(batch, 'array', { wrapping: { before, after: '', skip } })
}

/** Begins the event's object with its time. */
function stamp(timeMs: number): string {
  return `{"TimeGenerated":"${new Date(timeMs).toISOString()}",`
}

/** The same for every attempt; as a GUID, the form in which Azure's own clients write it. */
function requestId(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
