// Walks through JSON on bytes, to any depth and without recursion: the members of an object, the elements of a list, what a path
// names. It takes JSON that was scanned before, or at least never mistakes where a value ends; checking it is the scanner's work.
import { SourceError } from '../model/errors.ts'
import { stringText } from '../model/json-text.ts'
import type { Path, Step } from './path.ts'

/** Where a value lies among bytes, `[start, end)`. */
export interface Span {
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Goes through what is directly in one object or list. */
export class Children {
  /** The key of the present member, quotes excluded; -1 in a list. */
  keyStart = -1
  keyEnd = -1
  start = 0
  end = 0
  /** The number of the present element, from 0. */
  index = -1
  /** What was gone through is no JSON. */
  broken = false
  readonly #bytes: Uint8Array
  readonly #limit: number
  readonly #isObject: boolean
  #at: number

  /** An object or list begins at `start`. */
  constructor(bytes: Uint8Array, start: number, limit: number) {
    this.#bytes = bytes
    this.#limit = limit
    this.#isObject = bytes[start] === OPEN_BRACE
    this.#at = start + 1
  }

  /** Moves to the next one; false behind the last. */
  next(): boolean {
    const bytes = this.#bytes
    let at = afterSpace(bytes, this.#at, this.#limit)
    const closing = bytes[at] === (this.#isObject ? CLOSE_BRACE : CLOSE_BRACKET)
    if (closing && this.index < 0) return false
    if (this.index >= 0) {
      if (closing) return false
      if (bytes[at] !== COMMA) return this.#break()
      at = afterSpace(bytes, at + 1, this.#limit)
    }
    if (this.#isObject) {
      if (bytes[at] !== QUOTE) return this.#break()
      this.keyStart = at + 1
      at = stringEnd(bytes, at, this.#limit)
      this.keyEnd = at - 1
      at = afterSpace(bytes, at, this.#limit)
      if (bytes[at] !== COLON) return this.#break()
      at = afterSpace(bytes, at + 1, this.#limit)
    }
    this.start = at
    this.end = valueEnd(bytes, at, this.#limit)
    if (this.end < 0) return this.#break()
    this.#at = this.end
    this.index++
    return true
  }

  #break(): boolean {
    this.broken = true
    return false
  }
}

/** The first byte at or behind `at` that is no white space. */
export function afterSpace(bytes: Uint8Array, at: number, end: number): number {
  let place = at
  while (place < end && isSpace(bytes[place] as number)) place++
  return place
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Where the value that begins at `at` ends; -1 when it does not end before `limit`. */
export function valueEnd(bytes: Uint8Array, at: number, limit: number): number {
  const first = bytes[at]
  if (at >= limit) return -1
  if (first === QUOTE) return stringEnd(bytes, at, limit)
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return wordEnd(bytes, at, limit)
  let open = 0
  for (let place = at; place < limit; place++) {
    const byte = bytes[place]
    if (byte === QUOTE) {
      place = stringEnd(bytes, place, limit) - 1
      if (place < 0) return -1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --open === 0) return place + 1
  }
  return -1
}

function stringEnd(bytes: Uint8Array, at: number, limit: number): number {
  for (let place = at + 1; place < limit; place++) {
    const byte = bytes[place]
    if (byte === QUOTE) return place + 1
    if (byte === BACKSLASH) place++
  }
  return -1
}

/** The end of a number, true, false or null. */
function wordEnd(bytes: Uint8Array, at: number, limit: number): number {
  let place = at
  for (; place < limit; place++) {
    const byte = bytes[place] as number
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte)) break
  }
  return place === at ? -1 : place
}

/** Whether the key at `[start, end)`, quotes excluded, spells `name`; escapes are understood. */
export function isNamed(bytes: Uint8Array, start: number, end: number, name: Buffer): boolean {
  if (end - start === name.length) {
    let at = 0
    while (at < name.length && bytes[start + at] === name[at]) at++
    if (at === name.length) return true
  }
  for (let at = start; at < end; at++)
    if (bytes[at] === BACKSLASH) return stringText(bytes, start - 1, end + 1) === name.toString('utf8')
  return false
}

/** What one step leads to from the value at `span`. Of a repeated key the last counts, as for JSON.parse; `unique`: none repeats. */
export function stepFrom(bytes: Uint8Array, span: Span, step: Step, unique = false): Span | undefined {
  const isObject = bytes[span.start] === OPEN_BRACE
  if (!isObject && (bytes[span.start] !== OPEN_BRACKET || step.index < 0)) return undefined
  const children = new Children(bytes, span.start, span.end)
  let found: Span | undefined
  while (children.next()) {
    const isIt = isObject
      ? isNamed(bytes, children.keyStart, children.keyEnd, step.name)
      : children.index === step.index
    if (!isIt) continue
    found = { start: children.start, end: children.end }
    if (unique || !isObject) return found
  }
  if (children.broken) throw new SourceError('transient', 'the answer is not JSON')
  return found
}

/** What a path leads to from the value at `span`. */
export function follow(bytes: Uint8Array, span: Span, path: Path): Span | undefined {
  let found: Span | undefined = span
  for (const step of path) {
    found = stepFrom(bytes, found, step)
    if (!found) return undefined
  }
  return found
}
