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

  /** For each event whether it has the key. Events of one page lie together: one search over all of them mostly says that none has it. */
  among(events: readonly BatchEvent[]): readonly boolean[] {
    const found: boolean[] = []
    for (let from = 0, to = 0; from < events.length; from = to) {
      to = from + 1
      while (to < events.length && follows(events[to] as BatchEvent, events[to - 1] as BatchEvent)) to++
      const spelled = this.#isSpelledIn(viewOf(events[from] as BatchEvent, events[to - 1] as BatchEvent))
      for (let index = from; index < to; index++) found.push(spelled && this.#isIn(events[index] as BatchEvent))
    }
    return found
  }

  #isIn(event: BatchEvent): boolean {
    const own = viewOf(event, event)
    return this.#isSpelledIn(own) && hasKey(own, this.#key)
  }

  #isSpelledIn(bytes: Buffer): boolean {
    return bytes.indexOf(this.#ending) >= 0 || bytes.indexOf(this.#escape) >= 0
  }
}

function follows(next: BatchEvent, before: BatchEvent): boolean {
  return next.bytes === before.bytes && next.start >= before.end
}

/** The bytes from the first event to the end of the last, which stands in the same page and behind it. */
function viewOf({ bytes, start }: BatchEvent, last: BatchEvent): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, last.end - start)
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
