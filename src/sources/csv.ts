// The rows of a CSV answer (RFC 4180, with a header line) as JSON objects whose values are text.
import { isUtf8 } from 'node:buffer'
import { SourceError } from '../model/errors.ts'
import { afterMark } from './json-body.ts'
import type { FoundRecord } from './records.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const CR = 0x0d
const LF = 0x0a

interface Row {
  readonly fields: readonly string[]
  readonly start: number
  readonly end: number
  /** A line end stood behind it. */
  readonly ended: boolean
}

/** Each row below the header. Blank lines are skipped. `mayBeEmpty`: an answer without even a header has no rows, and is no fault. */
export function csvRows(bytes: Uint8Array, mayBeEmpty: boolean): FoundRecord[] {
  const rows = new Rows(bytes)
  const header = rows.next()
  if (!header && mayBeEmpty) return []
  if (!header) throw new SourceError('transient', 'expected CSV with a header line, but the answer is empty')
  const keys = header.fields.map((name) => `${JSON.stringify(name)}:`)
  const records: FoundRecord[] = []
  for (let row = rows.next(); row; row = rows.next()) records.push(record(bytes, row, keys, records.length))
  return records
}

function record(bytes: Uint8Array, row: Row, keys: readonly string[], index: number): FoundRecord {
  const { fields, start, end } = row
  const raw = { bytes, start, end, index }
  if (!isUtf8(bytes.subarray(start, end)))
    return { ...raw, refusal: { reason: 'invalid_utf8', detail: 'the row is not valid UTF-8' } }
  if (fields.length !== keys.length) {
    const widths = `${fields.length} fields instead of the ${keys.length} of the header`
    if (!row.ended) throw new SourceError('transient', `the last row of the CSV is cut off: it has ${widths}`)
    return { ...raw, refusal: { reason: 'unmappable', detail: `the row has ${widths}` } }
  }
  const json = Buffer.from(`{${fields.map((text, at) => `${keys[at]}${JSON.stringify(text)}`).join(',')}}`)
  return { bytes: json, start: 0, end: json.length, index }
}

class Rows {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = afterMark(bytes)
  }

  next(): Row | undefined {
    const bytes = this.#bytes
    while (bytes[this.#at] === LF || bytes[this.#at] === CR) this.#at++
    const start = this.#at
    if (start >= bytes.length) return undefined
    const fields = [this.#field()]
    while (bytes[this.#at] === COMMA) {
      this.#at++
      fields.push(this.#field())
    }
    const end = this.#at
    const ended = end < bytes.length
    if (bytes[this.#at] === CR) this.#at++
    if (bytes[this.#at] === LF) this.#at++
    return { fields, start, end, ended }
  }

  #field(): string {
    return this.#bytes[this.#at] === QUOTE ? this.#quoted() : this.#plain()
  }

  #plain(): string {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CR && bytes[at] !== LF) at++
    this.#at = at
    return bytes.toString('utf8', start, at)
  }

  #quoted(): string {
    const bytes = this.#bytes
    let text = ''
    for (let from = this.#at + 1; ;) {
      const quote = bytes.indexOf(QUOTE, from)
      if (quote < 0) throw new SourceError('transient', 'the CSV is cut off within a quoted field')
      text += bytes.toString('utf8', from, quote)
      this.#at = quote + 1
      if (bytes[this.#at] !== QUOTE) break
      text += '"'
      from = quote + 2
    }
    // Letters behind the closing quote are no CSV; they are kept rather than lost.
    return text + this.#plain()
  }
}
