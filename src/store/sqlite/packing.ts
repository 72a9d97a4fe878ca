// How a page lies on the disk: its bytes compressed under a codec's number, its columns in one block beside them.
import { FINGERPRINT_BYTES, KEY_BYTES, type Page } from '../../model/page.ts'
import { StateError } from '../../model/errors.ts'

/** Keys, fingerprints, times (8 bytes), lengths (4 bytes) and tags of one event. */
export const BYTES_PER_EVENT = KEY_BYTES + FINGERPRINT_BYTES + 8 + 4 + 1

/** Everything of a page but its bytes. Keys and fingerprints come first, so that they can be read alone. */
export function packColumns(page: Page): Uint8Array {
  const { count } = page
  const block = new Uint8Array(count * BYTES_PER_EVENT)
  const { times, lengths } = views(block, count)
  block.set(page.keys.subarray(0, count * KEY_BYTES))
  block.set(page.fingerprints.subarray(0, count * FINGERPRINT_BYTES), count * KEY_BYTES)
  times.set(page.times.subarray(0, count))
  for (let index = 0; index < count; index++)
    lengths[index] = (page.offsets[index + 1] as number) - (page.offsets[index] as number)
  block.set(page.tags.subarray(0, count), count * (BYTES_PER_EVENT - 1))
  return block
}

/** A page from its two parts. */
export function unpackPage(columns: Uint8Array, bytes: Uint8Array): Page {
  if (columns.length % BYTES_PER_EVENT !== 0) throw new StateError('the index of a page is damaged')
  const count = columns.length / BYTES_PER_EVENT
  const block = new Uint8Array(columns) // A copy of its own: views of 8-byte numbers need their place.
  const { times, lengths } = views(block, count)
  const offsets = new Uint32Array(count + 1)
  for (let index = 0; index < count; index++)
    offsets[index + 1] = (offsets[index] as number) + (lengths[index] as number)
  if (offsets[count] !== bytes.length) throw new StateError('the index of a page does not fit its bytes')
  const keysEnd = count * KEY_BYTES
  return {
    count,
    bytes,
    offsets,
    times,
    keys: block.subarray(0, keysEnd),
    fingerprints: block.subarray(keysEnd, keysEnd + count * FINGERPRINT_BYTES),
    tags: block.subarray(count * (BYTES_PER_EVENT - 1)),
  }
}

/** One event with its columns in a single block: it outlives its page as an exception. */
export function packEvent(page: Page): Uint8Array {
  return Buffer.concat([packColumns(page), page.bytes])
}

export function unpackEvent(block: Uint8Array): Page {
  return unpackPage(block.subarray(0, BYTES_PER_EVENT), new Uint8Array(block.subarray(BYTES_PER_EVENT)))
}

/** The keys and fingerprints at the head of an index block. */
export function identities(head: Uint8Array, count: number): { keys: Uint8Array; fingerprints: Uint8Array } {
  return {
    keys: head.subarray(0, count * KEY_BYTES),
    fingerprints: head.subarray(count * KEY_BYTES, count * (KEY_BYTES + FINGERPRINT_BYTES)),
  }
}

export const IDENTITY_BYTES = KEY_BYTES + FINGERPRINT_BYTES

function views(block: Uint8Array, count: number): { times: Float64Array; lengths: Uint32Array } {
  const timesAt = count * (KEY_BYTES + FINGERPRINT_BYTES)
  return {
    times: new Float64Array(block.buffer, block.byteOffset + timesAt, count),
    lengths: new Uint32Array(block.buffer, block.byteOffset + timesAt + count * 8, count),
  }
}

/** Where each event begins, and the last ends, as the index block tells. */
export function offsetsIn(columns: Uint8Array): Uint32Array {
  const count = columns.length / BYTES_PER_EVENT
  const lengths = new DataView(columns.buffer, columns.byteOffset + count * (IDENTITY_BYTES + 8))
  const offsets = new Uint32Array(count + 1)
  for (let index = 0; index < count; index++)
    offsets[index + 1] = (offsets[index] as number) + lengths.getUint32(index * 4, littleEndian)
  return offsets
}

/** `occurred_at` of one event of an index block, ms; for pages whose bytes are gone. */
export function timeIn(columns: Uint8Array, index: number): number {
  const count = columns.length / BYTES_PER_EVENT
  return new DataView(columns.buffer, columns.byteOffset).getFloat64(count * IDENTITY_BYTES + index * 8, littleEndian)
}

/** The length of one event of an index block, with its newline. */
export function lengthIn(columns: Uint8Array, index: number): number {
  const count = columns.length / BYTES_PER_EVENT
  const at = count * (IDENTITY_BYTES + 8) + index * 4
  return new DataView(columns.buffer, columns.byteOffset).getUint32(at, littleEndian)
}

/** Columns are written in the machine's own order. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
