// Whether an event's own object already has a key: found on bytes, without parsing the event.
import type { BatchEvent } from '../model/batch.ts'
import { stringText } from '../model/json-text.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** Looks for one key, in any spelling of it. Most events do not hold its characters at all, and are not walked through. */
export class TopLevelKey {
  readonly #key: string
  readonly #ending: Buffer
  /** The only escape that can spell an ASCII letter or sign which needs none. */
  readonly #escape = Buffer.from('\\u00')

  constructor(key: string) {
    this.#key = key
    // Without its first quote, of which there are many: what is rare is found quickly.
    this.#ending = Buffer.from(`${key}"`)
  }

  isIn({ bytes, start, end }: BatchEvent): boolean {
    const own = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    if (own.indexOf(this.#ending) < 0 && own.indexOf(this.#escape) < 0) return false
    return hasKey(own, this.#key)
  }
}

/** `own` is one JSON object that has been scanned. */
function hasKey(own: Uint8Array, key: string): boolean {
  for (let at = 0, depth = 0; at < own.length; at++) {
    const byte = own[at]
    if (byte === QUOTE) {
      const end = stringEnd(own, at)
      if (depth === 1 && isColonNext(own, end) && stringText(own, at, end) === key) return true
      at = end - 1
    } else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

/** Behind the closing quote of the string at `at`. */
function stringEnd(own: Uint8Array, at: number): number {
  let end = at + 1
  while (end < own.length && own[end] !== QUOTE) end += own[end] === BACKSLASH ? 2 : 1
  return end + 1
}

function isColonNext(own: Uint8Array, at: number): boolean {
  let next = at
  while ((own[next] as number) <= 0x20) next++
  return own[next] === COLON
}
