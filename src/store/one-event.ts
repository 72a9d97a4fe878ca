// A page of one event, cut out of a larger one.
import { FINGERPRINT_BYTES, KEY_BYTES, type Page } from '../model/page.ts'

/** Event `index` alone, copied, so that it does not keep the whole page in memory. */
export function oneEvent(page: Page, index: number): Page {
  const start = page.offsets[index] as number
  const end = page.offsets[index + 1] as number
  return {
    count: 1,
    bytes: page.bytes.slice(start, end),
    offsets: Uint32Array.of(0, end - start),
    times: page.times.slice(index, index + 1),
    keys: page.keys.slice(index * KEY_BYTES, (index + 1) * KEY_BYTES),
    fingerprints: page.fingerprints.slice(index * FINGERPRINT_BYTES, (index + 1) * FINGERPRINT_BYTES),
    tags: page.tags.slice(index, index + 1),
  }
}
