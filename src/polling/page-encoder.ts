// Turns what a source read into what the store commits: routed by every filter, compressed, in memory of exactly its size.
import type { Filter } from '../filters/filter.ts'
import { Tag } from '../model/event.ts'
import type { Page, Quarantined, Routing } from '../model/page.ts'
import type { PageDraft } from '../sources/page-draft.ts'
import type { SourcePage } from '../sources/source.ts'
import { pack } from '../store/codec.ts'
import type { NewNotice } from '../store/notices.ts'
import type { Packed, PageCommit } from '../store/store.ts'
import type { LaneChange } from './lanes.ts'

/** A destination that reads the source, and what it lets pass. */
export interface Route {
  readonly destination: string
  readonly filter: Filter
}

/** Everything of a page that the store needs; plain data, so that it can come from another thread. */
export interface EncodedPage {
  readonly page: Page
  readonly packed: Packed
  readonly quarantined: readonly Quarantined[]
  readonly routing: readonly Routing[]
  readonly cursors: readonly LaneChange[]
  /** Default: live. */
  readonly lane?: string
  readonly window?: NonNullable<PageCommit['window']>
  readonly mayRepeat?: boolean
  readonly rememberMs?: number
  readonly rememberFrom?: number
  readonly lateBefore?: number
  readonly noticed?: readonly NewNotice[]
  /** The cursor to go on with when the store finds the window too wide; null when it cannot be narrower. */
  readonly narrower?: LaneChange | null
  /** Routed past a filter, all destinations together. */
  readonly bypassed: number
  /** Not routed because a field was missing, all destinations together. */
  readonly missing: number
}

/** A page as it is read: of a source with a cursor of its own, or of a lane that reads windows. */
export type ReadPage = Omit<SourcePage, 'cursors'> &
  Pick<
    EncodedPage,
    'cursors' | 'lane' | 'mayRepeat' | 'rememberMs' | 'rememberFrom' | 'lateBefore' | 'noticed' | 'narrower'
  >

export function encodePage(read: ReadPage, routes: readonly Route[]): EncodedPage {
  const { draft } = read
  const routed = routes.map(({ destination, filter }) => ({ destination, ...filter.route(draft) }))
  for (const { failed } of routed) for (const index of failed) draft.tag(index, Tag.filterFailed)
  const page = ownPage(draft)
  return {
    page,
    packed: ownPacked(page.bytes),
    quarantined: draft.quarantined,
    routing: routed.map(({ destination, bitmap, matched }) => ({ destination, bitmap, matched })),
    cursors: read.cursors,
    ...laneOf(read),
    bypassed: sum(routed.map(({ bypassed }) => bypassed)),
    missing: sum(routed.map(({ missing }) => missing)),
  }
}

function laneOf({
  window,
  lane,
  mayRepeat,
  rememberMs,
  rememberFrom,
  lateBefore,
  noticed,
  narrower,
}: ReadPage): Partial<EncodedPage> {
  return {
    ...(window && { window: { from: timeText(window.from), to: timeText(window.to) } }),
    ...(lane !== undefined && { lane }),
    ...(mayRepeat !== undefined && { mayRepeat }),
    ...(rememberMs !== undefined && { rememberMs }),
    ...(rememberFrom !== undefined && { rememberFrom }),
    ...(lateBefore !== undefined && { lateBefore }),
    ...(noticed && { noticed }),
    ...(narrower !== undefined && { narrower }),
  }
}

/** Whatever a source gives as a time must not end the relay. */
function timeText(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString()
}

/** The memory of an encoded page, for handing it over to another thread. */
export function buffersOf({ page, packed }: EncodedPage): ArrayBuffer[] {
  const columns = [page.bytes, page.offsets, page.times, page.keys, page.fingerprints, page.tags, packed.bytes]
  return columns.map((column) => column.buffer as ArrayBuffer)
}

/** A copy of the draft's columns, so that the draft can be filled again. */
function ownPage(draft: PageDraft): Page {
  const { count, bytes, offsets, times, keys, fingerprints, tags } = draft.page()
  return {
    count,
    bytes: exact(bytes),
    offsets: offsets.slice(),
    times: times.slice(),
    keys: exact(keys),
    fingerprints: exact(fingerprints),
    tags: tags.slice(),
  }
}

function ownPacked(bytes: Uint8Array): Packed {
  const { codec, bytes: packed, digest } = pack(bytes)
  return { codec, bytes: exact(packed), ...(digest && { digest: exact(digest) }) }
}

/** A copy with memory of its own; `slice` of a Buffer would share it. */
function exact(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
