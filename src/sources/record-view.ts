// One record while it is looked at: checked once, then what stands at a path of it, as a slice of its bytes.
import { JsonScanner, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'
import { isNamed, type Span, stepFrom } from './json-walk.ts'
import type { Path, Step } from './path.ts'

const QUOTE = 0x22
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const NULL = 0x6e

/** Serves one record after the other. */
export class RecordView {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  readonly #scanner = new JsonScanner()

  /** Whether some object in the record holds a key twice, perhaps where the event no longer shows it. */
  get duplicateKeys(): boolean {
    return this.#scanner.duplicateKeys
  }

  /** Whether `[start, end)` is a JSON object, not nested too deep. */
  open(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes
    this.start = start
    this.end = end
    return this.#scanner.scan(bytes, start, end) === Scan.ok && bytes[this.#scanner.start] === OPEN_BRACE
  }

  /** Where the value at a path lies; undefined when there is none. */
  find(path: Path): Span | undefined {
    const [first] = path
    if (!first) return this
    let span = this.#member(first)
    for (let depth = 1; depth < path.length && span; depth++)
      span = stepFrom(this.bytes, span, path[depth] as Step, !this.duplicateKeys)
    return span
  }

  /** The text at a path, a number or word as it is written; undefined when there is nothing, null, an object or a list. */
  text(path: Path): string | undefined {
    const span = this.find(path)
    return span && this.isScalar(span) ? this.textOf(span) : undefined
  }

  /** The text of a scalar. */
  textOf(span: Span): string {
    if (this.isQuoted(span)) return stringText(this.bytes, span.start, span.end)
    const { buffer, byteOffset } = this.bytes
    return Buffer.from(buffer, byteOffset + span.start, span.end - span.start).toString('latin1')
  }

  isQuoted(span: Span): boolean {
    return this.bytes[span.start] === QUOTE
  }

  isNull(span: Span): boolean {
    return this.bytes[span.start] === NULL
  }

  isScalar(span: Span): boolean {
    const first = this.bytes[span.start]
    return first !== NULL && first !== OPEN_BRACE && first !== OPEN_BRACKET
  }

  /** Of a repeated key the last counts, as for JSON.parse. */
  #member(step: Step): Span | undefined {
    const { members, memberCount } = this.#scanner
    for (let at = (memberCount - 1) * 4; at >= 0; at -= 4)
      if (isNamed(this.bytes, members[at] as number, members[at + 1] as number, step.name))
        return { start: members[at + 2] as number, end: members[at + 3] as number }
    return undefined
  }
}
