// Puts a record of another shape into the canonical form by copying slices of its bytes. A value is only made anew where the
// operator asks for it (times, prefixes, word lists, templates), so that numbers and text arrive as they were written.
import { hash } from 'node:crypto'
import { CANONICAL_FIELDS, OBJECT_FIELDS } from '../model/event.ts'
import { TEXT_TARGETS, type Fields } from './fields.ts'
import { itemNumber, type TemplatePart } from './field-template.ts'
import type { Span } from './json-walk.ts'
import { rfc3339Of } from './moment.ts'
import type { Refusal } from './page-draft.ts'
import { RecordView } from './record-view.ts'
import { compileFields, type Rule } from './rules.ts'

/** 128 bits tell any two records apart. */
const idCharacters = 32
const objectFields: ReadonlySet<string> = new Set(OBJECT_FIELDS)

/** Where a record lies: with its bytes, this makes an id when the record has none. */
export interface RecordPlace {
  /** What tells this content of this file from every other, whatever its name. */
  readonly identity: string
  readonly offset: number
}

/** What is known of a record beside its bytes: an id that was made for it, the number of the item that it holds. */
export interface RecordFacts {
  readonly id: string | undefined
  readonly item: number | undefined
}

/** Thrown inside the mapper only: the record lacks what an event needs. */
class Missing extends Error {}

export class Mapper {
  /** The event that `map` wrote is `bytes[0, length)`, until the next call. */
  bytes: Buffer = Buffer.allocUnsafe(64 * 1024)
  length = 0
  /** Whether the records do not say their ids. */
  readonly derivesIds: boolean

  readonly #rules: ReadonlyMap<string, Rule>
  readonly #parts: ReadonlyMap<string, readonly Rule[]>
  readonly #view = new RecordView()
  #known: RecordPlace | RecordFacts = { id: undefined, item: undefined }

  constructor(fields: Fields) {
    this.#rules = compileFields(fields)
    this.derivesIds = !this.#rules.has('event_id')
    this.#parts = new Map(
      CANONICAL_FIELDS.map((field) => [
        field,
        TEXT_TARGETS.filter((target) => target.startsWith(`${field}.`)).flatMap(
          (target) => this.#rules.get(target) ?? [],
        ),
      ]),
    )
  }

  /** The record holds a key twice, perhaps where the event no longer shows it. */
  get duplicateKeys(): boolean {
    return this.#view.duplicateKeys
  }

  /**
   * Writes the event for the record at `[start, end)`. Returns a fault when the record lacks what an event needs; `false` when it
   * is no JSON object, whose fault the page finds by itself.
   */
  map(record: Uint8Array, start: number, end: number, known: RecordPlace | RecordFacts): Refusal | boolean {
    this.#known = known
    this.length = 0
    if (!this.#view.open(record, start, end)) return false
    try {
      this.#write()
      return true
    } catch (error) {
      if (error instanceof Missing) return { reason: 'unmappable', detail: error.message }
      throw error
    }
  }

  #write(): void {
    this.#append('{')
    for (const field of CANONICAL_FIELDS) {
      const rule = this.#rules.get(field)
      if (field === 'event_id' && !rule) this.#member(field, JSON.stringify(this.#derivedId()))
      else if (rule) this.#whole(field, rule)
      else this.#assembled(field)
    }
    this.#append('}')
  }

  /** A field that comes from one rule. */
  #whole(field: string, rule: Rule): void {
    const value = objectFields.has(field) ? this.#raw(rule) : this.#text(rule)
    if (value !== undefined) this.#member(field, value)
    else if (field === 'event_id' || field === 'event_type' || field === 'occurred_at')
      throw new Missing(`${field} cannot be made: ${why(rule)}`)
  }

  /** An object field of which single parts are mapped; left out when none is present. */
  #assembled(field: string): void {
    const rules = this.#parts.get(field) as readonly Rule[]
    let opened = false
    for (const rule of rules) {
      const value = this.#text(rule)
      if (value === undefined) continue
      if (opened) this.#append(',')
      else this.#member(field, '{')
      this.#append(`"${rule.target.slice(field.length + 1)}":`)
      this.#append(value)
      opened = true
    }
    if (opened) this.#append('}')
  }

  #raw(rule: Rule): Span | Uint8Array | undefined {
    const span = rule.origin.kind === 'path' ? this.#view.find(rule.origin.path) : undefined
    if (!span || this.#view.isNull(span)) return undefined
    return rule.without ? rule.without.copy(this.#view.bytes, span.start, span.end) : span
  }

  /** A text value as JSON: a slice of the record, or text made anew. */
  #text(rule: Rule): Span | string | undefined {
    const { origin } = rule
    if (origin.kind === 'constant') return JSON.stringify(origin.text)
    if (origin.kind === 'path' && isPlain(rule)) {
      const span = this.#view.find(origin.path)
      if (span && this.#view.isScalar(span) && this.#view.isQuoted(span)) return span
    }
    const text = this.#made(rule)
    return text === undefined ? undefined : JSON.stringify(text)
  }

  /** The text that a rule makes of the record; undefined when it cannot. */
  #made(rule: Rule): string | undefined {
    const text = this.#found(rule)
    if (text === undefined) return rule.otherwise
    const said = rule.present ?? (rule.words ? (rule.words.get(text) ?? rule.otherwise ?? text) : text)
    const timed = rule.as === 'rfc3339' || rule.origin.kind === 'any' ? said : rfc3339Of(said, rule.as)
    return timed === undefined ? undefined : rule.prefix + timed + rule.suffix
  }

  /** The text that a rule starts from. */
  #found({ origin }: Rule): string | undefined {
    switch (origin.kind) {
      case 'constant':
        return origin.text
      case 'path':
        return this.#view.text(origin.path)
      case 'template':
        return this.#joined(origin.parts)
      case 'any':
        for (const rule of origin.rules) {
          const text = this.#made(rule)
          // Many APIs write "" for what they do not know.
          if (text !== undefined && text !== '') return text
        }
        return undefined
    }
  }

  #joined(parts: readonly TemplatePart[]): string | undefined {
    let joined = ''
    for (const part of parts) {
      const text = typeof part === 'string' ? part : this.#part(part)
      if (text === undefined) return undefined
      joined += text
    }
    return joined
  }

  #part(part: Exclude<TemplatePart, string>): string | undefined {
    if (part !== itemNumber) return this.#view.text(part.path)
    return 'item' in this.#known ? this.#known.item?.toString() : undefined
  }

  #derivedId(): string {
    const known = this.#known
    if (!('offset' in known)) return known.id as string
    const { bytes, start, end } = this.#view
    const prefix = Buffer.from(`${known.identity}\0${known.offset}\0`)
    return hash('sha256', Buffer.concat([prefix, bytes.subarray(start, end)]), 'hex').slice(0, idCharacters)
  }

  #member(name: string, value: Span | Uint8Array | string): void {
    this.#append(this.length > 1 ? `,"${name}":` : `"${name}":`)
    this.#append(value)
  }

  #append(value: Span | Uint8Array | string): void {
    const piece = isSpan(value) ? this.#view.bytes.subarray(value.start, value.end) : value
    const size = typeof piece === 'string' ? piece.length * 3 : piece.length
    if (this.length + size > this.bytes.length) {
      const larger = Buffer.allocUnsafe((this.length + size) * 2)
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    if (typeof piece === 'string') this.length += this.bytes.write(piece, this.length)
    else {
      this.bytes.set(piece, this.length)
      this.length += size
    }
  }
}

function isSpan(value: Span | Uint8Array | string): value is Span {
  return typeof value !== 'string' && !(value instanceof Uint8Array)
}

function isPlain(rule: Rule): boolean {
  return rule.as === 'rfc3339' && rule.prefix === '' && rule.suffix === '' && !rule.words && rule.present === undefined
}

function why(rule: Rule): string {
  const form = rule.as === 'rfc3339' ? 'text or number' : `${rule.as} time`
  return `the record has no ${form} ${rule.written}`
}
