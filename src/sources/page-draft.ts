// A page while a source fills it: canonical events in columns, with what the filters need to know of each.
import { OBJECT_FIELDS, OUTCOMES, type ObjectField, type Outcome, Tag } from '../model/event.ts'
import type { Identity } from '../model/identity.ts'
import { JsonScanner, MAX_DEPTH, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'
import type { Page, Quarantined, QuarantineReason } from '../model/page.ts'
import { rfc3339Ms } from '../model/time.ts'
import { EventColumns } from './event-columns.ts'
import { FIELDS, fieldAt, fieldIndex } from './event-fields.ts'

/** Why bytes did not become an event. */
export interface Refusal {
  readonly reason: QuarantineReason
  readonly detail: string
}

/** Longest `event_id` and `event_type`, characters. */
const maxNameLength = 1024
const spansPerEvent = OBJECT_FIELDS.length * 2
const SOURCE = fieldIndex('source')
const STREAM = fieldIndex('stream')
/** For each of FIELDS its place in OBJECT_FIELDS, -1 for the others. */
const objectSlot = FIELDS.map((field) => OBJECT_FIELDS.indexOf(field as ObjectField))
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const NULL = 0x6e
const EVENT_ID = fieldIndex('event_id') * 2
const EVENT_TYPE = fieldIndex('event_type') * 2
const OCCURRED_AT = fieldIndex('occurred_at') * 2
const OUTCOME = fieldIndex('outcome') * 2

export class PageDraft {
  types: string[] = []
  quarantined: Quarantined[] = []
  readonly #columns = new EventColumns(spansPerEvent)
  readonly #scanner = new JsonScanner()
  readonly #identity: Identity
  readonly #tail: Buffer
  /** Of the event being looked at: for each of FIELDS where its value starts and ends, -1 when absent. */
  readonly #found = new Int32Array(FIELDS.length * 2)
  /** For each member of the scanned object its place in FIELDS, or -1. */
  readonly #fields: number[] = []

  constructor(source: { readonly name: string; readonly type: string }, identity: Identity) {
    this.#identity = identity
    this.#tail = Buffer.from(`"source":${JSON.stringify({ name: source.name, type: source.type })}}\n`)
  }

  get count(): number {
    return this.#columns.count
  }

  /** Bytes of the events so far. */
  get size(): number {
    return this.#columns.size
  }

  /**
   * Adds the JSON object at `[start, end)` as an event if it has the canonical form: `source` is replaced by ours and `stream` left
   * out; everything else stays byte for byte. The bytes must be valid UTF-8. `stable`: what the fingerprint covers, the same bytes unless given.
   */
  add(bytes: Uint8Array, start: number, end: number, stable?: Uint8Array): Refusal | undefined {
    const refusal = this.#scan(bytes, start, end)
    if (refusal) return refusal
    const eventId = this.#text(bytes, EVENT_ID)
    const eventType = this.#text(bytes, EVENT_TYPE)
    const timeMs = this.#time(bytes)
    const fault = faultOf(eventId, eventType, timeMs)
    if (fault !== undefined) return { reason: 'unmappable', detail: fault }
    const columns = this.#columns
    const index = columns.count
    columns.reserve(end - start + this.#tail.length + 2)
    this.#identity.writeKey(eventId as string, columns.keys, index * 16)
    this.#identity.writeFingerprint(stable ?? bytes.subarray(start, end), columns.fingerprints, index * 8)
    columns.times[index] = timeMs
    columns.tags[index] = this.#judge(bytes, index)
    this.types.push(eventType as string)
    this.#copy(bytes, end)
    return undefined
  }

  quarantine(refusal: Refusal, place: string, bytes: Uint8Array): void {
    this.quarantined.push({ ...refusal, place, bytes: Uint8Array.from(bytes) })
  }

  outcome(index: number): Outcome {
    return OUTCOMES[this.#columns.outcomes[index] as 0 | 1 | 2]
  }

  tags(index: number): number {
    return this.#columns.tags[index] as number
  }

  /** Marks an event after it was added. */
  tag(index: number, bits: number): void {
    this.#columns.tags[index] = this.tags(index) | bits
  }

  occurredAtMs(index: number): number {
    return this.#columns.times[index] as number
  }

  /** The whole event as JSON text. */
  json(index: number): string {
    const { bytes, offsets } = this.#columns
    return bytes.toString('utf8', offsets[index], (offsets[index + 1] as number) - 1)
  }

  /** An object field as JSON text, undefined when the event has none. */
  field(index: number, field: ObjectField): string | undefined {
    const { bytes, spans } = this.#columns
    const at = index * spansPerEvent + OBJECT_FIELDS.indexOf(field) * 2
    const start = spans[at] as number
    return start < 0 ? undefined : bytes.toString('utf8', start, spans[at + 1])
  }

  /** The finished columns. They share memory with the draft: good until the next `add` or `reset`. */
  page(): Page {
    return this.#columns.page()
  }

  /** Empties the draft; its memory serves the next page. */
  reset(): void {
    this.types = []
    this.quarantined = []
    this.#columns.count = 0
    this.#columns.size = 0
  }

  #scan(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
    const scanner = this.#scanner
    const result = scanner.scan(bytes, start, end)
    if (result === Scan.tooDeep) return { reason: 'too_deep', detail: `nested deeper than ${MAX_DEPTH} levels` }
    if (result !== Scan.ok)
      return {
        reason: 'not_json',
        detail: `not valid JSON, the fault is at byte ${scanner.position - start} of the record`,
      }
    if (bytes[scanner.start] !== OPEN_BRACE) return { reason: 'not_an_object', detail: 'valid JSON, but not an object' }
    this.#found.fill(-1)
    const { members } = scanner
    // Of a repeated key the last counts, as for JSON.parse; the event is tagged.
    for (let at = 0; at < scanner.memberCount * 4; at += 4) {
      const field = fieldAt(bytes, members[at] as number, members[at + 1] as number)
      this.#fields[at >> 2] = field
      if (field < 0) continue
      this.#found[field * 2] = members[at + 2] as number
      this.#found[field * 2 + 1] = members[at + 3] as number
    }
    return undefined
  }

  /** The text of a string member; undefined when it is absent or no string. */
  #text(bytes: Uint8Array, at: number): string | undefined {
    const start = this.#found[at] as number
    return start >= 0 && bytes[start] === QUOTE ? stringText(bytes, start, this.#found[at + 1] as number) : undefined
  }

  #time(bytes: Uint8Array): number {
    const start = this.#found[OCCURRED_AT] as number
    return start >= 0 && bytes[start] === QUOTE
      ? rfc3339Ms(bytes, start + 1, (this.#found[OCCURRED_AT + 1] as number) - 1)
      : NaN
  }

  /** The tags of the scanned event; its outcome is noted on the way. */
  #judge(bytes: Uint8Array, index: number): number {
    let tags = this.#scanner.duplicateKeys ? Tag.duplicateKeys : 0
    for (let field = 0; field < FIELDS.length; field++) {
      const start = this.#found[field * 2] as number
      if (start < 0 || (objectSlot[field] as number) < 0 || field === SOURCE) continue
      if (bytes[start] !== OPEN_BRACE && bytes[start] !== NULL) tags |= Tag.nonstandard
    }
    const given = this.#found[OUTCOME] as number
    const outcome = given < 0 || bytes[given] === NULL ? 0 : OUTCOMES.indexOf(this.#text(bytes, OUTCOME) as Outcome)
    this.#columns.outcomes[index] = Math.max(outcome, 0)
    return outcome < 0 ? tags | Tag.nonstandard : tags
  }

  /** Copies the event without `source` and `stream` of its own, puts ours at its end, and notes where the object fields lie. */
  #copy(bytes: Uint8Array, end: number): void {
    const columns = this.#columns
    const { members, memberCount } = this.#scanner
    const base = columns.count * spansPerEvent
    columns.spans.fill(-1, base, base + spansPerEvent)
    columns.bytes[columns.size++] = OPEN_BRACE
    // Members travel in runs that end where `source` or `stream` stands; a run keeps the white space between its members.
    let from = memberCount > 0 ? (members[0] as number) - 1 : end
    let shift = columns.size - from
    let to = from
    for (let at = 0; at < memberCount * 4; at += 4) {
      const field = this.#fields[at >> 2] as number
      if (field === SOURCE || field === STREAM) {
        this.#run(bytes, from, to)
        from = at + 4 < memberCount * 4 ? (members[at + 4] as number) - 1 : end
        to = from
        shift = columns.size - from
        continue
      }
      to = members[at + 3] as number
      if (field >= 0) this.#note(base, field, (members[at + 2] as number) + shift, to + shift)
    }
    this.#run(bytes, from, to)
    this.#note(base, SOURCE, columns.size + '"source":'.length, columns.size + this.#tail.length - 2)
    columns.append(this.#tail, 0, this.#tail.length)
    columns.close()
  }

  #run(bytes: Uint8Array, from: number, to: number): void {
    if (from >= to) return
    this.#columns.append(bytes, from, to)
    this.#columns.bytes[this.#columns.size++] = COMMA
  }

  #note(base: number, field: number, start: number, end: number): void {
    const slot = objectSlot[field] as number
    if (slot < 0) return
    this.#columns.spans[base + slot * 2] = start
    this.#columns.spans[base + slot * 2 + 1] = end
  }
}

function faultOf(eventId: string | undefined, eventType: string | undefined, timeMs: number): string | undefined {
  return (
    nameFault('event_id', eventId) ??
    nameFault('event_type', eventType) ??
    (Number.isNaN(timeMs)
      ? 'occurred_at is missing or not an RFC 3339 time such as 2026-05-17T08:00:00Z (another form, such as a number, needs "as": occurred_at: { path: ts, as: unix_s })'
      : undefined)
  )
}

function nameFault(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '')
    return `${name} is missing or not a text (the mapping of the source, "fields" or "event", can take it from elsewhere)`
  return text.length > maxNameLength ? `${name} is longer than ${maxNameLength} characters` : undefined
}
