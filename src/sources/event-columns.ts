// The growing columns of a page: the bytes of its events one after another, and beside them what is known of each.
import { FINGERPRINT_BYTES, KEY_BYTES, type Page } from '../model/page.ts'

const firstCapacity = 256

export class EventColumns {
  count = 0
  /** Bytes written so far; an event that is being written lies between the last offset and here. */
  size = 0
  bytes = Buffer.allocUnsafe(firstCapacity * 1024)
  keys = Buffer.allocUnsafe(firstCapacity * KEY_BYTES)
  fingerprints = Buffer.allocUnsafe(firstCapacity * FINGERPRINT_BYTES)
  times = new Float64Array(firstCapacity)
  tags = new Uint8Array(firstCapacity)
  outcomes = new Uint8Array(firstCapacity)
  offsets = new Uint32Array(firstCapacity + 1)
  /** `spansPerEvent` byte positions for each event. */
  spans: Int32Array
  readonly #spansPerEvent: number

  constructor(spansPerEvent: number) {
    this.#spansPerEvent = spansPerEvent
    this.spans = new Int32Array(firstCapacity * spansPerEvent)
  }

  /** Makes room for one more event of at most `bytes` bytes. */
  reserve(bytes: number): void {
    if (this.size + bytes > this.bytes.length)
      this.bytes = grown(this.bytes, Buffer.allocUnsafe((this.size + bytes) * 2))
    if (this.count < this.times.length) return
    const capacity = this.count * 4
    this.keys = grown(this.keys, Buffer.allocUnsafe(capacity * KEY_BYTES))
    this.fingerprints = grown(this.fingerprints, Buffer.allocUnsafe(capacity * FINGERPRINT_BYTES))
    this.times = grown(this.times, new Float64Array(capacity))
    this.tags = grown(this.tags, new Uint8Array(capacity))
    this.outcomes = grown(this.outcomes, new Uint8Array(capacity))
    this.offsets = grown(this.offsets, new Uint32Array(capacity + 1))
    this.spans = grown(this.spans, new Int32Array(capacity * this.#spansPerEvent))
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return
    this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.size)
    this.size += end - start
  }

  /** Ends the event that was being written. */
  close(): void {
    this.count++
    this.offsets[this.count] = this.size
  }

  /** The columns as a page; they share memory. */
  page(): Page {
    const { count } = this
    return {
      count,
      bytes: this.bytes.subarray(0, this.size),
      offsets: this.offsets.subarray(0, count + 1),
      times: this.times.subarray(0, count),
      keys: this.keys.subarray(0, count * KEY_BYTES),
      fingerprints: this.fingerprints.subarray(0, count * FINGERPRINT_BYTES),
      tags: this.tags.subarray(0, count),
    }
  }
}

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from)
  return to
}
