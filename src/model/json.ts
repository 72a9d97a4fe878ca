// A strict JSON scanner over bytes: checks one value against RFC 8259 without making an object of it, counts nesting, sees
// repeated keys (which JSON.parse hides) and reports where the members of the outermost object lie. Own code, because no
// library does all of it on bytes, and parsing each event costs four times as much as everything else done to it.

import { OpenKeys } from './json-keys.ts'
import { escapeLength, plain } from './json-text.ts'

/** What became of a scan. Errors are negative. */
export const Scan = { ok: 0, syntax: -1, tooDeep: -2 } as const

export const MAX_DEPTH = 200

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/**
 * Scans one JSON value. One scanner serves many calls; what a call found lies in its fields until the next call.
 * Bytes must be valid UTF-8 (check that apart; it is cheaper on a whole chunk).
 */
export class JsonScanner {
  /** Members of the outermost object, four numbers each: key start, key end (quotes excluded), value start, value end. */
  members: number[] = []
  memberCount = 0
  depth = 0
  /** Where the value begins. */
  start = 0
  /** Where the value ended, or where the fault is. */
  position = 0

  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0
  readonly #keys = new OpenKeys()
  /** Escapes seen so far in strings. */
  #escapes = 0

  /** Whether some object in the value held the same key twice. */
  get duplicateKeys(): boolean {
    return this.#keys.duplicate
  }

  /** Scans `[start, end)`, white space around the value allowed; nothing else may follow it. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes
    this.#end = end
    this.memberCount = 0
    this.depth = 0
    this.#keys.reset(bytes)
    this.position = start
    this.#space()
    this.start = this.position
    const result = this.#value(0)
    if (result !== Scan.ok) return result
    this.#space()
    return this.position === end ? Scan.ok : Scan.syntax
  }

  #space(): void {
    const bytes = this.#bytes
    let at = this.position
    for (
      let byte = bytes[at];
      at < this.#end && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
      byte = bytes[at]
    )
      at++
    this.position = at
  }

  #value(depth: number): number {
    if (this.position >= this.#end) return Scan.syntax
    const byte = this.#bytes[this.position]
    switch (byte) {
      case QUOTE:
        return this.#string() ? Scan.ok : Scan.syntax
      case OPEN_BRACE:
        return depth >= MAX_DEPTH ? Scan.tooDeep : this.#object(depth + 1)
      case OPEN_BRACKET:
        return depth >= MAX_DEPTH ? Scan.tooDeep : this.#array(depth + 1)
      case 0x74:
        return this.#word(0x72, 0x75, 0x65)
      case 0x6e:
        return this.#word(0x75, 0x6c, 0x6c)
      case 0x66:
        return this.#bytes[this.position + 1] === 0x61 ? (this.position++, this.#word(0x6c, 0x73, 0x65)) : Scan.syntax
      default:
        return this.#number() ? Scan.ok : Scan.syntax
    }
  }

  /** The three bytes after the present one. */
  #word(second: number, third: number, fourth: number): number {
    const at = this.position
    const bytes = this.#bytes
    if (at + 4 > this.#end || bytes[at + 1] !== second || bytes[at + 2] !== third || bytes[at + 3] !== fourth)
      return Scan.syntax
    this.position = at + 4
    return Scan.ok
  }

  #object(depth: number): number {
    if (depth > this.depth) this.depth = depth
    this.position++
    this.#space()
    if (this.#at(CLOSE_BRACE)) return Scan.ok
    const place = this.#keys.open()
    for (;;) {
      if (this.#bytes[this.position] !== QUOTE) return Scan.syntax
      const keyStart = this.position + 1
      const escapes = this.#escapes
      if (!this.#string()) return Scan.syntax
      const keyEnd = this.position - 1
      this.#keys.add(place, keyStart, keyEnd, this.#escapes > escapes)
      this.#space()
      if (!this.#at(COLON)) return Scan.syntax
      this.#space()
      const valueStart = this.position
      const result = this.#value(depth)
      if (result !== Scan.ok) return result
      if (depth === 1) this.#member(keyStart, keyEnd, valueStart)
      this.#space()
      if (this.#at(CLOSE_BRACE)) {
        this.#keys.close(place)
        return Scan.ok
      }
      if (!this.#at(COMMA)) return Scan.syntax
      this.#space()
    }
  }

  #array(depth: number): number {
    if (depth > this.depth) this.depth = depth
    this.position++
    this.#space()
    if (this.#at(CLOSE_BRACKET)) return Scan.ok
    for (;;) {
      const result = this.#value(depth)
      if (result !== Scan.ok) return result
      this.#space()
      if (this.#at(CLOSE_BRACKET)) return Scan.ok
      if (!this.#at(COMMA)) return Scan.syntax
      this.#space()
    }
  }

  /** Takes `byte` if it is next. */
  #at(byte: number): boolean {
    if (this.position >= this.#end || this.#bytes[this.position] !== byte) return false
    this.position++
    return true
  }

  #member(keyStart: number, keyEnd: number, valueStart: number): void {
    const at = this.memberCount * 4
    this.members[at] = keyStart
    this.members[at + 1] = keyEnd
    this.members[at + 2] = valueStart
    this.members[at + 3] = this.position
    this.memberCount++
  }

  #string(): boolean {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.position + 1
    for (;;) {
      while (at < end && plain[bytes[at] as number] === 1) at++
      if (at >= end || bytes[at] !== BACKSLASH) break
      const length = escapeLength(bytes, at, end)
      if (length === 0) break
      this.#escapes++
      at += length
    }
    this.position = at + 1
    if (at < end && bytes[at] === QUOTE) return true
    this.position = at
    return false
  }

  #number(): boolean {
    const bytes = this.#bytes
    let at = this.position
    if (bytes[at] === 0x2d) at++
    if (bytes[at] === 0x30) at++
    else {
      const digits = at
      at = this.#digits(at)
      if (at === digits) return false
    }
    if (at < this.#end && bytes[at] === 0x2e) {
      const digits = at + 1
      at = this.#digits(digits)
      if (at === digits) return false
    }
    if (at < this.#end && ((bytes[at] as number) | 0x20) === 0x65) {
      at++
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
      const digits = at
      at = this.#digits(at)
      if (at === digits) return false
    }
    if (at > this.#end) return false
    this.position = at
    return true
  }

  #digits(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (at < this.#end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
    return at
  }
}
