// What an operator asks of the holder from another process, and how far it has come.
import type { NewNotice } from './notices.ts'

/** Events of one destination, as half-open stretches of ordinals, sorted and disjoint. */
export interface Chosen {
  readonly destination: string
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** The closed set of things that can be asked. */
export type Asked =
  | { readonly kind: 'disable_destination'; readonly destination: string; readonly discard: boolean }
  | { readonly kind: 'enable_destination'; readonly destination: string }
  | { readonly kind: 'remove_destination'; readonly destination: string }
  | { readonly kind: 'disable_source'; readonly source: string }
  | { readonly kind: 'enable_source'; readonly source: string }
  | {
      readonly kind: 'replay_dead_letters'
      readonly letters: readonly Chosen[]
      /** Another destination that gets a copy; null: each goes back to its own. */
      readonly to: string | null
      /** Events per second; null: as fast as it goes. */
      readonly perSecond: number | null
    }
  | { readonly kind: 'purge_dead_letters'; readonly letters: readonly Chosen[] }
  | {
      readonly kind: 'replay_events'
      readonly destination: string
      /** Events whose `occurred_at` lies in `[from, to)`, ms. */
      readonly from: number
      readonly to: number
      /** Events per second; null: as fast as it goes. */
      readonly perSecond: number | null
    }
  | {
      /** Reads again what the source has of `[from, to)` in source time, ms, in a lane of its own. */
      readonly kind: 'backfill'
      readonly source: string
      readonly from: number
      readonly to: number
      /** Events per second; null: as fast as the source's limits allow. */
      readonly perSecond: number | null
      /** Also where the identities of older events are forgotten, so that they may be delivered again. */
      readonly again: boolean
    }
  /** Ends a backfill where it is. `backfill`: its number. */
  | { readonly kind: 'cancel_backfill'; readonly backfill: number }
  /** Moves how far a source that is read in windows has been read. `part`: only this one; null: all of them. */
  | { readonly kind: 'reset_source'; readonly source: string; readonly part: string | null; readonly to: number }

/**
 * How far a replay has come: `taken = delivered + dead + dropped + (what still waits)`. `skipped` were chosen and not taken: they were
 * no longer dead letters, wait at the target already, or are not kept any more. A purge counts what it removed as `dropped`.
 */
export interface RequestCounts {
  readonly chosen: number
  readonly taken: number
  readonly skipped: number
  readonly delivered: number
  readonly dead: number
  readonly dropped: number
}

/** How far a backfill has come: `read = new + known`, conflicts being new. */
export interface Backfilled {
  readonly pages: number
  /** Events that were not known; those are delivered. */
  readonly new: number
  /** Events that had been read before. */
  readonly known: number
  readonly quarantined: number
  /** The share of the source time that is read to its end, from 0 to 1. */
  readonly covered: number
  /** Why it rests at present; null while it gets on. */
  readonly trouble: string | null
}

export interface StoredRequest {
  readonly id: number
  readonly at: number
  /** The operating-system user who asked. */
  readonly by: string
  readonly asked: Asked
  /** `asked` until the holder takes it up; a replay is `done` when everything chosen was taken or skipped and nothing of it waits. */
  readonly state: 'asked' | 'running' | 'done' | 'failed'
  readonly counts: RequestCounts
  /** What was done, or why it was not; null while it is under way. */
  readonly text: string | null
  readonly finishedAt: number | null
  /** Of a backfill that has begun. */
  readonly backfilled?: Backfilled
}

/** Cursors of a source that move when a request ends; `null` forgets one. `noticed`: what must be audited of it. */
export interface MovedCursors {
  readonly noticed?: readonly NewNotice[]
  readonly source: string
  readonly cursors: readonly { readonly lane: string; readonly part: string; readonly value: string | null }[]
  /** Source time, ms, from which the source is read again: what is later stays remembered, as `PageCommit` says it. */
  readonly rememberFrom?: number
}

/** What the holder does about requests. Each verb is one transaction. */
export interface RequestVerbs {
  /** Writes a request down; only for a command that holds the state itself. Returns its number. */
  ask(asked: Asked, by: string, now: number): Promise<number>
  /** Requests that are not finished, oldest first. */
  openRequests(): Promise<readonly StoredRequest[]>
  /** Ends a request, and moves the cursors that it is about. One that has ended stays as it is, and so do the cursors. */
  finishRequest(
    id: number,
    end: { readonly ok: boolean; readonly text: string },
    now: number,
    moved?: MovedCursors,
  ): Promise<void>

  /**
   * Begins a backfill, which is audited; one that has begun goes on. `commitPage` counts its pages. Throws `ControlError` when its period begins
   * before what is remembered of the source, unless it was asked for with `again`.
   */
  beginBackfill(id: number, now: number): Promise<void>
  /** Why a backfill rests, or that it does not any more. One that has ended stays as it is. */
  saveTrouble(id: number, trouble: string | null, now: number): Promise<void>

  /**
   * Stops, starts or removes what a request of that kind is about, and ends the request with what was done: how many events were dropped
   * with it, or wait. A destination that is disabled with `discard` drops what waits now, and what comes is counted as dropped at once; one
   * that is removed, which must be parked, drops what it holds. Nobody may be delivering to it, or reading from the source, which is one
   * of the `configured` or was read before. It stays so over restarts. One that has ended stays as it is. Returns the request as it is
   * then. Throws `ControlError`, and changes nothing, when it cannot be done.
   */
  control(id: number, configured: readonly string[], now: number): Promise<StoredRequest>

  /**
   * Takes up to `limit` more of the chosen dead letters of a replay: back into the retry queue, due at once, attempts 0; with `to` a copy goes there
   * (routed and offered grow by one) and the letter stays. Returns the request as it is then. Throws `ControlError`, and takes nothing, when a
   * destination that would get some is parked or drops what comes, or `to` is unknown.
   */
  takeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest>
  /** Removes up to `limit` more of the chosen dead letters of a purge: counted as dropped. Returns the request as it is then. */
  purgeDeadLetters(id: number, limit: number, now: number): Promise<StoredRequest>
  /**
   * Puts the next kept events of a `replay_events` that its destination has had into its `replay` queue: a page, or as many pages as hold no more than
   * `limit` of them. Left out, and counted as skipped: what still waits, is set aside, or was removed since. What is chosen is counted when it
   * begins; whoever delivers there must not be at work then, for the queue begins anew. Returns the request as it is then. Throws
   * `ControlError` when the destination is unknown, parked, or drops what comes. One replay of events at a time for each destination.
   */
  takeKept(id: number, limit: number, now: number): Promise<StoredRequest>
  /**
   * Whether `takeKept` could begin a `replay_events` that has not begun: the one before is over, and its destination has been led over all
   * earlier pages. Whoever delivers there may be at work.
   */
  canBegin(id: number): Promise<boolean>
}

/** What commands do beside a living holder: add a request and follow it. */
export interface Requester {
  ask(asked: Asked, by: string, now: number): Promise<number>
  request(id: number): Promise<StoredRequest | null>
  close(): Promise<void>
}
