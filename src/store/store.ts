// The port to what survives a restart. Each verb is one transaction and one sentence of the domain; each takes the time.
// Two implementations, SQLite and memory, pass one contract suite.
import type { Page, Seq } from '../model/page.ts'
import type { Reason } from '../model/verdict.ts'
import type { LatePage, LateRouting } from './late.ts'
import type { Overview, PullRecord } from './overview.ts'
import type { BufferBound, BufferVerbs } from './buffer.ts'
import type { Health } from './health.ts'
import type { NewNotice, NoticeVerbs } from './notices.ts'
import type { Committed, PageCommit } from './page-commit.ts'
import type { RequestVerbs } from './requests.ts'
import type { RetentionVerbs } from './retention.ts'

export type { Health } from './health.ts'
export type { Committed, Packed, PageCommit } from './page-commit.ts'
export type {
  PullRecord,
  Overview,
  SourceOverview,
  DestinationOverview,
  CheckReport,
  QuarantinedRecord,
  StoreReader,
} from './overview.ts'

/** `live` is served first; `catch_up` holds backfills and late starts; `replay` what is sent again on purpose. */
export const QUEUES = ['live', 'catch_up', 'replay'] as const
export type Queue = (typeof QUEUES)[number]

/** Half-open, in event ordinals. */
export interface SeqRange {
  readonly from: Seq
  readonly to: Seq
}

export interface Cursor {
  readonly lane: string
  readonly part: string
  readonly value: string
  /** The ordinal after the last event that was committed with, or before, this cursor. */
  readonly seq: Seq
}

/** What identifies a destination in the state, apart from secrets. */
export interface DestinationDefinition {
  readonly name: string
  readonly type: string
  /** Everything of its configuration with references unresolved, as canonical JSON: tells whether it changed. */
  readonly definition: string
  /** Names of the sources it reads, or null for all. */
  readonly sources: readonly string[] | null
  /** The name it had before. */
  readonly was?: string
  /** Where to begin when it is new: a time (ms), everything kept, or only what comes. Default: everything in a new state, else now. */
  readonly start?: 'now' | 'beginning' | { readonly sinceMs: number }
  readonly enabled: boolean
  /** Its own bound on what waits for it; without it only the state's counts. */
  readonly buffer?: BufferBound
}

/** The life of a destination: `parked` when it has left the file; it keeps what it has. */
export interface DestinationRecord {
  readonly name: string
  readonly state: 'enabled' | 'disabled' | 'parked'
  /** Its first event ordinal in `live`. */
  readonly createdSeq: Seq
  /** What happened to it in this registration. */
  readonly change: 'created' | 'updated' | 'renamed' | 'returned' | 'disabled' | 'enabled' | 'parked' | 'unchanged'
}

/** How far a destination has settled a queue, and what is settled above it (sorted, disjoint). */
export interface QueueProgress {
  readonly queue: Queue
  readonly position: Seq
  readonly above: readonly SeqRange[]
}

/** A page as a destination reads it. `firstSeq + i` is event `i`. */
export interface RoutedPage {
  readonly source: string
  readonly firstSeq: Seq
  readonly page: Page
  readonly bitmap: Uint8Array
}

/** One event set aside with a next time, as it is taken to be tried again. */
export interface RetryEvent {
  readonly seq: Seq
  readonly source: string
  /** The event's bytes and columns: a page of one. */
  readonly page: Page
  /** Attempts spent so far, at least 1 (0 after `exhume`). */
  readonly attempts: number
  readonly firstAttemptedAt: number
  readonly nextAt: number
}

/** The fate of one event that did not go smoothly. */
export interface SetAside {
  readonly seq: Seq
  readonly source: string
  readonly attempts: number
  readonly firstAttemptedAt: number
  readonly reason: Reason
}

/** What a destination has learned about a stretch of one queue. All of it is written, or none. */
export interface Settlement {
  readonly destination: string
  /** Stretches of queues that need no more reading: delivered, filtered, set aside or dead. They may touch, and never overlap what is settled. */
  readonly settled: readonly { readonly queue: Queue; readonly range: SeqRange }[]
  /** Events delivered, by source, first attempts and retries together. */
  readonly delivered: ReadonlyMap<string, number>
  /** Retry-queue events that were delivered: their exceptions go away. */
  readonly retried: readonly Seq[]
  /** Events that wait for a next attempt at `nextAt`: new exceptions, or old ones moved on. */
  readonly retrying: readonly (SetAside & { readonly nextAt: number })[]
  /** Events that wait for a person. `provisional` until the destination has shown that it takes anything. */
  readonly dead: readonly (SetAside & { readonly cause: string; readonly provisional: boolean })[]
  readonly attempts: readonly AttemptRecord[]
  /** What must be audited of it. */
  readonly notices?: readonly NewNotice[]
}

/** One line of the bounded attempt log. */
export interface AttemptRecord {
  readonly at: number
  readonly batchId: string
  readonly kind: 'attempt' | 'trial'
  readonly from: Seq
  readonly to: Seq
  readonly events: number
  readonly durationMs: number
  readonly verdict: 'delivered' | 'retry' | 'reject' | 'halt' | 'mixed'
  readonly reason?: Reason
}

export interface StoreBounds {
  /** Bytes that the state may use. */
  readonly maxBytes: number
  /** How long settled pages are kept, ms. */
  readonly keepMs: number
  /** How many of a source's newest identities every page is compared with; a power of two; 262,144. */
  readonly recentEvents?: number
  /** How many older ones the page of a window may be compared with besides; a power of two; 524,288. */
  readonly windowKeys?: number
}

export interface Room {
  readonly usedBytes: number
  readonly maxBytes: number
  readonly full: boolean
  /** The destination whose waiting events hold the oldest page; undefined when nothing waits. */
  readonly holder?: string
}

/** Identity of a state, made once. */
export interface StateIdentity {
  readonly instance: string
  /** Key of the identity hash, 32 bytes. */
  readonly secret: Uint8Array
  /** It was made by this opening: nothing was there. */
  readonly made?: boolean
}

/** The verbs of the holder. Every method may reject with `StateError`; writing ones with `StateFullError`. */
export interface Store extends RequestVerbs, NoticeVerbs, RetentionVerbs, BufferVerbs {
  readonly identity: StateIdentity

  /** Compares the file's destinations with those in force: creates, renames, updates, parks, brings back. One transaction. */
  register(destinations: readonly DestinationDefinition[], now: number): Promise<readonly DestinationRecord[]>

  /** Every cursor of a source. */
  cursors(source: string): Promise<readonly Cursor[]>
  /** Deduplicates, then writes events, routing, cursors, quarantine and counts. */
  commitPage(commit: PageCommit, now: number): Promise<Committed>
  /** Moves or forgets cursors without events (parts given back). */
  saveCursors(source: string, lane: string, cursors: PageCommit['cursors'], now: number): Promise<void>
  /** Every event of the source before this ordinal is settled at every destination that reads it (0 when none does). */
  settledThrough(source: string): Promise<Seq>

  /** How far each queue of a destination is settled. */
  progress(destination: string): Promise<readonly QueueProgress[]>
  /** The next page of a queue with an event for the destination at or after `from`; or where to look next time. */
  nextPage(destination: string, queue: Queue, from: Seq): Promise<RoutedPage | { readonly end: Seq }>
  /** The next kept page that the destination, new or back, is still to be routed over; null when none is left. */
  nextLate(destination: string): Promise<LatePage | null>
  /** Puts such a page into its `catch_up` queue, with counts; a page that was routed before, or is gone, changes nothing. */
  routeLate(destination: string, routed: LateRouting, now: number): Promise<void>
  settle(settlement: Settlement, now: number): Promise<void>
  /** Exceptions due at `now`, earliest first, at most `limit`; those in `except` are in flight. */
  dueRetries(destination: string, now: number, limit: number, except: ReadonlySet<Seq>): Promise<readonly RetryEvent[]>
  /** When the earliest exception falls due; null when there is none. Those in `except` do not count. */
  nextRetryAt(destination: string, except: ReadonlySet<Seq>): Promise<number | null>
  /** Rejects that were provisional go back to waiting (attempts 0, due at once). Returns how many. */
  exhume(destination: string, now: number): Promise<number>
  /** Provisional dead letters of a destination, by cause. */
  provisional(destination: string): Promise<ReadonlyMap<string, number>>
  health(destination: string): Promise<Health | null>
  /** `notices`: what must be audited of it. */
  saveHealth(destination: string, health: Health, now: number, notices?: readonly NewNotice[]): Promise<void>
  /** A source's last pull, for `status`; what it says is lost, and the pull before did not, is noticed. */
  savePull(source: string, pull: PullRecord, now: number): Promise<void>

  /** Removes settled pages older than `keepMs`, and with `room.full` settled pages of any age, a bounded number a call. */
  prune(now: number): Promise<{ readonly pages: number; readonly more: boolean }>
  room(): Promise<Room>
  heartbeat(now: number): Promise<void>
  overview(now: number): Promise<Overview>
  /** Waits for what is being written and closes cleanly. */
  close(now: number): Promise<void>
}
