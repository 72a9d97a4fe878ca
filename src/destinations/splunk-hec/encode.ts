// The request of a batch: one JSON object after the other, each an event in Splunk's envelope. ("Format events for HTTP Event
// Collector"; an array is refused.) The events' own bytes are copied.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { encodeBatch } from '../encode.ts'
import { gzipped } from '../gzip.ts'
import { EVENT_ID, LONGEST_TEXT_BYTES, TextFinder } from '../member-text.ts'
import type { SplunkHecOptions } from './options.ts'

/** The longest name that a source of the relay can have. */
const longestSource = 64
/** `{"time":-62135596800.000` and what closes the objects. */
const frameBytes = 64

/** `channel`: where acknowledgements will be asked for. */
export function encode(batch: Batch, options: SplunkHecOptions, channel?: string): HttpRequest | Promise<HttpRequest> {
  const body = encodeBatch(batch, 'object', { wrapping: { before: envelopes(batch, options), after: '}' } })
  const url = `${options.url}/services/collector/event`
  const asked = channel === undefined ? options.headers : { ...options.headers, 'x-splunk-request-channel': channel }
  if (!options.gzip) return { method: 'POST', url, headers: asked, body }
  const headers = { ...asked, 'content-encoding': 'gzip' }
  return gzipped(body).then((packed) => ({
    method: 'POST',
    url,
    headers,
    body: packed,
  }))
}

/** What the envelope adds to one event at most, bytes. */
export function envelopeBytes(options: SplunkHecOptions): number {
  const shared = metadata(options, 's'.repeat(longestSource)) + JSON.stringify(options.fields)
  return Buffer.byteLength(shared) + LONGEST_TEXT_BYTES + frameBytes
}

function envelopes(batch: Batch, options: SplunkHecOptions): (event: BatchEvent) => string {
  const ids = new TextFinder(EVENT_ID)
  const known = new Map<string, string>()
  const others = JSON.stringify(options.fields).slice(1, -1)
  return (event) => {
    let shared = known.get(event.source)
    if (shared === undefined) known.set(event.source, (shared = metadata(options, event.source)))
    const id = ids.literal(event, batch.complete === true)
    const own = id === undefined ? '' : `"event_id":${id}`
    const fields = own === '' || others === '' ? own + others : `${own},${others}`
    return `{"time":${seconds(event.timeMs)}${shared}${fields === '' ? '' : `,"fields":{${fields}}`},"event":`
  }
}

/** The members that are the same for every event of one source. */
function metadata({ host, source, sourcetype, index }: SplunkHecOptions, from: string): string {
  return `,${JSON.stringify({ host, source: source ?? from, sourcetype, index }).slice(1, -1)}`
}

/** Seconds since the epoch with three decimals, written digit by digit: a division would not always give them exactly. */
function seconds(ms: number): string {
  const whole = Math.abs(Math.trunc(ms))
  return `${ms < 0 ? '-' : ''}${Math.floor(whole / 1000)}.${String(whole % 1000).padStart(3, '0')}`
}
