// Identities of a source's events in an open-addressing table over typed arrays, oldest out first: of its most recent ones, and
// of those that a window may meet. It forgets nothing within its limit.

/** How many events of a source are remembered, a power of two. At the limit the table takes 8 MiB. */
export const RECENT_EVENTS = 262_144

/** Whether an identity is remembered: not at all, with this very fingerprint, or only with others. */
export type Look = 'new' | 'same' | 'other'

const keyWords = 4
const printWords = 2
const firstCapacity = 1024

export class RecentEvents {
  readonly #limit: number
  #capacity: number
  #keys: Uint32Array
  #prints: Uint32Array
  /** Place in the columns + 1; 0 is free. Twice as many slots as places, so that a search ends soon. */
  #slots: Int32Array
  #count = 0
  #next = 0

  /** `limit`: a power of two. */
  constructor(limit = RECENT_EVENTS) {
    this.#limit = limit
    this.#capacity = Math.min(limit, firstCapacity)
    this.#keys = new Uint32Array(this.#capacity * keyWords)
    this.#prints = new Uint32Array(this.#capacity * printWords)
    this.#slots = new Int32Array(this.#capacity * 2)
  }

  get size(): number {
    return this.#count
  }

  /** One more, and the oldest is forgotten. */
  get full(): boolean {
    return this.#count === this.#limit
  }

  /** What is remembered of an event; `keyIndex` and `printIndex` are its places in the two columns. */
  look(keys: Uint32Array, keyIndex: number, prints: Uint32Array, printIndex: number): Look {
    const at = keyIndex * keyWords
    const mask = this.#slots.length - 1
    let look: Look = 'new'
    for (let slot = (keys[at] as number) & mask; ; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] as number) - 1
      if (place < 0) return look
      if (!this.#same(place, keys, at)) continue
      if (this.#samePrint(place, prints, printIndex)) return 'same'
      look = 'other'
    }
  }

  /** Remembers an event; one that `look` calls `other` is remembered beside what was there. */
  add(keys: Uint32Array, keyIndex: number, prints: Uint32Array, printIndex: number): void {
    if (this.#count === this.#capacity) {
      if (this.#capacity < this.#limit) this.#grow()
      else this.#forget(this.#next)
    }
    const place = this.#next
    for (let word = 0; word < keyWords; word++)
      this.#keys[place * keyWords + word] = keys[keyIndex * keyWords + word] as number
    for (let word = 0; word < printWords; word++)
      this.#prints[place * printWords + word] = prints[printIndex * printWords + word] as number
    this.#enter(place)
    this.#next = (place + 1) % this.#capacity
    this.#count++
  }

  #same(place: number, keys: Uint32Array, at: number): boolean {
    const mine = place * keyWords
    for (let word = 0; word < keyWords; word++) if (this.#keys[mine + word] !== keys[at + word]) return false
    return true
  }

  #samePrint(place: number, prints: Uint32Array, index: number): boolean {
    const mine = place * printWords
    const other = index * printWords
    return this.#prints[mine] === prints[other] && this.#prints[mine + 1] === prints[other + 1]
  }

  #home(place: number): number {
    return (this.#keys[place * keyWords] as number) & (this.#slots.length - 1)
  }

  #enter(place: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#home(place)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = place + 1
  }

  /** Takes `place` out and closes the gap, so that no search ends too soon. */
  #forget(place: number): void {
    const mask = this.#slots.length - 1
    let gap = this.#home(place)
    while (this.#slots[gap] !== place + 1) gap = (gap + 1) & mask
    for (let slot = (gap + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#home((this.#slots[slot] as number) - 1)
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      this.#slots[gap] = this.#slots[slot] as number
      gap = slot
    }
    this.#slots[gap] = 0
    this.#count--
  }

  /** Until the limit nothing is ever forgotten, so the columns are full and in order. */
  #grow(): void {
    this.#next = this.#capacity
    this.#capacity *= 2
    const keys = new Uint32Array(this.#capacity * keyWords)
    const prints = new Uint32Array(this.#capacity * printWords)
    keys.set(this.#keys)
    prints.set(this.#prints)
    this.#keys = keys
    this.#prints = prints
    this.#slots = new Int32Array(this.#capacity * 2)
    for (let place = 0; place < this.#count; place++) this.#enter(place)
  }
}

/** A column of hashes as words; copied when the bytes do not lie on a word's boundary. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
}
