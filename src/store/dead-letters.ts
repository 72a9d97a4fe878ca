// Dead letters as commands see them: which are meant, and what is known of each.
import type { Page, Seq } from '../model/page.ts'
import type { Reason } from '../model/verdict.ts'

/** The closed words for why an event died: the last two are its destination's own bound. */
export const CAUSES = ['rejected', 'exhausted', 'too_large', 'too_old', 'buffer_full'] as const

/** Which dead letters; everything that is given must hold. Filters in the filter language are applied by the caller, on `page`. */
export interface DeadLetterQuery {
  readonly destination?: string
  readonly cause?: string
  /** Code of the answer, as in `http_400`. */
  readonly code?: string
  /** A glob on `event_type` is the caller's business; this is one exact `event_id`. */
  readonly eventId?: string
  /** Died before, or at or after, this time, ms. */
  readonly diedBefore?: number
  readonly diedSince?: number
}

/** Where the next stretch begins: after this letter. */
export interface DeadLetterPlace {
  readonly destination: string
  readonly seq: Seq
}

/** One attempt in the life of an event that was set aside. */
export interface HistoryEntry extends Reason {
  readonly at: number
  /** Attempts spent then. */
  readonly attempts: number
}

export interface DeadLetter extends DeadLetterPlace {
  readonly source: string
  readonly eventId: string
  readonly eventType: string
  /** One of `CAUSES`. */
  readonly cause: string
  /** The answer that killed it: scrubbed and bounded. */
  readonly reason: Reason
  readonly attempts: number
  readonly firstAttemptedAt: number
  readonly diedAt: number
  /** It may go back to waiting by itself: the destination has taken nothing since. */
  readonly provisional: boolean
  readonly history: readonly HistoryEntry[]
  /** The event: a page of one. */
  readonly page: Page
}

/** Dead letters that share a destination, a cause and an answer. */
export interface DeadLetterGroup {
  readonly destination: string
  readonly cause: string
  readonly code: string
  readonly letters: number
  /** How many of them may go back to waiting by themselves. */
  readonly provisional: number
  /** Of the newest. */
  readonly reason: Reason
  /** Of the newest. */
  readonly eventType: string
  readonly oldestAt: number
  readonly newestAt: number
}
