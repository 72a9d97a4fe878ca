// A page while a source fills it: canonical events in columns, with what the filters need to know of each.
import { hash } from 'node:crypto'
import { CANONICAL_FIELDS, OBJECT_FIELDS, OUTCOMES, type ObjectField, type Outcome, Tag } from '../model/event.ts'
import { jsonText, JsonScanner, MAX_DEPTH, Scan } from '../model/json.ts'
import { FINGERPRINT_BYTES, KEY_BYTES, type Page, type Quarantined, type QuarantineReason } from '../model/page.ts'
import { rfc3339Ms } from '../model/time.ts'

/** Why bytes did not become an event. */
export interface Refusal {
  readonly reason: QuarantineReason
  readonly detail: string
}

/** Longest `event_id` and `event_type`, bytes. */
const maxNameBytes = 1024
const secretBytes = 32

const FIELDS = [...CANONICAL_FIELDS, 'source', 'stream'] as const
type Field = (typeof FIELDS)[number]
const fieldByName: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field, field]))
const spansPerEvent = OBJECT_FIELDS.length * 2

export class PageDraft {
  count = 0
  size = 0
  readonly types: string[] = []
  readonly quarantined: Quarantined[] = []

  #bytes = Buffer.allocUnsafe(256 * 1024)
  #capacity = 256
  #offsets = new Uint32Array(257)
  #times = new Float64Array(256)
  #keys = Buffer.alloc(256 * KEY_BYTES)
  #fingerprints = Buffer.alloc(256 * FINGERPRINT_BYTES)
  #tags = new Uint8Array(256)
  #outcomes = new Uint8Array(256)
  #spans = new Int32Array(256 * spansPerEvent)
  readonly #scanner = new JsonScanner()
  /** The key, then room for what is hashed. */
  #scratch = Buffer.alloc(4096)
  readonly #tail: Buffer
  /** Of the event being looked at: value start and end of each known field, -1 when absent; and the first byte of the value. */
  readonly #found = new Int32Array(FIELDS.length * 3)

  /** `secret`: the state's 32-byte key of the identity hash. */
  constructor(source: { readonly name: string; readonly type: string }, secret: Uint8Array) {
    this.#tail = Buffer.from(`"source":${JSON.stringify({ name: source.name, type: source.type })}}\n`)
    this.#scratch.set(secret.subarray(0, secretBytes))
  }

  /**
   * Adds the JSON object at `[start, end)` as an event if it has the canonical form, `source` replaced by ours and `stream` left
   * out; everything else byte for byte. Bytes must be valid UTF-8. `stable`: what the fingerprint covers, the same bytes unless given.
   */
  add(bytes: Uint8Array, start: number, end: number, stable?: Uint8Array): Refusal | undefined {
    const scanner = this.#scanner
    const result = scanner.scan(bytes, start, end)
    if (result === Scan.tooDeep) return { reason: 'too_deep', detail: `nested deeper than ${MAX_DEPTH} levels` }
    if (result !== Scan.ok) return { reason: 'not_json', detail: `not valid JSON: fault at byte ${scanner.position - start} of the record` }
    if (scanner.depth === 0 || bytes[firstByte(bytes, start)] !== 0x7b) return { reason: 'not_an_object', detail: 'the record is not a JSON object' }
    this.#find(bytes)
    const timeAt = this.#span('occurred_at')
    const timeMs = timeAt ? rfc3339Ms(bytes, timeAt[0] + 1, timeAt[1] - 1) : NaN
    const eventId = this.#text(bytes, 'event_id')
    const eventType = this.#text(bytes, 'event_type')
    const fault = faultOf(eventId, eventType, timeMs)
    if (fault) return { reason: 'unmappable', detail: fault }
    this.#reserve(end - start + this.#tail.length + 2)
    const index = this.count
    this.#hash(index, eventId as string, stable ?? bytes.subarray(start, end))
    this.#times[index] = timeMs
    this.types.push(eventType as string)
    this.#tags[index] = this.#judge(bytes, index)
    this.#copy(bytes, start, end)
    this.count++
    return undefined
  }

  quarantine(refusal: Refusal, place: string, bytes: Uint8Array): void {
    this.quarantined.push({ ...refusal, place, bytes: Uint8Array.from(bytes) })
  }

  outcome(index: number): Outcome {
    return OUTCOMES[this.#outcomes[index] as 0 | 1 | 2]
  }

  tags(index: number): number {
    return this.#tags[index] as number
  }

  /** Marks an event after it was added. */
  tag(index: number, bits: number): void {
    this.#tags[index] = (this.#tags[index] as number) | bits
  }

  occurredAtMs(index: number): number {
    return this.#times[index] as number
  }

  /** The whole event, without the newline. */
  json(index: number): string {
    return this.#bytes.utf8Slice(this.#offsets[index], (this.#offsets[index + 1] as number) - 1)
  }

  /** The text of an object field, or undefined when the event has none. */
  field(index: number, field: ObjectField): string | undefined {
    const at = index * spansPerEvent + OBJECT_FIELDS.indexOf(field) * 2
    const start = this.#spans[at] as number
    return start < 0 ? undefined : this.#bytes.utf8Slice(start, this.#spans[at + 1])
  }

  /** The finished columns. They share memory with the draft: do not add afterwards. */
  page(): Page {
    const count = this.count
    return {
      count,
      bytes: this.#bytes.subarray(0, this.size),
      offsets: this.#offsets.subarray(0, count + 1),
      times: this.#times.subarray(0, count),
      keys: this.#keys.subarray(0, count * KEY_BYTES),
      fingerprints: this.#fingerprints.subarray(0, count * FINGERPRINT_BYTES),
      tags: this.#tags.subarray(0, count),
    }
  }

  /** Where the known members of the scanned object lie. Of a repeated key the last counts, as for JSON.parse. */
  #find(bytes: Uint8Array): void {
    const { members, memberCount } = this.#scanner
    this.#found.fill(-1)
    for (let at = 0; at < memberCount * 5; at += 5) {
      const field = knownField(bytes, members[at] as number, members[at + 1] as number)
      if (field < 0) continue
      this.#found[field * 3] = members[at + 2] as number
      this.#found[field * 3 + 1] = members[at + 3] as number
      this.#found[field * 3 + 2] = members[at + 4] as number
    }
  }

  #span(field: Field): [number, number] | undefined {
    const at = FIELDS.indexOf(field) * 3
    const start = this.#found[at] as number
    return start < 0 ? undefined : [start, this.#found[at + 1] as number]
  }

  /** The text of a string member; undefined when it is absent or no string. */
  #text(bytes: Uint8Array, field: Field): string | undefined {
    const span = this.#span(field)
    if (!span || bytes[span[0]] !== 0x22) return undefined
    return stringAt(bytes, span[0], span[1])
  }

  /** Tags of the scanned event, and its outcome on the way. */
  #judge(bytes: Uint8Array, index: number): number {
    let tags = this.#scanner.duplicateKeys ? Tag.duplicateKeys : 0
    for (const field of OBJECT_FIELDS) {
      const at = FIELDS.indexOf(field) * 3
      const kind = this.#found[at + 2]
      if (field !== 'source' && (this.#found[at] as number) >= 0 && kind !== 0x7b && kind !== 0x6e) tags |= Tag.nonstandard
    }
    const outcome = this.#span('outcome') ? OUTCOMES.indexOf(this.#text(bytes, 'outcome') as Outcome) : 0
    this.#outcomes[index] = Math.max(outcome, 0)
    return outcome < 0 ? tags | Tag.nonstandard : tags
  }

  #hash(index: number, eventId: string, stable: Uint8Array): void {
    const scratch = this.#room(Math.max(secretBytes + eventId.length * 3, secretBytes + stable.length))
    const idEnd = secretBytes + scratch.utf8Write(eventId, secretBytes)
    this.#keys.latin1Write(hash('sha256', scratch.subarray(0, idEnd), 'latin1'), index * KEY_BYTES, KEY_BYTES)
    scratch.set(stable, secretBytes)
    const digest = hash('sha256', scratch.subarray(0, secretBytes + stable.length), 'latin1')
    this.#fingerprints.latin1Write(digest, index * FINGERPRINT_BYTES, FINGERPRINT_BYTES)
  }

  #room(size: number): Buffer {
    if (this.#scratch.length < size) {
      const larger = Buffer.alloc(size * 2)
      larger.set(this.#scratch.subarray(0, secretBytes))
      this.#scratch = larger
    }
    return this.#scratch
  }

  /** Copies the event into the page, without `source` and `stream` of its own, and with ours at the end. */
  #copy(bytes: Uint8Array, start: number, end: number): void {
    const begin = this.size
    let from = firstByte(bytes, start)
    const close = lastByte(bytes, end)
    let shift = begin - from
    const { members, memberCount } = this.#scanner
    const base = this.count * spansPerEvent
    this.#spans.fill(-1, base, base + spansPerEvent)
    let kept = 0
    // Members are copied in runs; a run ends where `source` or `stream` stands.
    for (let at = 0; at < memberCount * 5; at += 5) {
      const keyStart = (members[at] as number) - 1
      const field = knownField(bytes, members[at] as number, members[at + 1] as number)
      if (field === SOURCE || field === STREAM) {
        const cut = kept > 0 ? endOf(members, at - 5) : keyStart
        this.#append(bytes, from, cut)
        const next = at + 5 < memberCount * 5
        // What follows the cut begins at the comma when something was kept before it, else at the next key.
        from = next ? (kept > 0 ? (members[at + 3] as number) : (members[at + 5] as number) - 1) : close
        if (next && kept > 0) from = commaAt(bytes, from)
        shift = this.size - from
        continue
      }
      kept++
      this.#keep(base, field, (members[at + 2] as number) + shift, (members[at + 3] as number) + shift)
    }
    this.#append(bytes, from, close)
    if (kept > 0) this.#bytes[this.size++] = 0x2c
    const nameAt = this.size + '"source":'.length
    this.#bytes.set(this.#tail, this.size)
    this.size += this.#tail.length
    this.#keep(base, SOURCE, nameAt, this.size - 2)
    this.#offsets[this.count] = begin
    this.#offsets[this.count + 1] = this.size
  }

  #keep(base: number, field: number, start: number, end: number): void {
    const slot = field < 0 ? -1 : OBJECT_FIELDS.indexOf(FIELDS[field] as ObjectField)
    if (slot < 0) return
    this.#spans[base + slot * 2] = start
    this.#spans[base + slot * 2 + 1] = end
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return
    this.#bytes.set(bytes.subarray(start, end), this.size)
    this.size += end - start
  }

  #reserve(size: number): void {
    if (this.size + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe((this.#bytes.length + size) * 2)
      larger.set(this.#bytes.subarray(0, this.size))
      this.#bytes = larger
    }
    if (this.count < this.#capacity) return
    this.#capacity *= 4
    this.#offsets = grown(this.#offsets, new Uint32Array(this.#capacity + 1))
    this.#times = grown(this.#times, new Float64Array(this.#capacity))
    this.#tags = grown(this.#tags, new Uint8Array(this.#capacity))
    this.#outcomes = grown(this.#outcomes, new Uint8Array(this.#capacity))
    this.#spans = grown(this.#spans, new Int32Array(this.#capacity * spansPerEvent))
    this.#keys = grown(this.#keys, Buffer.alloc(this.#capacity * KEY_BYTES))
    this.#fingerprints = grown(this.#fingerprints, Buffer.alloc(this.#capacity * FINGERPRINT_BYTES))
  }
}

const SOURCE = FIELDS.indexOf('source')
const STREAM = FIELDS.indexOf('stream')

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

function endOf(members: readonly number[], at: number): number {
  return members[at + 3] as number
}

/** Index in FIELDS of the key at `[start, end)`, or -1. */
function knownField(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 60) return -1
  const field = fieldByName.get(stringAt(bytes, start - 1, end + 1))
  return field === undefined ? -1 : FIELDS.indexOf(field)
}

/** The string literal at `[start, end)`, quotes included. */
function stringAt(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = start; at < end; at++) if (bytes[at] === 0x5c) return jsonText(bytes, start, end) as string
  return buffer.utf8Slice(start + 1, end - 1)
}

function faultOf(eventId: string | undefined, eventType: string | undefined, timeMs: number): string | undefined {
  for (const [name, text] of [
    ['event_id', eventId],
    ['event_type', eventType],
  ] as const) {
    if (text === undefined || text === '') return `${name} is missing or not a text; it is required (map another field to it with "fields")`
    if (text.length > maxNameBytes) return `${name} is longer than ${maxNameBytes} characters`
  }
  return Number.isNaN(timeMs) ? 'occurred_at is missing or not an RFC 3339 time such as 2026-05-17T08:00:00Z' : undefined
}

function firstByte(bytes: Uint8Array, start: number): number {
  let at = start
  while ((bytes[at] as number) <= 0x20) at++
  return at
}

/** Where the closing brace of the object that ends before `end` stands. */
function lastByte(bytes: Uint8Array, end: number): number {
  let at = end - 1
  while ((bytes[at] as number) <= 0x20) at--
  return at
}

function commaAt(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] !== 0x2c) at++
  return at
}
