// The seam that every kind of source stands on: what a source is given, and what it gives back.
import type { ZodType } from 'zod'
import type { Clock } from '../runtime/clock.ts'
import type { HttpClient } from '../runtime/http.ts'
import type { Connection } from '../runtime/http-connection.ts'
import type { SharedTokens } from './auth-shared.ts'
import type { PageDraft } from './page-draft.ts'

/** A change of how far a lane has read a part: opaque text that the source owns, or null when the part is forgotten. */
export interface CursorChange {
  readonly part: string
  readonly value: string | null
}

/** What the store remembers of a part, as it was last committed. */
export interface SavedCursor {
  readonly part: string
  readonly value: string
}

/** What one read returned: events, and the cursors that may move when they are committed (in the same transaction). */
export interface SourcePage {
  readonly draft: PageDraft
  readonly cursors: readonly CursorChange[]
  /**
   * Source time that the page's events are from, ms, half-open, where they may have been read before: the store looks for them among
   * everything that it remembers of that time, not only among the newest.
   */
  readonly window?: Window
}

export interface ReadRequest {
  /** How far back a source goes that has no cursor yet, ms. */
  readonly startMs?: number
  /** How much more is read again than was missed, where a cursor was lost, ms. */
  readonly overlapMs?: number
  /** Every cursor of the lane on the first read after `open`; later reads continue from what the source itself yielded. */
  readonly cursors: readonly SavedCursor[]
}

/** Source time, `[from, to)`, ms since the epoch. A source whose API is coarser rounds down at the start and up at the end. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface WindowRequest {
  /** One of `parts()`, or '' for a source without parts. */
  readonly part: string
  readonly window: Window
  /** What the last page that was committed of this very window gave; null at its beginning. */
  readonly progress: string | null
}

/** Events of a window, in any order. What lies outside it does no harm; what it misses is lost. */
export interface WindowPage {
  readonly draft: PageDraft
  /** Where reading goes on behind this page, also in another process; absent when the window would have to be begun anew. */
  readonly progress?: string
  /** Nothing of the window is left. Without it a page is taken for the last when the reading ends. */
  readonly last?: boolean
}

/** A fact about a source that an operator should hear once, not on every read. */
export interface SourceNotice {
  readonly level: 'info' | 'warning' | 'error'
  /** Stable; the same code and subject are reported once until they change. */
  readonly code: string
  readonly subject: string
  readonly text: string
}

/** All that a source may touch. */
export interface SourceTools {
  readonly name: string
  readonly clock: Clock
  /**
   * A client of this source's own. It keeps the lanes of the source apart (live first), waits where `perSecond` says so, and takes
   * note of what time the source has from the `Date` of its answers.
   */
  http(options?: SourceHttpOptions): HttpClient
  /** What its openings share as to who they are, so that lanes that begin together have one token; absent: this one stands alone. */
  readonly tokens?: SharedTokens | undefined
  /** An empty page for this source. */
  newPage(): PageDraft
  notice(notice: SourceNotice): void
}

export interface SourceHttpOptions extends Connection {
  /** For one request, the whole answer included; 60 s. */
  readonly timeoutMs?: number
  /** Requests a second, all lanes of the source together; unbounded. */
  readonly perSecond?: number
  /** How much of an answer is kept, bytes after decompression; 64 MiB. A longer one arrives with `truncated`. */
  readonly bodyBytes?: number
}

interface Opened {
  probe?(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * An open source with a safe cursor of its own. It never learns about destinations. `read` yields pages until nothing more is to be had
 * now; each page is committed before the next `read` begins, but not before the next page of the same read is asked for. When a commit
 * fails the source is closed and opened anew from the saved cursors.
 */
export interface Source extends Opened {
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<SourcePage>
  /** Parts that could be given back to the operator (deleted, moved) once all their events are settled everywhere. */
  releasable?(): readonly string[]
  /** Give these parts back, after checking that they are still what was read. Returns the cursors to forget. */
  release?(parts: readonly string[], signal: AbortSignal): Promise<readonly CursorChange[]>
  /** With this a backfill can read it in windows. */
  readWindow?: WindowSource['readWindow']
  parts?: WindowSource['parts']
}

/**
 * An open source that is read in windows of its own time, because its API has no safe cursor. It only reads what it is asked for: which
 * window, what comes when, and what was seen before, is decided elsewhere. `readWindow` ends when the window is finished, and throws a
 * `WindowError` when it cannot be.
 */
export interface WindowSource extends Opened {
  /** The parts that have progress of their own, in the order in which they are read; none: the source is one part, ''. */
  parts?(signal: AbortSignal): Promise<readonly string[]>
  readWindow(request: WindowRequest, signal: AbortSignal): AsyncIterable<WindowPage>
}

/** How a source is read in windows where the file does not say, ms. */
export interface WindowDefaults {
  /** How far back the first pull goes. */
  readonly startMs: number
  /** Nothing younger than this is read, by the source's clock. */
  readonly settleMs: number
  /** How far a window reaches back behind the frontier. */
  readonly overlapMs: number
  /** How wide a window may be. */
  readonly maxWindowMs: number
  /** After these times what was read is looked at again, for events that the source revealed late. */
  readonly sweepsMs: readonly number[]
  /** How long the source keeps its events; null: for ever, or nobody knows. */
  readonly retentionMs: number | null
  /** Windows are of the time when events became available, not of when they occurred: that they are older does not make them late. */
  readonly ofArrival?: boolean
  /** It goes on from a cursor of its own and has no windows, so that only `startMs` and `overlapMs` count. */
  readonly ofCursor?: boolean
}

/** What the saved cursors of a source belong to, besides its kind. */
export interface Origin {
  /** Words of the file with what they say: with other ones the cursors mean nothing. Null: it is not there. */
  readonly as: Readonly<Record<string, string | null>>
  /** Live reading goes by windows. */
  readonly windowed: boolean
  /** Where it is read, without secrets; the same system may be found elsewhere tomorrow. */
  readonly place?: string
  /** For a source with a safe cursor of its own: the one with which everything since a time is read, ms. Absent: it has none. */
  readonly cursorAt?: (ms: number) => string
  /** The time to which such a cursor says that everything was read, ms; null when it says none, and cannot be gone on from. */
  readonly timeOf?: (own: string) => number | null
  /** The parts of live reading, '' for a source that is one part. Absent: the source lists them itself when it is read. */
  readonly parts?: readonly string[]
}

/** A kind of source: its name in YAML, its options, how to open it. */
export interface SourceKind<Options = unknown> {
  readonly type: string
  readonly options: ZodType<Options>
  /** How often a pull starts when the file does not say, milliseconds. */
  readonly everyMs: number
  /** The same where the file decides it, for example by naming a preset. `written`: as it stands there, references unresolved. */
  everyOf?(written: Readonly<Record<string, unknown>>): number | undefined
  /** Resolve relative paths and the like against the folder of the configuration file. */
  settle?(options: Options, folder: string): Options
  /** For a source that can be read in windows (live, or by a backfill) what is usual; null or absent for one that cannot. */
  windows?(options: Options): WindowDefaults | null
  /** Absent: cursors belong to the kind alone. */
  originOf?(options: Options): Origin
  open(options: Options, tools: SourceTools): Source | WindowSource
}

/** Whether live reading goes by windows. */
export function isWindowed(source: Source | WindowSource): source is WindowSource {
  return !('read' in source)
}
