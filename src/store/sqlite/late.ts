// Routes destinations over pages that are kept already: what to look at next, and the routing of it, each page once.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { matchedBytes } from '../buffer.ts'
import { definitionAt } from '../definitions.ts'
import { type LatePage, type LateRouting, withoutCounted } from '../late.ts'
import type { Definitions } from './definitions.ts'
import type { Buffers } from './buffers.ts'
import { type DestinationRow, type Destinations, reads } from './destinations.ts'
import type { Exceptions } from './exceptions.ts'
import type { Held } from './held.ts'
import type { Pages } from './pages.ts'
import { CATCH_UP, type RoutingRows } from './routing.ts'
import { dayOf, type Sources } from './sources.ts'

interface Place {
  readonly first_seq: Seq
  readonly source: number
}

interface LateTables {
  readonly sources: Sources
  readonly destinations: Destinations
  readonly pages: Pages
  readonly routing: RoutingRows
  readonly exceptions: Exceptions
  readonly held: Held
  readonly buffers: Buffers
  readonly definitions: Definitions
}

export class Late {
  readonly #tables: LateTables
  readonly #ranges: Statement<[number], { routed_to: Seq; to_seq: Seq }>
  readonly #next: Statement<[Seq, Seq, string], Place>
  readonly #kept: Statement<[Seq], Place>
  readonly #advance: Statement<[Seq, number, Seq, Seq]>
  readonly #done: Statement<[number, Seq]>

  constructor(db: Database, tables: LateTables) {
    this.#tables = tables
    const page = 'SELECT page.first_seq, page.source FROM page JOIN page_body USING (first_seq) WHERE page.first_seq'
    this.#ranges = db.prepare('SELECT routed_to, to_seq FROM late WHERE destination = ? ORDER BY from_seq')
    // The plus keeps the search in the order of pages: by source it would have to sort them.
    this.#next = db.prepare(
      `${page} >= ? AND page.first_seq < ? AND +page.source IN (SELECT value FROM json_each(?)) ORDER BY page.first_seq LIMIT 1`,
    )
    this.#kept = db.prepare(`${page} = ?`)
    this.#advance = db.prepare('UPDATE late SET routed_to = ? WHERE destination = ? AND routed_to <= ? AND to_seq > ?')
    this.#done = db.prepare('DELETE FROM late WHERE destination = ? AND (routed_to >= to_seq OR to_seq <= ?)')
  }

  /** The next page to look at; null when no page is left of the ranges. */
  next(name: string): LatePage | null {
    const { destinations, sources, pages, definitions } = this.#tables
    const row = destinations.get(name)
    const place = this.#place(row)
    if (!place) return null
    const { first_seq: firstSeq, source } = place
    const definition = definitionAt(definitions.of(row.id), firstSeq, row.definition)
    return { source: sources.nameOf(source), firstSeq, page: pages.read(firstSeq), definition }
  }

  /** Whether ranges are left, be it without a page. */
  open(name: string): boolean {
    return this.#tables.destinations.lateFrom(this.#tables.destinations.idOf(name)) !== null
  }

  /** Gives up ranges of which no page is left: it was removed, or is of a source that the destination does not read. */
  finish(name: string): void {
    const row = this.#tables.destinations.get(name)
    if (!this.#place(row)) this.#done.run(row.id, Number.MAX_SAFE_INTEGER)
  }

  /** Adds the page to the queue, unless that was done before or the page has been removed meanwhile. */
  route(name: string, given: LateRouting, now: number): void {
    const { destinations, sources, routing, exceptions, held, pages, buffers } = this.#tables
    const { firstSeq, count, bypassed, missing } = given
    const row = destinations.get(name)
    const { id } = row
    if (this.#advance.run(firstSeq + count, id, firstSeq, firstSeq).changes === 0) return
    this.#done.run(id, firstSeq)
    const place = this.#kept.get(firstSeq)
    if (!place) return
    const { source } = place
    // A copy of a dead letter of another destination was counted when it came, whatever the filter says.
    const counted = exceptions.within(id, firstSeq, firstSeq + count)
    const { offered, bitmap, matched } = withoutCounted(given, counted)
    const bytes = matchedBytes(pages.columns(firstSeq), bitmap)
    buffers.requireRoomFor(row, bytes)
    routing.add({ destination: id, queue: CATCH_UP }, { page: firstSeq, source, count, bitmap, matched, bytes })
    held.lookAgain({ destination: id, queue: CATCH_UP })
    const day = dayOf(now)
    destinations.count(id, source, day, { offered, filtered: offered - matched, routed: matched })
    if (bypassed + missing > 0) sources.count(source, day, { ...noCounts, bypassed, missing })
  }

  #place(row: DestinationRow): Place | undefined {
    const { sources } = this.#tables
    const read = sources.all().filter(({ name }) => reads(row, name))
    const readIds = JSON.stringify(read.map(({ id }) => id))
    for (const range of this.#ranges.all(row.id)) {
      const place = this.#next.get(range.routed_to, range.to_seq, readIds)
      if (place) return place
    }
    return undefined
  }
}

const noCounts = { pulled: 0, new: 0, duplicate: 0, conflict: 0, quarantined: 0 }
