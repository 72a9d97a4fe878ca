// What the main thread and the reading thread say to each other.
import type { EncodedPage } from '../polling/page-encoder.ts'
import { SetupError, SourceError, WindowError, messageOf } from '../model/errors.ts'
import type { LaneCursor } from '../polling/lanes.ts'
import type { Backfill } from '../polling/reader.ts'
import type { CursorChange, SourceNotice } from '../sources/source.ts'
import type { GivenWindows } from '../sources/window-settings.ts'
import type { FilterSpec } from '../filters/schema.ts'

/** What the reading thread is started with. */
export interface ReaderSetup {
  readonly secret: Uint8Array
  readonly routes: readonly {
    readonly destination: string
    readonly sources: readonly string[] | null
    readonly filter: FilterSpec
  }[]
}

/** `reader` names one opened source; each opening has a number of its own. */
export type ToReader =
  | {
      readonly type: 'open'
      readonly reader: number
      readonly source: string
      readonly kind: string
      readonly options: unknown
      readonly windows: GivenWindows
      readonly cursors: readonly LaneCursor[]
      readonly backfill: Backfill | undefined
    }
  | { readonly type: 'read'; readonly reader: number; readonly dueInMs: number }
  /** One page was taken; another may be sent. */
  | { readonly type: 'more'; readonly reader: number }
  /** Stop reading after the present page. */
  | { readonly type: 'stop'; readonly reader: number }
  | { readonly type: 'releasable'; readonly reader: number }
  | { readonly type: 'release'; readonly reader: number; readonly parts: readonly string[] }
  | { readonly type: 'close'; readonly reader: number }

export type FromReader =
  | { readonly type: 'page'; readonly reader: number; readonly page: EncodedPage }
  | { readonly type: 'notice'; readonly reader: number; readonly notice: SourceNotice }
  /** The answer to `open`, `read` (nothing more now), `releasable`, `release` and `close`, in the order of asking. */
  | {
      readonly type: 'done'
      readonly reader: number
      readonly parts?: readonly string[]
      readonly cursors?: readonly CursorChange[]
    }
  | { readonly type: 'failed'; readonly reader: number; readonly failure: Failure }

/** An error in a form that crosses threads. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
  readonly kind?: SourceError['kind']
  readonly afterMs?: number | undefined
}

/** Pages that may be on their way before the first is taken. */
export const pagesAhead = 3

export function toFailure(error: unknown): Failure {
  const failure = {
    name: error instanceof Error ? error.name : 'Error',
    message: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
  }
  // No window is planned on the other side: there it is a failure like any other of the source.
  if (error instanceof WindowError) return { ...failure, kind: 'transient' }
  return error instanceof SourceError ? { ...failure, kind: error.kind, afterMs: error.afterMs } : failure
}

export function fromFailure(failure: Failure): Error {
  if (failure.kind)
    return new SourceError(
      failure.kind,
      failure.message,
      failure.afterMs === undefined ? {} : { afterMs: failure.afterMs },
    )
  if (failure.name === 'SetupError') return new SetupError(failure.message)
  const error = new Error(failure.message)
  if (failure.stack !== undefined) error.stack = failure.stack
  return error
}
