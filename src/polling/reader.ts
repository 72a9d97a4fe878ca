// Reads one source and encodes its pages: the port, and the twin that works in the thread of the caller.
import { SetupError, SourceError, WindowError } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { PageDraft } from '../sources/page-draft.ts'
import {
  type CursorChange,
  isWindowed,
  type Origin,
  type SavedCursor,
  type Source,
  type SourceHttpOptions,
  type SourceKind,
  type SourceNotice,
  type WindowDefaults,
  type WindowSource,
} from '../sources/source.ts'
import { type GivenWindows, rememberMs, windowSettings } from '../sources/window-settings.ts'
import type { Clock } from '../runtime/clock.ts'
import { LIVE, type LaneCursor } from './lanes.ts'
import { movedNotice, requireSameOwner } from './made-by.ts'
import { type Owner, ownerOf, unwrap, wrap } from './owner.ts'
import { type EncodedPage, encodePage, type ReadPage, type Route } from './page-encoder.ts'
import { SharedSource } from './shared-source.ts'
import { type Backfill, WindowedReader } from './windowed-reader.ts'

export type { Backfill } from './windowed-reader.ts'

/** An open source whose pages come ready to be committed. After a failed commit it is closed and opened anew. */
export interface Reader {
  /** Pages until nothing more is to be had now; what is not urgent gives way when the next pull is due, in `dueInMs`. */
  read(signal: AbortSignal, dueInMs?: number): AsyncIterable<EncodedPage>
  /** Parts that may be given back once they are settled everywhere. */
  releasable(): Promise<readonly string[]>
  release(parts: readonly string[], signal: AbortSignal): Promise<readonly CursorChange[]>
  close(): Promise<void>
}

/**
 * Opens a source by name at its saved cursors. Rejects with `SetupError` when the source cannot be set up. With `backfill` it reads that
 * period, in a lane of its own, instead of what is new.
 */
export type OpenReader = (
  source: string,
  cursors: readonly LaneCursor[],
  notice: (notice: SourceNotice) => void,
  backfill?: Backfill,
) => Promise<Reader>

export interface ReaderParts {
  readonly name: string
  readonly kind: SourceKind
  /** Reads references anew; may throw `SetupError`. */
  options(): unknown
  /** What the file says about windows. */
  readonly windows?: GivenWindows
  readonly backfill?: Backfill
  /** What all openings of this source have in common; without it this opening stands alone. */
  readonly shared?: SharedSource
  readonly routes: readonly Route[]
  readonly identity: Identity
  readonly clock: Clock
}

export function openReader(
  parts: ReaderParts,
  cursors: readonly LaneCursor[],
  notice: (notice: SourceNotice) => void,
): Reader {
  const { name, kind, routes, backfill, clock } = parts
  const spare: PageDraft[] = []
  const newPage = (): PageDraft => spare.pop() ?? new PageDraft({ name, type: kind.type }, parts.identity)
  const shared = parts.shared ?? new SharedSource(clock)
  // What is said of its clock belongs to live reading, which shows it.
  if (!backfill) shared.hear(notice)
  const options = parts.options()
  const http = shared.http.http(backfill ? 'backfill' : 'live')
  const usesHttp = { yes: false }
  const source = kind.open(options, {
    name,
    clock,
    newPage,
    notice,
    tokens: shared.tokens,
    http: (wanted?: SourceHttpOptions) => {
      usesHttp.yes = true
      return http(wanted)
    },
  })
  const usual = kind.windows?.(options) ?? null
  const settings = usual && windowSettings(usual, parts.windows ?? {})
  const owner = ownerOf(kind, options)
  const origin = kind.originOf?.(options)
  const time = timeOf(shared, usesHttp)
  const around = { name, owner, origin, cursors, clock, time, newPage, notice, ...(backfill && { backfill }) }
  const pages = openedPages(source, settings, around)
  return {
    async *read(signal, dueInMs = Infinity) {
      for await (const page of withoutWindowErrors(pages(signal, dueInMs))) {
        const encoded = encodePage(page, routes)
        page.draft.reset()
        spare.push(page.draft)
        yield encoded
      }
    },
    releasable: () => Promise.resolve((!isWindowed(source) && source.releasable?.()) || []),
    release: (released, signal) =>
      (isWindowed(source) ? undefined : source.release?.(released, signal).then((all) => wrapped(all, owner))) ??
      Promise.resolve([]),
    close: () => source.close(),
  }
}

/** Whatever could be halved or begun anew was, further in: what is left is a failure of the source. */
async function* withoutWindowErrors(pages: AsyncIterable<ReadPage>): AsyncGenerator<ReadPage, void> {
  try {
    yield* pages
  } catch (error) {
    if (error instanceof WindowError) throw new SourceError('transient', error.message, { cause: error })
    throw error
  }
}

/** A source that is not asked over HTTP tells no time: then ours is all there is. */
function timeOf({ clock }: SharedSource, usesHttp: { readonly yes: boolean }): Around['time'] {
  return {
    now: () => clock.now(),
    get known() {
      return clock.known || !usesHttp.yes
    },
    get told() {
      return clock.told
    },
  }
}

/** A source that may not go on where its cursors are is closed. */
function openedPages(...parts: Parameters<typeof pagesOf>): ReturnType<typeof pagesOf> {
  const [source, , { name, owner, origin, cursors, backfill, notice }] = parts
  const windowed = isWindowed(source) || backfill !== undefined
  const opening = { source: name, owner, origin, windowed, backfill: backfill?.id }
  try {
    requireSameOwner(cursors, opening)
    const moved = windowed && !backfill ? movedNotice(cursors, opening) : null
    if (moved) notice(moved)
    return pagesOf(...parts)
  } catch (error) {
    source.close().catch(() => {})
    throw error
  }
}

function wrapped(changes: readonly CursorChange[], owner: Owner): readonly CursorChange[] {
  return changes.map(({ part, value }) => ({ part, value: value === null ? null : wrap(value, owner) }))
}

interface Around extends Omit<ConstructorParameters<typeof WindowedReader>[0], 'reads' | 'settings'> {
  readonly origin: Origin | undefined
}

function pagesOf(
  source: Source | WindowSource,
  settings: WindowDefaults | null,
  around: Around,
): (signal: AbortSignal, dueInMs: number) => AsyncIterable<ReadPage> {
  if (!isWindowed(source) && !around.backfill) {
    const own = { cursors: ownCursors(around), owner: around.owner }
    return (signal) => ownPages(source, settings, own, signal)
  }
  if (!settings || !source.readWindow) throw new SetupError(`${around.name} cannot be read in windows`)
  const windowed = new WindowedReader({ ...around, settings, reads: source as WindowSource })
  return (signal, dueInMs) => windowed.read(signal, dueInMs)
}

/** Throws `SetupError` when one of them cannot be read. */
function ownCursors({ name: source, cursors }: Pick<Around, 'name' | 'cursors'>): readonly SavedCursor[] {
  return cursors
    .filter(({ lane = LIVE }) => lane === LIVE)
    .map(({ part, value }) => ({ part, value: unwrap(value, { source, lane: LIVE, part }).own }))
}

/** Pages of a source that keeps a cursor of its own. */
async function* ownPages(
  source: Source,
  settings: WindowDefaults | null,
  { cursors, owner }: { readonly cursors: readonly SavedCursor[]; readonly owner: Owner },
  signal: AbortSignal,
): AsyncIterable<ReadPage> {
  const reach = settings && { startMs: settings.startMs, overlapMs: settings.overlapMs }
  for await (const page of source.read({ cursors, ...reach }, signal))
    yield {
      ...page,
      cursors: wrapped(page.cursors, owner),
      ...(settings && { mayRepeat: true, ...(page.window && { rememberMs: rememberMs(settings) }) }),
    }
}
