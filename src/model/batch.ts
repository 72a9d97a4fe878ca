// A batch: the events of one request to a destination.
import type { Seq } from './page.ts'

/** One event in a batch, as a place in a page's bytes. */
export interface BatchEvent {
  readonly seq: Seq
  /** The bytes of the whole page; the event lies at `[start, end)` and is one JSON object. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** `occurred_at`, milliseconds since the epoch. */
  readonly timeMs: number
  /** Hex of the 16-byte key of its identity. */
  readonly key: string
  readonly source: string
  /** Which attempt this is, counted from 1. */
  readonly attempt: number
  readonly firstAttemptedAt: string
  /** Bits of `Tag`. */
  readonly tags: number
}

/** Events that travel together. `id` is a hash of the members' keys in order, so only the identical batch has that id. */
export interface Batch {
  readonly id: string
  /** The destination's name, for `stream.destination_id`. */
  readonly destination: string
  readonly events: readonly BatchEvent[]
  /** The events stand in another form than the canonical one, and have everything that they are to have: nothing is added to them. */
  readonly complete?: boolean
}

/** How a destination wants its events. */
export interface Dress {
  /** The event's JSON object as it is to travel; undefined when it cannot be made, and must not travel at all. */
  write(event: BatchEvent, destination: string): Uint8Array | undefined
  /** Nothing is to be added to what `write` gives, `stream` included. */
  readonly complete: boolean
}

/** What a kind of destination can take in one request. Sizes count the encoded body before compression. */
export interface BatchLimits {
  readonly maxEvents: number
  readonly maxBytes: number
  /** Upper bound of what the encoding adds to one event beyond its own bytes and the `stream` field. */
  readonly overheadBytes: number
}

/** How many batches may wait for a receiver that confirms later, for each request that may run at once. */
export const UNCONFIRMED_PER_SLOT = 4
