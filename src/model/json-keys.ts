// The keys of the objects that are open while JSON is scanned: finds out whether one of them holds the same key twice.
import { stringText } from './json-text.ts'

/** Keys of one object are compared pairwise up to this many; beyond it a set takes over. */
const pairwiseKeys = 12

/** A stack: the keys of an inner object lie above those of the outer one. */
export class OpenKeys {
  duplicate = false
  #bytes: Uint8Array = new Uint8Array(0)
  /** Start and end of each key, quotes excluded. */
  readonly #spans: number[] = []
  #top = 0
  #escaped = false
  /** For an object with many keys, by its place in the stack: all of its keys. */
  readonly #many = new Map<number, Set<string>>()

  reset(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#top = 0
    this.#escaped = false
    this.duplicate = false
  }

  /** An object begins: its place in the stack. */
  open(): number {
    return this.#top
  }

  /** The object that began at `place` ends. */
  close(place: number): void {
    this.#top = place
  }

  /** A key of the innermost object, which began at `place`. `escaped`: it holds an escape. */
  add(place: number, start: number, end: number, escaped: boolean): void {
    if (this.duplicate) return
    if (escaped) this.#escaped = true
    const top = this.#top
    if (top - place >= pairwiseKeys * 2) return this.#addToMany(place, start, end)
    for (let at = place; at < top; at += 2)
      if (this.#same(this.#spans[at] as number, this.#spans[at + 1] as number, start, end)) this.duplicate = true
    this.#spans[top] = start
    this.#spans[top + 1] = end
    this.#top = top + 2
  }

  #addToMany(place: number, start: number, end: number): void {
    if (this.#top === place + pairwiseKeys * 2) {
      const first = new Set<string>()
      for (let at = place; at < this.#top; at += 2)
        first.add(this.#text(this.#spans[at] as number, this.#spans[at + 1] as number))
      this.#many.set(place, first)
      this.#top += 2
    }
    const seen = this.#many.get(place) as Set<string>
    const text = this.#text(start, end)
    if (seen.has(text)) this.duplicate = true
    seen.add(text)
  }

  #same(aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
    // An escape can spell the same key in other bytes: then, and only then, compare what they spell.
    if (this.#escaped) return this.#text(aStart, aEnd) === this.#text(bStart, bEnd)
    const bytes = this.#bytes
    const length = aEnd - aStart
    if (length !== bEnd - bStart || bytes[aStart] !== bytes[bStart]) return false
    let index = 1
    while (index < length && bytes[aStart + index] === bytes[bStart + index]) index++
    return index >= length
  }

  #text(start: number, end: number): string {
    return stringText(this.#bytes, start - 1, end + 1)
  }
}
