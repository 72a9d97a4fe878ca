// The life of one event, as `trace` tells it.
import type { Seq } from '../model/page.ts'
import type { HistoryEntry } from './dead-letters.ts'
import type { AttemptRecord, DestinationRecord, Queue } from './store.ts'

/** Where one destination stands with the event. */
export type TraceFate =
  /** Its source is not one that the destination reads, it came before the destination did, or the destination never ran. */
  | { readonly kind: 'not_offered' }
  /** The destination came later or was away and is still to be led over the event's page; `ahead`: events on that way before it. */
  | { readonly kind: 'unrouted'; readonly ahead: number }
  | { readonly kind: 'filtered' }
  /** `ahead`: events of the same queue that wait before it. */
  | { readonly kind: 'waiting'; readonly queue: Queue; readonly ahead: number }
  | {
      readonly kind: 'retrying'
      readonly attempts: number
      readonly nextAt: number
      readonly reason: HistoryEntry | null
    }
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'dead'
      readonly cause: string
      readonly diedAt: number
      readonly provisional: boolean
      readonly reason: HistoryEntry | null
    }
  /**
   * Nothing is left to be done, and what was done is not known any more: the routing is gone with its page (`page_gone`), or the
   * destination dropped events of this source since, and which they were is not kept (`some_dropped`).
   */
  | { readonly kind: 'settled'; readonly why: 'page_gone' | 'some_dropped' }

export interface TraceDestination {
  readonly name: string
  readonly state: DestinationRecord['state']
  /** The filter of its present configuration as JSON, or null. */
  readonly filter: string | null
  /** The filter of the configuration in force for the event, as far as that is known: the one that decided, or that has yet to. */
  readonly filterThen: string | null
  readonly fate: TraceFate
  /** What is kept of its history, oldest first; only of events that did not go smoothly. */
  readonly history: readonly HistoryEntry[]
  /** Requests in the attempt log whose stretch holds the event, oldest first. A retry's stretch may hold it and not send it. */
  readonly attempts: readonly AttemptRecord[]
}

/** The read that an event came with. */
export interface TracedRead {
  readonly committedAt: number
  readonly lane: string
  readonly queue: Queue
  readonly window: { readonly from: string; readonly to: string } | null
  /** Ordinals of its page: `[from, to)`. */
  readonly from: Seq
  readonly to: Seq
  /** How many records that read returned, and what became of those that are not in the page. */
  readonly pulled: number
  readonly duplicates: number
  readonly quarantined: number
}

/** One event of that id; two sources may use the same id. */
export interface TracedEvent {
  readonly eventId: string
  readonly source: string
  readonly seq: Seq
  /** `occurred_at`, ms. */
  readonly occurredAt: number
  /** Null when its page is gone and only a dead letter or a retry is left. */
  readonly read: TracedRead | null
  /** The event's bytes, while they are kept. */
  readonly bytes: Uint8Array | null
  readonly destinations: readonly TraceDestination[]
}

/** What `trace` found, and where it looked. */
export interface TraceResult {
  readonly events: readonly TracedEvent[]
  /** Of each source: how many events it ever had, and the first page that is still known. */
  readonly looked: readonly {
    readonly source: string
    readonly events: number
    readonly oldestAt: number | null
  }[]
}
