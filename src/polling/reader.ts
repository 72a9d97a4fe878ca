// Reads one source and encodes its pages: the port, and the twin that works in the thread of the caller.
import type { Identity } from '../model/identity.ts'
import { PageDraft } from '../sources/page-draft.ts'
import type { CursorChange, SavedCursor, Source, SourceKind, SourceNotice } from '../sources/source.ts'
import type { Clock } from '../runtime/clock.ts'
import { createHttpClient } from '../runtime/http-client.ts'
import { type EncodedPage, encodePage, type Route } from './page-encoder.ts'

/** An open source whose pages come ready to be committed. After a failed commit it is closed and opened anew. */
export interface Reader {
  /** Pages until nothing more is to be had now. */
  read(signal: AbortSignal): AsyncIterable<EncodedPage>
  /** Parts that may be given back once they are settled everywhere. */
  releasable(): Promise<readonly string[]>
  release(parts: readonly string[], signal: AbortSignal): Promise<readonly CursorChange[]>
  close(): Promise<void>
}

/** Opens a source by name at its saved cursors. Rejects with `SetupError` when the source cannot be set up. */
export type OpenReader = (
  source: string,
  cursors: readonly SavedCursor[],
  notice: (notice: SourceNotice) => void,
) => Promise<Reader>

export interface ReaderParts {
  readonly name: string
  readonly kind: SourceKind
  /** Reads references anew; may throw `SetupError`. */
  options(): unknown
  readonly routes: readonly Route[]
  readonly identity: Identity
  readonly clock: Clock
}

export function openReader(
  parts: ReaderParts,
  cursors: readonly SavedCursor[],
  notice: (notice: SourceNotice) => void,
): Reader {
  const { name, kind, routes } = parts
  const spare: PageDraft[] = []
  const source = kind.open(parts.options(), {
    name,
    clock: parts.clock,
    newPage: () => spare.pop() ?? new PageDraft({ name, type: kind.type }, parts.identity),
    notice,
    http: () => createHttpClient({ inFlight: 1, timeoutMs: 60_000 }),
  }) as Source
  return {
    async *read(signal) {
      for await (const page of source.read({ cursors }, signal)) {
        const encoded = encodePage(page, routes)
        page.draft.reset()
        spare.push(page.draft)
        yield encoded
      }
    },
    releasable: () => Promise.resolve(source.releasable?.() ?? []),
    release: (released, signal) => source.release?.(released, signal) ?? Promise.resolve([]),
    close: () => source.close(),
  }
}
