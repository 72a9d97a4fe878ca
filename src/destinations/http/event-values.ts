// What a placeholder gives for one event: a complete JSON value, escaped by construction. Nothing here makes an object of an event;
// its id and its type are found in its bytes.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import { JsonScanner, Scan } from '../../model/json.ts'
import { eventTexts } from '../encode.ts'
import type { EventPlaceholder, Part } from './template.ts'

type Path = readonly [name: string, inner?: string]
/** Where an id and a type stand: in the canonical form, and in OCSF, ECS and CloudEvents. */
const IDS: readonly Path[] = [['event_id'], ['metadata', 'uid'], ['event', 'id'], ['id']]
const TYPES: readonly Path[] = [['event_type'], ['metadata', 'event_code'], ['event', 'action'], ['type']]

/** A longer id or type is not repeated beside the event. Bytes, quotation marks included. */
const LONGEST_FIELD_BYTES = 256
const QUOTE = 0x22

/** How many bytes a placeholder gives at most beyond those of the event. A name of a source has 64 characters at most. */
export const PLACEHOLDER_BYTES: Readonly<Record<EventPlaceholder, number>> = {
  event: 0,
  event_json_string: 2,
  base64_event: 6,
  event_id: LONGEST_FIELD_BYTES,
  event_type: LONGEST_FIELD_BYTES,
  occurred_at: 32,
  occurred_at_s: 24,
  occurred_at_ms: 24,
  occurred_at_ns: 24,
  source: 80,
  event_key: 34,
}

/** How many times the bytes of the event a placeholder has at most. A JSON text as a string has each of its bytes twice at worst. */
export const PLACEHOLDER_TIMES: Readonly<Partial<Record<EventPlaceholder, number>>> = {
  event: 1,
  event_json_string: 2,
  base64_event: 4 / 3,
}

/** The time of an event as the receiver is to see it, ms since the epoch. */
export type TimeOf = (event: BatchEvent) => number

/** Gives the text of a template for each event of one batch. */
export class EventValues {
  readonly #complete: boolean
  readonly #text: (event: BatchEvent) => string
  readonly #time: TimeOf
  readonly #outer = new JsonScanner()
  readonly #inner = new JsonScanner()
  /** Whose members the outer scanner holds. */
  #scanned: BatchEvent | undefined

  constructor(batch: Batch, time: TimeOf) {
    this.#time = time
    this.#complete = batch.complete === true
    this.#text = eventTexts(batch)
  }

  render(parts: readonly Part<EventPlaceholder>[], event: BatchEvent): string {
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : this.#value(part.name, event)
    return text
  }

  #value(name: EventPlaceholder, event: BatchEvent): string {
    switch (name) {
      case 'event':
        return this.#text(event)
      case 'event_json_string':
        return JSON.stringify(this.#text(event))
      case 'base64_event':
        return `"${Buffer.from(this.#text(event)).toString('base64')}"`
      case 'event_id':
        return this.#field(event, IDS) ?? 'null'
      case 'event_type':
        return this.#field(event, TYPES) ?? 'null'
      case 'source':
        return JSON.stringify(event.source)
      case 'event_key':
        return `"${event.key}"`
      default:
        return timeValue(name, this.#time(event))
    }
  }

  /** The member as it stands in the event, a JSON string with its quotation marks. */
  #field(event: BatchEvent, paths: readonly Path[]): string | undefined {
    const { bytes, start, end } = event
    if (this.#scanned !== event) {
      this.#scanned = undefined
      if (this.#outer.scan(bytes, start, end) !== Scan.ok) return undefined
      this.#scanned = event
    }
    for (const [name, inner] of this.#complete ? paths : paths.slice(0, 1)) {
      const outer = member(this.#outer, bytes, name)
      const within = outer && inner !== undefined && this.#inner.scan(bytes, ...outer) === Scan.ok
      const span = inner === undefined ? outer : within ? member(this.#inner, bytes, inner) : undefined
      if (span && bytes[span[0]] === QUOTE && span[1] - span[0] <= LONGEST_FIELD_BYTES) return text(bytes, ...span)
    }
    return undefined
  }
}

function timeValue(name: EventPlaceholder & `occurred_at${string}`, timeMs: number): string {
  switch (name) {
    case 'occurred_at':
      return `"${new Date(Math.floor(timeMs)).toISOString()}"`
    case 'occurred_at_s':
      return (Math.floor(timeMs) / 1000).toFixed(3)
    case 'occurred_at_ms':
      return `${Math.floor(timeMs)}`
    case 'occurred_at_ns':
      // A time has microseconds at most, and nanoseconds are more than a number holds.
      return `${Math.round(timeMs * 1000)}000`
  }
}

/** Of two members of one name the last, as most readers take it. */
function member({ members, memberCount }: JsonScanner, bytes: Uint8Array, name: string): [number, number] | undefined {
  for (let at = (memberCount - 1) * 4; at >= 0; at -= 4) {
    const keyStart = members[at] as number
    const keyEnd = members[at + 1] as number
    if (keyEnd - keyStart === name.length && text(bytes, keyStart, keyEnd) === name)
      return [members[at + 2] as number, members[at + 3] as number]
  }
  return undefined
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', from, to)
}
