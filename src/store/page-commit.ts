// A page as polling hands it over to be committed, and what became of it.
import type { Page, Quarantined, Routing } from '../model/page.ts'
import type { BackfillPage } from './backfilling.ts'
import type { NewNotice } from './notices.ts'
import type { Queue, SeqRange } from './store.ts'

/** A pulled page and everything that moves with it, or none of it. */
export interface PageCommit {
  readonly source: string
  readonly lane: string
  readonly queue: Exclude<Queue, 'replay'>
  /**
   * Source time that the read covered, where the source reads windows; RFC 3339. Its events are looked for among all remembered ones whose
   * times meet it, and a record that was quarantined before counts as a duplicate.
   */
  readonly window?: { readonly from: string; readonly to: string }
  /** The source may bring records again, though no window says so: one that was quarantined before counts as a duplicate here, too. */
  readonly mayRepeat?: boolean
  /** Identities of this source are remembered for at least so much time lived, ms, whatever happens to its pages. */
  readonly rememberMs?: number
  /**
   * Source time, ms: what is later may be read again, however long that takes, because a lane stands there. Identities of pages from later
   * stay remembered until another page says otherwise.
   */
  readonly rememberFrom?: number
  /** New events from before this time (ms) came late: counted, with how late they were. */
  readonly lateBefore?: number
  readonly page: Page
  /** `page.bytes` compressed, if the caller has done so already (a codec number and the bytes). */
  readonly packed?: Packed
  readonly quarantined: readonly Quarantined[]
  /** For every registered destination that reads this source. */
  readonly routing: readonly Routing[]
  /** `value: null` forgets a part. `lane`: of the cursor, when it is another than the page's. */
  readonly cursors: readonly { readonly lane?: string; readonly part: string; readonly value: string | null }[]
  /** Filter counts of this page, for the ledger: events routed past the filters, and expressions false for want of a field. */
  readonly bypassed: number
  readonly missing: number
  /** Notices that this page carries; they are carried exactly once. */
  readonly notices?: readonly number[]
  /** What must be audited of it. */
  readonly noticed?: readonly NewNotice[]
  /** The backfill whose page it is: its request counts it. */
  readonly backfill?: BackfillPage
}

export interface Packed {
  /** 0 = as is, 1 = zstd. */
  readonly codec: number
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes before compression, if the caller has it already. */
  readonly digest?: Uint8Array
}

export interface Committed {
  /** The ordinals of the new events: `[from, to)`. */
  readonly seqs: SeqRange
  /** Events, and records that were quarantined before. */
  readonly duplicates: number
  /** Records that were quarantined now. */
  readonly quarantined: number
  /** Same identity with other content: kept under an id of its own and announced. */
  readonly conflicts: readonly { readonly eventId: string; readonly newEventId: string }[]
}
