// A page: the events that one read of a source returned, in columns, so that it crosses threads and reaches the disk
// without an object per event.

/** The ordinal of an event in the state, counted from 1 over all pages of all sources, without gaps. */
export type Seq = number

export const KEY_BYTES = 16
export const FINGERPRINT_BYTES = 8

/** Events in columns. Event `i` lies at `bytes[offsets[i] .. offsets[i + 1] - 1)`; one newline ends each event. */
export interface Page {
  readonly count: number
  readonly bytes: Uint8Array
  /** `count + 1` byte offsets. */
  readonly offsets: Uint32Array
  /** `occurred_at`, milliseconds since the epoch, fractions kept. */
  readonly times: Float64Array
  /** 16 bytes an event: the keyed hash of its `event_id`. */
  readonly keys: Uint8Array
  /** 8 bytes an event: the keyed hash of the bytes that its source calls stable. */
  readonly fingerprints: Uint8Array
  /** Bits of `Tag`. */
  readonly tags: Uint8Array
}

/** Which events of a page a destination takes: bit `i & 7` of byte `i >> 3`. */
export interface Routing {
  readonly destination: string
  readonly bitmap: Uint8Array
  readonly matched: number
}

/** A record that cannot become an event. Its bytes are kept; it never blocks the rest. */
export interface Quarantined {
  /** A closed word, for example `not_json`; see `QuarantineReason`. */
  readonly reason: QuarantineReason
  /** What was wrong, in words that a person can act on, without the record's content. */
  readonly detail: string
  /** Where it was found, for example `outbox/app.jsonl at byte 1834`. */
  readonly place: string
  readonly bytes: Uint8Array
}

export type QuarantineReason = 'not_json' | 'invalid_utf8' | 'too_deep' | 'too_large' | 'not_an_object' | 'unmappable'

export function bitSet(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
}

export function setBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7))
}

/** How many of the first `count` bits are set. */
export function countBits(bitmap: Uint8Array, count: number): number {
  let total = 0
  for (let index = 0; index < count; index++) if (bitSet(bitmap, index)) total++
  return total
}

/** A bitmap with the first `count` bits set. */
export function allBits(count: number): Uint8Array {
  const bitmap = new Uint8Array((count + 7) >> 3).fill(0xff)
  if (count & 7) bitmap[bitmap.length - 1] = (1 << (count & 7)) - 1
  return bitmap
}

/** The bytes of event `index`, without the newline; a view, not a copy. */
export function eventBytes(page: Page, index: number): Uint8Array {
  return page.bytes.subarray(page.offsets[index], (page.offsets[index + 1] ?? 1) - 1)
}
