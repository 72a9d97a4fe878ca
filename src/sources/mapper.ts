// Puts a record of another shape into the canonical form by copying slices of its bytes. A value is only made anew where the
// operator asks for it (times, prefixes, word lists), so that numbers and text arrive as they were written.
import { hash } from 'node:crypto'
import { CANONICAL_FIELDS, OBJECT_FIELDS } from '../model/event.ts'
import { JsonScanner, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'
import type { Refusal } from './page-draft.ts'
import { compileFields, type Fields, type Rule, TEXT_TARGETS } from './fields.ts'
import { rfc3339Of } from './moment.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
/** 128 bits tell any two records apart. */
const idCharacters = 32
const objectFields: ReadonlySet<string> = new Set(OBJECT_FIELDS)

/** Where a record lies: with its bytes, this makes an id when the record has none. */
export interface RecordPlace {
  /** What tells this content of this file from every other, whatever its name. */
  readonly identity: string
  readonly offset: number
}

interface Span {
  readonly start: number
  readonly end: number
}

interface Level {
  readonly scanner: JsonScanner
  /** Where the object begins that the scanner has scanned; -1 when none. */
  start: number
}

/** Thrown inside the mapper only: the record lacks what an event needs. */
class Missing extends Error {}

export class Mapper {
  /** The event that `map` wrote is `bytes[0, length)`, until the next call. */
  bytes: Buffer = Buffer.allocUnsafe(64 * 1024)
  length = 0
  /** The record holds a key twice, perhaps where the event no longer shows it. */
  duplicateKeys = false

  readonly #rules: ReadonlyMap<string, Rule>
  readonly #parts: ReadonlyMap<string, readonly Rule[]>
  /** One scanner for each level of a path, and the object that it scanned last. */
  readonly #levels: Level[] = []
  #record: Uint8Array = this.bytes
  #end = 0

  constructor(fields: Fields) {
    this.#rules = compileFields(fields)
    this.#parts = new Map(
      CANONICAL_FIELDS.map((field) => [
        field,
        TEXT_TARGETS.filter((target) => target.startsWith(`${field}.`)).flatMap(
          (target) => this.#rules.get(target) ?? [],
        ),
      ]),
    )
  }

  /**
   * Writes the event for the record at `[start, end)`. Returns a fault when the record lacks what an event needs; `false` when it
   * is no JSON object, whose fault the page finds by itself.
   */
  map(record: Uint8Array, start: number, end: number, place: RecordPlace): Refusal | boolean {
    this.#record = record
    this.#end = end
    this.length = 0
    for (const level of this.#levels) level.start = -1
    const root = this.#level(0)
    if (root.scanner.scan(record, start, end) !== Scan.ok || record[root.scanner.start] !== OPEN_BRACE) return false
    root.start = start
    this.duplicateKeys = root.scanner.duplicateKeys
    try {
      this.#write(start, place)
      return true
    } catch (error) {
      if (error instanceof Missing) return { reason: 'unmappable', detail: error.message }
      throw error
    }
  }

  #write(start: number, place: RecordPlace): void {
    this.#append('{')
    for (const field of CANONICAL_FIELDS) {
      const rule = this.#rules.get(field)
      if (field === 'event_id' && !rule) this.#member(field, JSON.stringify(this.#derivedId(start, place)))
      else if (rule) this.#whole(field, rule, start)
      else this.#assembled(field, start)
    }
    this.#append('}')
  }

  /** A field that comes from one rule. */
  #whole(field: string, rule: Rule, start: number): void {
    const value = objectFields.has(field) ? this.#raw(rule, start) : this.#text(rule, start)
    if (value !== undefined) this.#member(field, value)
    else if (field === 'event_id' || field === 'event_type' || field === 'occurred_at')
      throw new Missing(`${field} cannot be made: ${why(rule)}`)
  }

  /** An object field of which single parts are mapped; left out when none is present. */
  #assembled(field: string, start: number): void {
    const rules = this.#parts.get(field) as readonly Rule[]
    let opened = false
    for (const rule of rules) {
      const value = this.#text(rule, start)
      if (value === undefined) continue
      if (opened) this.#append(',')
      else this.#member(field, '{')
      this.#append(`"${rule.target.slice(field.length + 1)}":`)
      this.#append(value)
      opened = true
    }
    if (opened) this.#append('}')
  }

  #raw(rule: Rule, start: number): Span | undefined {
    const span = this.#find(rule, start)
    return span && !this.#isNull(span) ? span : undefined
  }

  /** A text value as JSON: a slice of the record, or text made anew. */
  #text(rule: Rule, start: number): Span | string | undefined {
    if (rule.constant !== undefined) return JSON.stringify(rule.constant)
    const span = this.#find(rule, start)
    if (!span || this.#isNull(span) || this.#isNested(span))
      return rule.otherwise === undefined ? undefined : JSON.stringify(rule.otherwise)
    const quoted = this.#record[span.start] === QUOTE
    if (quoted && isPlain(rule)) return span
    const text = quoted ? stringText(this.#record, span.start, span.end) : this.#slice(span)
    const made = remade(rule, text)
    return made === undefined ? undefined : JSON.stringify(made)
  }

  #find(rule: Rule, start: number): Span | undefined {
    let span: Span | undefined = { start, end: this.#end }
    for (const [depth, step] of (rule.path ?? []).entries()) {
      if (depth > 0 && this.#record[span.start] !== OPEN_BRACE) return undefined
      span = this.#memberOf(this.#scanned(depth, span), step)
      if (!span) return undefined
    }
    return span
  }

  /** The scanner of one level of a path, having scanned the object there. The record as a whole was found valid before. */
  #scanned(depth: number, span: Span): JsonScanner {
    const level = this.#level(depth)
    if (level.start !== span.start) level.scanner.scan(this.#record, span.start, span.end)
    level.start = span.start
    return level.scanner
  }

  #level(depth: number): Level {
    return (this.#levels[depth] ??= { scanner: new JsonScanner(), start: -1 })
  }

  /** Of a repeated key the last counts, as for JSON.parse. */
  #memberOf(scanner: JsonScanner, name: Buffer): Span | undefined {
    const { members } = scanner
    for (let at = (scanner.memberCount - 1) * 4; at >= 0; at -= 4)
      if (this.#isNamed(members[at] as number, members[at + 1] as number, name))
        return { start: members[at + 2] as number, end: members[at + 3] as number }
    return undefined
  }

  #isNamed(start: number, end: number, name: Buffer): boolean {
    const key = this.#record.subarray(start, end)
    if (key.length === name.length && name.equals(key)) return true
    return key.includes(BACKSLASH) && stringText(this.#record, start - 1, end + 1) === name.toString('utf8')
  }

  #isNull(span: Span): boolean {
    return this.#record[span.start] === 0x6e
  }

  #isNested(span: Span): boolean {
    return this.#record[span.start] === OPEN_BRACE || this.#record[span.start] === OPEN_BRACKET
  }

  #slice(span: Span): string {
    return Buffer.from(this.#record.buffer, this.#record.byteOffset + span.start, span.end - span.start).toString(
      'latin1',
    )
  }

  #derivedId(start: number, place: RecordPlace): string {
    const prefix = Buffer.from(`${place.identity}\0${place.offset}\0`)
    return hash('sha256', Buffer.concat([prefix, this.#record.subarray(start, this.#end)]), 'hex').slice(
      0,
      idCharacters,
    )
  }

  #member(name: string, value: Span | string): void {
    this.#append(this.length > 1 ? `,"${name}":` : `"${name}":`)
    this.#append(value)
  }

  #append(value: Span | string): void {
    const size = typeof value === 'string' ? value.length * 3 : value.end - value.start
    if (this.length + size > this.bytes.length) {
      const larger = Buffer.allocUnsafe((this.length + size) * 2)
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    if (typeof value === 'string') this.length += this.bytes.write(value, this.length)
    else {
      this.bytes.set(this.#record.subarray(value.start, value.end), this.length)
      this.length += size
    }
  }
}

function isPlain(rule: Rule): boolean {
  return rule.as === 'rfc3339' && rule.prefix === '' && rule.suffix === '' && !rule.words
}

/** The text that a rule makes of a record's text; undefined when it cannot. */
function remade(rule: Rule, text: string): string | undefined {
  const said = rule.words ? (rule.words.get(text) ?? rule.otherwise ?? text) : text
  const timed = rule.as === 'rfc3339' ? said : rfc3339Of(said, rule.as)
  return timed === undefined ? undefined : rule.prefix + timed + rule.suffix
}

function why(rule: Rule): string {
  const form = rule.as === 'rfc3339' ? 'text or number' : `${rule.as} time`
  return `the record has no ${form} at "${rule.written}"`
}
