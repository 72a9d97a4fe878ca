// The seam that every kind of source stands on: what a source is given, and what it gives back.
import type { ZodType } from 'zod'
import type { Clock } from '../runtime/clock.ts'
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
}

export interface ReadRequest {
  /** Every cursor of the lane on the first read after `open`; later reads continue from what the source itself yielded. */
  readonly cursors: readonly SavedCursor[]
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
  /** An empty page for this source. */
  newPage(): PageDraft
  notice(notice: SourceNotice): void
}

/**
 * An open source. It never learns about destinations. `read` yields pages until nothing more is to be had now; each page is
 * committed before the next `read` begins, but not before the next page of the same read is asked for. When a commit fails
 * the source is closed and opened anew from the saved cursors.
 */
export interface Source {
  probe?(signal: AbortSignal): Promise<void>
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<SourcePage>
  /** Parts that could be given back to the operator (deleted, moved) once all their events are settled everywhere. */
  releasable?(): readonly string[]
  /** Give these parts back, after checking that they are still what was read. Returns the cursors to forget. */
  release?(parts: readonly string[], signal: AbortSignal): Promise<readonly CursorChange[]>
  close(): Promise<void>
}

/** A kind of source: its name in YAML, its options, how to open it. */
export interface SourceKind<Options = unknown> {
  readonly type: string
  readonly options: ZodType<Options>
  /** How often a pull starts when the file does not say, milliseconds. */
  readonly everyMs: number
  /** Resolve relative paths and the like against the folder of the configuration file. */
  settle?(options: Options, folder: string): Options
  open(options: Options, tools: SourceTools): Source
}
