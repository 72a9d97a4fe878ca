// Walks through one event along a tree of paths and notes what to cut and what to put in its place. The bytes have been scanned, so
// the walk does not check them again.
import { stringText } from '../model/json-text.ts'
import { type Step, stepsAfter, stepsInto, type Way, wayOf } from './redaction-paths.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const nothing = new Uint8Array(0)

interface Edit {
  readonly start: number
  readonly end: number
  readonly by: Uint8Array
}

type Replace = (bytes: Uint8Array, start: number, end: number) => Uint8Array
type Replacing = Readonly<Record<Exclude<Way, 'drop'>, Replace>>

export class RedactionWalk {
  readonly #bytes: Uint8Array
  readonly #replacing: Replacing
  readonly #edits: Edit[] = []

  constructor(bytes: Uint8Array, replacing: Replacing) {
    this.#bytes = bytes
    this.#replacing = replacing
  }

  /** The event at `[start, end)`, redacted. */
  through(tree: Step, start: number, end: number): Uint8Array {
    this.#value(this.#space(start), [tree])
    return this.#edits.length === 0 ? this.#bytes.subarray(start, end) : this.#edited(start, end)
  }

  /** Walks into the value at `at`; returns where it ends. */
  #value(at: number, steps: readonly Step[]): number {
    const byte = this.#bytes[at]
    if (byte === OPEN_BRACE) return this.#members(at, CLOSE_BRACE, steps)
    if (byte === OPEN_BRACKET) return this.#members(at, CLOSE_BRACKET, steps)
    return this.#skip(at)
  }

  /** An object or a list that begins at `open`. Dropped members take one comma with them. */
  #members(open: number, close: number, steps: readonly Step[]): number {
    let at = this.#space(open + 1)
    if (this.#bytes[at] === close) return at + 1
    let keptEnd = -1
    for (let index = 0; ; index++) {
      const start = at
      const inner = close === CLOSE_BRACE ? this.#key(at, steps) : { at, steps: stepsInto(steps, index) }
      const way = wayOf(inner.steps)
      const end = this.#member(inner.at, inner.steps, way)
      const next = this.#space(end)
      const last = this.#bytes[next] === close
      const following = last ? next : this.#space(next + 1)
      if (way !== 'drop') keptEnd = end
      else if (keptEnd >= 0) this.#cut(keptEnd, (keptEnd = end))
      else this.#cut(start, last ? end : following)
      if (last) return next + 1
      at = following
    }
  }

  /** The value at `at`, redacted in its place unless it is dropped. */
  #member(at: number, steps: readonly Step[], way: Way | null): number {
    if (way === null) return steps.length === 0 ? this.#skip(at) : this.#value(at, steps)
    const end = this.#skip(at)
    if (way !== 'drop') this.#edits.push({ start: at, end, by: this.#replacing[way](this.#bytes, at, end) })
    return end
  }

  /** Past the key at `at`: where its value begins, and where the walk is there. */
  #key(at: number, steps: readonly Step[]): { at: number; steps: readonly Step[] } {
    const end = this.#skip(at)
    const key = stringText(this.#bytes, at, end)
    return { at: this.#space(this.#space(end) + 1), steps: stepsAfter(steps, key) }
  }

  #cut(start: number, end: number): void {
    this.#edits.push({ start, end, by: nothing })
  }

  /** Where the value or key at `at` ends. */
  #skip(at: number): number {
    const bytes = this.#bytes
    if (bytes[at] === QUOTE) return this.#string(at)
    if (bytes[at] !== OPEN_BRACE && bytes[at] !== OPEN_BRACKET) return this.#scalar(at)
    let depth = 0
    for (let place = at; ; place++) {
      const byte = bytes[place]
      if (byte === QUOTE) place = this.#string(place) - 1
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return place + 1
    }
  }

  #string(at: number): number {
    const bytes = this.#bytes
    let end = at + 1
    while (bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
    return end + 1
  }

  #scalar(at: number): number {
    const bytes = this.#bytes
    let end = at
    for (let byte = bytes[end] as number; byte > 0x20; byte = bytes[++end] as number)
      if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break
    return end
  }

  #space(at: number): number {
    let place = at
    while ((this.#bytes[place] as number) <= 0x20) place++
    return place
  }

  #edited(start: number, end: number): Uint8Array {
    const parts: Uint8Array[] = []
    let at = start
    for (const edit of this.#edits) {
      parts.push(this.#bytes.subarray(at, edit.start), edit.by)
      at = edit.end
    }
    parts.push(this.#bytes.subarray(at, end))
    return Buffer.concat(parts)
  }
}
