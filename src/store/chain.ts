// The hashes that chain the pages of a source, so that none can be changed or taken out unseen.
import { createHash, hash } from 'node:crypto'
import type { Seq } from '../model/page.ts'

/** SHA-256 of a page's uncompressed bytes. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** What stands before the first page of every source. */
export const CHAIN_START: Uint8Array = new Uint8Array(32)

/** Ties a page to the page of its source before it. */
export function chainOf(
  before: Uint8Array,
  digest: Uint8Array,
  page: { source: string; firstSeq: Seq; count: number },
): Uint8Array {
  const place = `${page.firstSeq}\n${page.count}\n${page.source}`
  return createHash('sha256').update(before).update(digest).update(place, 'utf8').digest()
}
