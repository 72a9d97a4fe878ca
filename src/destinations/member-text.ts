// Finds a text of an event in its bytes, its id or its type, without making an object of it: where the canonical form keeps it, or
// the form in which the events of a batch stand. One of the few places written for speed.
import type { BatchEvent } from '../model/batch.ts'
import { Tag } from '../model/event.ts'
import { JsonScanner, Scan } from '../model/json.ts'

/** A longer text is not repeated beside the event; it still stands in it. Bytes, quotation marks included. */
export const LONGEST_TEXT_BYTES = 256

/** A text that events have. */
export interface EventText {
  /** Where it stands: in the canonical form, which a redacted event keeps, then in OCSF, ECS and CloudEvents. */
  readonly places: readonly (readonly [name: string, inner?: string])[]
  /** How mapped events begin, and most others: up to each value, the last of which is the text. */
  readonly lead: readonly Uint8Array[]
}

const idLead = Buffer.from('{"event_id":"')
const typeLead = Buffer.from(',"event_type":"')

export const EVENT_ID: EventText = {
  places: [['event_id'], ['metadata', 'uid'], ['event', 'id'], ['id']],
  lead: [idLead],
}
export const EVENT_TYPE: EventText = {
  places: [['event_type'], ['metadata', 'event_code'], ['event', 'action'], ['type']],
  lead: [idLead, typeLead],
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

interface Span {
  readonly start: number
  readonly end: number
}

/** Finds one text; one finder serves many events. */
export class TextFinder {
  readonly #wanted: EventText
  readonly #outer = new JsonScanner()
  readonly #inner = new JsonScanner()

  constructor(wanted: EventText) {
    this.#wanted = wanted
  }

  /** As it stands in the event, a JSON string with its quotation marks; undefined when there is none, an empty or a very long one. */
  literal(event: BatchEvent, complete: boolean): string | undefined {
    const mayRepeat = (event.tags & Tag.duplicateKeys) !== 0
    return (mayRepeat ? undefined : this.#leading(event)) ?? this.#search(event, complete)
  }

  #leading({ bytes, start, end }: BatchEvent): string | undefined {
    let first = 0
    let behind = start
    for (const lead of this.#wanted.lead) {
      if (!isAt(bytes, behind, lead)) return undefined
      first = behind + lead.length - 1
      behind = plainEnd(bytes, first + 1, end)
      if (behind < 0) return undefined
    }
    return behind === first + 2 ? undefined : textOf(bytes, first, behind)
  }

  #search({ bytes, start, end }: BatchEvent, complete: boolean): string | undefined {
    if (this.#outer.scan(bytes, start, end) !== Scan.ok) return undefined
    const { places } = this.#wanted
    for (const [name, inner] of complete ? places : places.slice(0, 1)) {
      const outer = member(this.#outer, bytes, name)
      const span = outer && inner !== undefined ? this.#within(bytes, outer, inner) : outer
      const length = span ? span.end - span.start : 0
      if (span && length > 2 && length <= LONGEST_TEXT_BYTES && bytes[span.start] === QUOTE)
        return textOf(bytes, span.start, span.end)
    }
    return undefined
  }

  #within(bytes: Uint8Array, outer: Span, name: string): Span | undefined {
    return this.#inner.scan(bytes, outer.start, outer.end) === Scan.ok ? member(this.#inner, bytes, name) : undefined
  }
}

/** Of two members of one name the last, as most readers take it. */
function member({ members, memberCount }: JsonScanner, bytes: Uint8Array, name: string): Span | undefined {
  for (let at = (memberCount - 1) * 4; at >= 0; at -= 4) {
    const keyStart = members[at] as number
    const keyEnd = members[at + 1] as number
    if (keyEnd - keyStart === name.length && textOf(bytes, keyStart, keyEnd) === name)
      return { start: members[at + 2] as number, end: members[at + 3] as number }
  }
  return undefined
}

function isAt(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) if (bytes[from + index] !== expected[index]) return false
  return true
}

/** Behind the closing quote of a string without escapes whose content begins at `from`; -1 for any other. */
function plainEnd(bytes: Uint8Array, from: number, end: number): number {
  const limit = Math.min(end, from + LONGEST_TEXT_BYTES - 1)
  for (let at = from; at < limit; at++) {
    if (bytes[at] === BACKSLASH) return -1
    if (bytes[at] === QUOTE) return at + 1
  }
  return -1
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', from, to)
}
