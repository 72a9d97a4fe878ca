// Routing over pages that are kept already, for a destination that came later or was away.
import { bitSet, type Page, type Seq } from '../model/page.ts'

/** A kept page that a destination is still to be routed over. */
export interface LatePage {
  readonly source: string
  readonly firstSeq: Seq
  readonly page: Page
  /** What the destination was when it began, or returned: its filter decides, whatever the file says by now. */
  readonly definition: string
}

/** What its filter said of such a page. */
export interface LateRouting {
  readonly firstSeq: Seq
  readonly count: number
  readonly bitmap: Uint8Array
  readonly matched: number
  /** Events routed past the filter, and those whose expression was false for want of a field. */
  readonly bypassed: number
  readonly missing: number
}

/** The routing of a page but for events that the destination has been given past its queues already, and how many are left to offer. */
export function withoutCounted(
  { firstSeq, count, bitmap, matched }: LateRouting,
  counted: readonly Seq[],
): { readonly offered: number; readonly bitmap: Uint8Array; readonly matched: number } {
  const rest = bitmap.slice()
  let left = matched
  for (const seq of counted) {
    const index = seq - firstSeq
    if (!bitSet(rest, index)) continue
    rest[index >> 3] = (rest[index >> 3] as number) & ~(1 << (index & 7))
    left--
  }
  return { offered: count - counted.length, bitmap: rest, matched: left }
}
