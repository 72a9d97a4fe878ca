// Finds the records in an answer: the elements of a list in JSON, the lines of NDJSON, the rows of CSV; as slices, not as objects.
import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { SourceError } from '../model/errors.ts'
import { JsonScanner, Scan } from '../model/json.ts'
import { csvRows } from './csv.ts'
import { JsonBody, typeAt, valueAt } from './json-body.ts'
import { Children, type Span, stepFrom } from './json-walk.ts'
import { ndjsonLines } from './ndjson.ts'
import type { Refusal } from './page-draft.ts'
import { BodyPathText, parseBodyPath, parsePath, type Path, PathText } from './path.ts'
import { ItemSplitter } from './record-items.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number or true/false' })

/** The `records:` block. */
export const RecordsSchema = z
  .strictObject({
    at: BodyPathText.default('body').describe('Where the list of records stands in the answer'),
    decode: z.enum(['json', 'ndjson', 'csv']).default('json').describe('The form of the answer'),
    each: PathText.optional().describe('A list in each record: one event for each of its items, which is then "item"'),
    where: z.record(PathText, Scalar).optional().describe('Only records with these values'),
    missing: z.enum(['fault', 'empty']).default('fault').describe('What an answer without the list means'),
    single: z.boolean().default(false).describe('What stands there is one record, not a list of records'),
  })
  .superRefine(({ at, decode, single }, context) => {
    if (decode === 'json') return
    if (at !== 'body')
      context.addIssue({ code: 'custom', path: ['at'], message: `${decode} is read as a whole: at is body` })
    if (single) context.addIssue({ code: 'custom', path: ['single'], message: `${decode} is a list of records` })
  })
export type RecordsSpec = z.input<typeof RecordsSchema>

/** One record; its bytes are good for as long as the answer's are. */
export interface FoundRecord extends Span {
  readonly bytes: Uint8Array
  /** Which record of the answer, from 0. */
  readonly index: number
  /** Which item of that record, from 0, where `each` makes an event of every item. */
  readonly item?: number
  /** It cannot even be looked at: a line that is no JSON, a row of another width. */
  readonly refusal?: Refusal
}

/** Finds the records of one answer after the other. An answer that is not what was expected is a SourceError (transient). */
export class RecordFinder {
  readonly #spec: Pick<z.output<typeof RecordsSchema>, 'at' | 'decode' | 'missing' | 'single'>
  readonly #at: Path
  readonly #where: readonly { readonly path: Path; readonly text: string }[]
  readonly #splitter: ItemSplitter | undefined

  constructor(spec: RecordsSpec) {
    this.#spec = {
      at: spec.at ?? 'body',
      decode: spec.decode ?? 'json',
      missing: spec.missing ?? 'fault',
      single: spec.single ?? false,
    }
    this.#at = parseBodyPath(this.#spec.at)
    this.#where = Object.entries(spec.where ?? {}).map(([path, value]) => ({
      path: parsePath(path),
      text: String(value),
    }))
    this.#splitter = spec.each === undefined ? undefined : new ItemSplitter(spec.each)
  }

  find(body: JsonBody | Uint8Array): Records {
    const found = this.#all(body)
    return new Records(found, (record) => this.#events(record))
  }

  #all(body: JsonBody | Uint8Array): readonly FoundRecord[] {
    const { decode, missing } = this.#spec
    const bytes = body instanceof JsonBody ? body.bytes : body
    if (decode === 'ndjson') return ndjsonLines(bytes)
    if (decode === 'csv') return csvRows(bytes, missing === 'empty')
    return this.#elements(body instanceof JsonBody ? body : new JsonBody(body))
  }

  #elements(body: JsonBody): FoundRecord[] {
    if (body.fault !== undefined) throw this.#fault(`is not JSON: ${body.fault}`)
    const { bytes } = body
    const span = this.#place(body)
    if (!span) return []
    const spans = this.#spec.single ? [span] : this.#split(bytes, span)
    const clean = isUtf8(bytes)
    return spans.map(({ start, end }, index) => {
      const notText = !clean && !isUtf8(bytes.subarray(start, end))
      // What is too deep to be scanned as a whole is scanned record by record, so that one of them does not hold up the others.
      if (body.tooDeep && new JsonScanner().scan(bytes, start, end) === Scan.syntax)
        throw this.#fault(`is not JSON: the fault is in record ${index + 1}`)
      return { bytes, start, end, index, ...(notText ? { refusal: notUtf8 } : {}) }
    })
  }

  /** Where the list stands; undefined when there is none and that means no records. */
  #place(body: JsonBody): Span | undefined {
    const { bytes, root } = body
    let span: Span | undefined = root
    for (const [depth, step] of this.#at.entries()) {
      const type = typeAt(bytes, span.start)
      const from = written(this.#at.slice(0, depth))
      if (type === 'null' && this.#spec.missing === 'empty') return undefined
      if (type !== 'object' && type !== 'list') throw this.#fault(`has ${shown(type)} at ${from}`)
      span = stepFrom(bytes, span, step)
      if (span) continue
      if (type === 'object' && this.#spec.missing === 'empty') return undefined
      throw this.#fault(`has no ${written(this.#at.slice(0, depth + 1))}`)
    }
    return typeAt(bytes, span.start) === 'null' && this.#spec.missing === 'empty' ? undefined : span
  }

  #split(bytes: Uint8Array, span: Span): Span[] {
    const type = typeAt(bytes, span.start)
    if (type !== 'list') throw this.#fault(`has ${shown(type)} there`)
    const spans: Span[] = []
    const children = new Children(bytes, span.start, span.end)
    while (children.next()) spans.push({ start: children.start, end: children.end })
    if (children.broken) throw this.#fault('is not JSON')
    return spans
  }

  *#events(record: FoundRecord): Generator<FoundRecord> {
    if (record.refusal || typeAt(record.bytes, record.start) !== 'object') yield record
    else
      for (const event of this.#splitter?.split(record) ?? [record])
        if (event.refusal || this.#where.every((wanted) => isEqual(event, wanted))) yield event
  }

  #fault(what: string): SourceError {
    const expected = this.#spec.single ? 'a record' : 'a list of records'
    return new SourceError('transient', `expected ${expected} at ${this.#spec.at}, but the answer ${what}`)
  }
}

/** The records of one answer. Iterating gives what `where` lets pass, item by item where `each` says so. */
export class Records implements Iterable<FoundRecord> {
  readonly #all: readonly FoundRecord[]
  readonly #events: (record: FoundRecord) => Iterable<FoundRecord>

  constructor(all: readonly FoundRecord[], events: (record: FoundRecord) => Iterable<FoundRecord>) {
    this.#all = all
    this.#events = events
  }

  /** How many the answer holds, before `where` and `each`: what tells a short or empty page. */
  get count(): number {
    return this.#all.length
  }

  /** The first and the last record of the answer, before `where` and `each`; undefined when there is none. */
  get first(): FoundRecord | undefined {
    return this.#all[0]
  }

  get last(): FoundRecord | undefined {
    return this.#all.at(-1)
  }

  *[Symbol.iterator](): Generator<FoundRecord> {
    for (const record of this.#all) yield* this.#events(record)
  }
}

const notUtf8: Refusal = { reason: 'invalid_utf8', detail: 'the record is not valid UTF-8' }

function isEqual(record: FoundRecord, wanted: { readonly path: Path; readonly text: string }): boolean {
  return valueAt(record, wanted.path)?.text === wanted.text
}

function shown(type: ReturnType<typeof typeAt>): string {
  return type === 'null' ? 'null' : type === 'object' ? 'an object' : `a ${type}`
}

function written(path: Path): string {
  return ['body', ...path.map(({ name }) => name.toString())].join('.')
}
