// The body of an answer, read without making objects of it: whether it is JSON at all, and what stands at a path.
import { isUtf8 } from 'node:buffer'
import { SourceError } from '../model/errors.ts'
import { JsonScanner, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'
import { afterSpace, follow, type Span, valueEnd } from './json-walk.ts'
import type { Path } from './path.ts'

/**
 * What stands at a path. `text`: of a string what it spells, of everything else its JSON as it was written (a 64-bit number keeps its
 * digits).
 */
export interface JsonValue {
  readonly type: 'text' | 'number' | 'boolean' | 'null' | 'object' | 'list'
  readonly text: string
}

/** An answer that should be JSON. */
export class JsonBody {
  /** All of the answer. */
  readonly bytes: Uint8Array
  /** Why the answer is no JSON, in words without its content; undefined when it is. */
  readonly fault: string | undefined
  /** Something in it is nested deeper than an event may be; that it is JSON there is not known. */
  readonly tooDeep: boolean
  /** The value, white space and a byte order mark around it left out. */
  readonly root: Span

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    const start = afterMark(bytes)
    const scanner = new JsonScanner()
    const result = scanner.scan(bytes, start, bytes.length)
    this.tooDeep = result === Scan.tooDeep
    this.root = { start: afterSpace(bytes, start, bytes.length), end: bytes.length }
    if (result === Scan.syntax) this.fault = faultAt(bytes, scanner.position)
    else if (this.tooDeep && !isWhole(bytes, this.root.start)) this.fault = faultAt(bytes, bytes.length)
    else this.fault = undefined
  }

  /** What stands at a path; undefined when nothing does, or when the answer is no JSON. */
  value(path: Path): JsonValue | undefined {
    return this.fault === undefined ? valueAt({ bytes: this.bytes, ...this.root }, path) : undefined
  }
}

/** What stands at a path of a piece of JSON that has been scanned, for example of the last record. */
export function valueAt(json: { readonly bytes: Uint8Array } & Span, path: Path): JsonValue | undefined {
  const { bytes } = json
  const span = follow(bytes, json, path)
  if (!span) return undefined
  // A cursor with a letter exchanged would lead elsewhere.
  if (!isUtf8(bytes.subarray(span.start, span.end)))
    throw new SourceError('transient', 'a value of the answer that is needed to go on is not valid UTF-8')
  const type = typeAt(bytes, span.start)
  return { type, text: type === 'text' ? stringText(bytes, span.start, span.end) : rawText(bytes, span) }
}

function rawText(bytes: Uint8Array, span: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + span.start, span.end - span.start)
    .toString('utf8')
    .trim()
}

/** What kind of value begins at `at`. */
export function typeAt(bytes: Uint8Array, at: number): JsonValue['type'] {
  switch (bytes[at]) {
    case 0x22:
      return 'text'
    case 0x7b:
      return 'object'
    case 0x5b:
      return 'list'
    case 0x74:
    case 0x66:
      return 'boolean'
    case 0x6e:
      return 'null'
    default:
      return 'number'
  }
}

/** Where the text begins: behind a byte order mark. */
export function afterMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function faultAt(bytes: Uint8Array, position: number): string {
  if (afterSpace(bytes, afterMark(bytes), bytes.length) === bytes.length) return 'it is empty'
  return position >= bytes.length
    ? `it ends in the middle, at byte ${bytes.length}`
    : `the fault is at byte ${position} of ${bytes.length}`
}

/** Whether the value that begins at `start` ends, with nothing behind it. */
function isWhole(bytes: Uint8Array, start: number): boolean {
  const end = valueEnd(bytes, start, bytes.length)
  return end >= 0 && afterSpace(bytes, end, bytes.length) === bytes.length
}
