// Routing over pages that are kept already, for a destination that came later or was away.
import type { Page, Seq } from '../model/page.ts'

/** A kept page that a destination is still to be routed over. */
export interface LatePage {
  readonly source: string
  readonly firstSeq: Seq
  readonly page: Page
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
