// What a store tells those who look: the overview for `status`, the report of `check`, and the reader for commands that run
// beside the holder.
import type { BufferBound } from './buffer.ts'
import type { DeadLetter, DeadLetterGroup, DeadLetterPlace, DeadLetterQuery } from './dead-letters.ts'
import type { KeptEvents, Period } from './kept.ts'
import type { Lateness } from './lateness.ts'
import type { Notice } from './notices.ts'
import type { StoredRequest } from './requests.ts'
import type { AttemptRecord, Cursor, DestinationRecord, Health } from './store.ts'
import type { TraceResult } from './trace.ts'

/** Queues whose events a destination has not had: how long they wait is its lag. */
export const FRESH_QUEUES = ['live', 'catch_up'] as const

export interface PullRecord {
  readonly at: number
  readonly ok: boolean
  readonly error: string | null
  /** When the next one starts, ms; absent in what an older version wrote. */
  readonly nextAt?: number
  /** It failed because the source asked to be left alone until then. */
  readonly limited?: boolean
  /** The source has left the configuration since, which has been said. */
  readonly left?: boolean
  /** Things that an operator should know and that persist (files without permission, gaps). */
  readonly notices: readonly {
    readonly level: string
    readonly code: string
    readonly subject: string
    readonly text: string
  }[]
}

/** Everything that `status` shows, read in one short transaction. */
export interface Overview {
  readonly instance: string
  readonly heartbeatAt: number | null
  readonly running: boolean
  readonly usedBytes: number
  readonly sources: readonly SourceOverview[]
  readonly destinations: readonly DestinationOverview[]
}

export interface SourceOverview {
  readonly name: string
  /** Whether it is read at all; a command can stop that. */
  readonly enabled: boolean
  readonly pulled: number
  readonly new: number
  readonly duplicates: number
  readonly conflicts: number
  readonly quarantined: number
  readonly lastEventAt: number | null
  readonly parts: number
  readonly lastPull: PullRecord | null
  /** How late the events came that were revealed after their time had been read; by lane, those that had any. */
  readonly late: readonly Lateness[]
  /** Backfills of it that rest, and why. */
  readonly resting?: readonly { readonly backfill: number; readonly reason: string }[]
  /** The newest quarantined records, newest first, at most 5. */
  readonly quarantine: readonly {
    readonly at: number
    readonly reason: string
    readonly detail: string
    readonly place: string
  }[]
}

/** `routed = delivered + waiting + retrying + dead + dropped` and `offered = routed + filtered`, always. */
export interface DestinationOverview {
  readonly name: string
  readonly type: string
  readonly state: DestinationRecord['state']
  /** A command disabled it. */
  readonly stopped: boolean
  /** What comes while it is stopped is dropped at once. */
  readonly discard: boolean
  /** Its own bound, and how many bytes wait, before compression; null without a bound. */
  readonly buffer: (BufferBound & { readonly waitingBytes: number }) | null
  /** The purge of dead letters that is announced: those that died so long ago, and in how long at the earliest, ms; null: none is. */
  readonly purge: { readonly letters: number; readonly inMs: number } | null
  readonly offered: number
  readonly filtered: number
  readonly routed: number
  readonly delivered: number
  /** Counted from positions and bitmaps, not derived from the others: an imbalance shows. */
  readonly waiting: number
  readonly retrying: number
  readonly dead: number
  readonly dropped: number
  /** Of what it has not had yet: a replay is no lag. */
  readonly oldestWaitingAt: number | null
  readonly nextRetryAt: number | null
  readonly health: Health | null
  readonly lastAttempts: readonly AttemptRecord[]
}

/** What `check` found, recomputed from pages and ledger rather than from counters. */
export interface CheckReport {
  readonly pages: number
  readonly events: number
  /** Sentences about what does not add up; empty when everything does. */
  readonly faults: readonly string[]
}

/** A quarantined record as it is kept. */
export interface QuarantinedRecord {
  readonly at: number
  readonly reason: string
  readonly detail: string
  readonly place: string
  readonly bytes: Uint8Array
}

/** What commands read beside a running relay, or without one. It takes no lock and changes nothing. */
export interface StoreReader {
  /** Whether a living process holds the state. */
  holderAlive(): Promise<boolean>
  overview(now: number): Promise<Overview>
  check(): Promise<CheckReport>
  /** The newest quarantined records of a source, newest first. */
  quarantine(source: string, limit: number): Promise<readonly QuarantinedRecord[]>
  /** How far each part of each lane of a source has been read, as the text that polling keeps of it. */
  cursors(source: string): Promise<readonly Cursor[]>
  /** Source time, ms, up to which events of the source may be forgotten; null: none is forgotten. */
  forgottenTo(source: string): Promise<number | null>
  /** Dead letters that match, in the order of their place, beginning after `after`; at most `limit`. */
  deadLetters(query: DeadLetterQuery, after: DeadLetterPlace | null, limit: number): Promise<readonly DeadLetter[]>
  /** By name what each destination was when the relay last started with it: canonical JSON, `''` for one that never ran. */
  definitions(): Promise<ReadonlyMap<string, string>>
  /** Dead letters grouped by what killed them, largest group first. */
  deadLetterGroups(query: DeadLetterQuery): Promise<readonly DeadLetterGroup[]>
  /** What is kept of a period that a destination has had, for a replay; null when there is no such destination. */
  keptEvents(destination: string, period: Period): Promise<KeptEvents | null>
  /** Every event of this id that the state knows, and where it looked. */
  trace(eventId: string): Promise<TraceResult>
  /** What was audited, newest first; only what has a number below `before` when that is given. */
  notices(limit: number, before?: number): Promise<readonly Notice[]>
  /** What operators asked for, newest first. */
  requests(limit: number): Promise<readonly StoredRequest[]>
  /** A consistent copy while the relay runs, readable by its owner only. Overwrites nothing. */
  backup(file: string): Promise<void>
  close(): Promise<void>
}
