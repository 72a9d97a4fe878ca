// Recomputes the balance and the chain from pages, bitmaps and ledger, a few pages at a time, and says what does not add up.
import type { Database, Statement } from 'better-sqlite3'
import { countBits, type Seq } from '../../model/page.ts'
import { messageOf } from '../../model/errors.ts'
import { destinationEquations, faultsOf, sourceEquations } from '../balance.ts'
import { CHAIN_START, chainOf, digestOf } from '../chain.ts'
import type { CheckReport, DestinationOverview, SourceOverview } from '../store.ts'
import { Overviews } from './overviews.ts'
import { PageCache } from './page-cache.ts'
import { Pages, type PageRow } from './pages.ts'
import { Recounting } from './recounting.ts'
import { bitmapOf, type RoutingRow } from './routing.ts'
import { type SourceRow, Sources } from './sources.ts'

/** Pages read in one transaction: a long one would let the log of writes grow without limit. */
const pagesPerRead = 50
/** Beyond these, faults are only counted. */
const mostFaults = 100

/** How far a source's chain has been followed. */
interface Followed {
  chain: Uint8Array | null
  events: number
}

export class Checking {
  readonly #db: Database
  readonly #pages: Pages
  readonly #sources: Sources
  readonly #recounting: Recounting
  readonly #rows: Statement<[Seq, number], PageRow & { stored: number | null }>
  readonly #routing: Statement<[Seq], RoutingRow & { destination: number; queue: number }>
  readonly #spanned: Statement<[Seq, number, number, number, number], number>
  readonly #faults: string[] = []
  readonly #followed = new Map<number, Followed>()
  /** The last routed page of each destination and queue, and what its queue had matched to its end. */
  readonly #routedTo = new Map<string, { readonly page: Seq; readonly matched: number; readonly bytes: number }>()
  /** From here on no page's row has gone, of whatever source. */
  #wholeFrom: Seq = 0
  #hidden = 0
  #pageCount = 0
  #eventCount = 0

  constructor(db: Database) {
    this.#db = db
    this.#pages = new Pages(db, new PageCache(0))
    this.#sources = new Sources(db)
    this.#recounting = new Recounting(db)
    this.#rows = db.prepare(
      'SELECT page.*, page_body.first_seq AS stored FROM page LEFT JOIN page_body USING (first_seq) WHERE page.first_seq >= ? ORDER BY page.first_seq LIMIT ?',
    )
    this.#spanned = db
      .prepare<[Seq, number, number, number, number], number>(
        'SELECT 1 FROM page_span WHERE first_seq = ? AND source_from <= ? AND source_to >= ? AND first_time <= ? AND last_time >= ?',
      )
      .pluck()
    this.#routing = db.prepare(
      'SELECT r.* FROM destination d CROSS JOIN (SELECT 0 AS queue UNION SELECT 1 UNION SELECT 2) q CROSS JOIN routing r WHERE r.destination = d.id AND r.queue = q.queue AND r.page = ?',
    )
  }

  report(): CheckReport {
    this.#db.transaction(() => this.#balance())()
    for (const { name, exceptions } of this.#recounting.unrouted())
      this.#fault(`destination ${name}: keeps ${exceptions} retrying or dead events that were never routed to it`)
    let from: Seq | null = 0
    while (from !== null) from = this.#db.transaction((start: Seq) => this.#stretch(start))(from)
    const more = this.#hidden > 0 ? [`and ${this.#hidden} more`] : []
    return { pages: this.#pageCount, events: this.#eventCount, faults: [...this.#faults, ...more] }
  }

  #fault(text: string): void {
    if (this.#faults.length < mostFaults) this.#faults.push(text)
    else this.#hidden++
  }

  #balance(): void {
    const { sources, destinations } = new Overviews(this.#db).read({ running: false, usedBytes: 0, now: 0 })
    for (const source of sources) this.#sourceBalance(source)
    for (const destination of destinations) this.#destinationBalance(destination)
    for (const source of this.#sources.all()) this.#head(source)
    this.#exceptions()
  }

  #sourceBalance(source: SourceOverview): void {
    const { name, new: fresh } = source
    for (const fault of faultsOf(sourceEquations(source))) this.#fault(`source ${name}: ${fault}`)
    const events = this.#sources.find(name)?.events
    if (events !== fresh) this.#fault(`source ${name}: its ledger has ${fresh} new events, its pages ${events}`)
  }

  #destinationBalance(one: DestinationOverview): void {
    const { name, waiting } = one
    for (const fault of faultsOf(destinationEquations(one))) this.#fault(`destination ${name}: ${fault}`)
    const recounted = this.#recounting.waiting(name)
    if (recounted !== waiting)
      this.#fault(`destination ${name}: counts ${waiting} waiting, its routing and positions have ${recounted}`)
  }

  /** The newest row of a source must carry the chain that the source ends with, and the events that it counts. */
  #head(source: SourceRow): void {
    const newest = this.#db
      .prepare<[number], Pick<PageRow, 'before' | 'count' | 'chain'>>(
        'SELECT before, count, chain FROM page WHERE source = ? ORDER BY first_seq DESC LIMIT 1',
      )
      .get(source.id)
    const events = newest ? newest.before + newest.count : source.events_gone
    const chain = newest?.chain ?? source.pruned_chain
    if (events !== source.events)
      this.#fault(`source ${source.name}: has ${source.events} events, its pages end at ${events}`)
    if (!same(chain, source.chain)) this.#fault(`source ${source.name}: its chain does not end with its newest page`)
  }

  #exceptions(): void {
    const counted = new Map<number, { retrying: number; dead: number }>()
    for (const { destination, dead } of this.#db
      .prepare<[], { destination: number; dead: number }>('SELECT destination, dead FROM exception')
      .iterate()) {
      const count = counted.get(destination) ?? { retrying: 0, dead: 0 }
      counted.set(destination, dead ? { ...count, dead: count.dead + 1 } : { ...count, retrying: count.retrying + 1 })
    }
    for (const { id, name, retrying, dead } of this.#db
      .prepare<[], { id: number; name: string; retrying: number; dead: number }>(
        'SELECT id, name, retrying, dead FROM destination',
      )
      .all()) {
      const count = counted.get(id) ?? { retrying: 0, dead: 0 }
      if (count.retrying !== retrying || count.dead !== dead)
        this.#fault(
          `destination ${name}: counts ${retrying} retrying and ${dead} dead, keeps ${count.retrying} and ${count.dead}`,
        )
    }
  }

  /** Checks some pages; returns where the next ones begin, or null at the end. */
  #stretch(from: Seq): Seq | null {
    this.#wholeFrom = Math.max(0, ...this.#sources.all().map(({ kept_from: keptFrom }) => keptFrom))
    const rows = this.#rows.all(from, pagesPerRead)
    for (const row of rows) {
      this.#page(row)
      for (const routing of this.#routing.all(row.first_seq)) this.#routed(routing, row)
    }
    const last = rows.at(-1)
    return last && rows.length === pagesPerRead ? last.first_seq + last.count : null
  }

  #page(row: PageRow & { stored: number | null }): void {
    this.#pageCount++
    this.#eventCount += row.count
    const name = this.#sources.nameOf(row.source)
    const place = { source: name, firstSeq: row.first_seq, count: row.count }
    const before = this.#followed.get(row.source) ?? this.#start(row)
    if (before.chain && !same(chainOf(before.chain, row.digest, place), row.chain))
      this.#fault(
        `the page at event ${row.first_seq} does not follow the page of ${name} before it: one was changed, added or taken away`,
      )
    if (before.events !== row.before)
      this.#fault(
        `the page at event ${row.first_seq} counts ${row.before} events of ${name} before it instead of ${before.events}`,
      )
    const { first_seq: firstSeq, source, first_time: first, last_time: last } = row
    if (first !== null && this.#spanned.get(firstSeq, source, source, first, last) === undefined)
      this.#fault(
        `the page at event ${firstSeq} would not be found by the time of its events: they may be delivered again`,
      )
    this.#followed.set(row.source, { chain: row.chain, events: row.before + row.count })
    if (row.stored !== null) this.#bytes(row)
  }

  /** Where a source's kept pages begin. Pages may go while this runs: then the first one seen is where it begins. */
  #start(row: PageRow): Followed {
    if (row.before === 0) return { chain: CHAIN_START, events: 0 }
    const source = this.#db.prepare<[number], SourceRow>('SELECT * FROM source WHERE id = ?').get(row.source)
    return source?.kept_from === row.first_seq || source?.events_gone === row.before
      ? { chain: source.pruned_chain, events: source.events_gone }
      : { chain: null, events: row.before }
  }

  #bytes(row: PageRow): void {
    try {
      const page = this.#pages.read(row.first_seq)
      if (page.count !== row.count)
        this.#fault(`the page at event ${row.first_seq} holds ${page.count} events instead of ${row.count}`)
      if (!same(digestOf(page.bytes), row.digest))
        this.#fault(`the bytes of the page at event ${row.first_seq} are not those that were committed`)
    } catch (error) {
      this.#fault(messageOf(error))
    }
  }

  #routed(row: RoutingRow & { destination: number; queue: number }, page: PageRow): void {
    const matched = countBits(bitmapOf(row), row.count)
    const queue = `${row.destination} ${row.queue}`
    const { page: from, ...expected } = this.#routedTo.get(queue) ?? {
      page: row.page,
      matched: row.before,
      bytes: row.bytes_before,
    }
    // Where rows of another source have gone meanwhile, nobody knows how much lay between: only that it was not less than nothing.
    const whole = from >= this.#wholeFrom
    const follows = whole
      ? row.before === expected.matched && row.bytes_before === expected.bytes
      : row.before >= expected.matched && row.bytes_before >= expected.bytes
    if (row.count !== page.count || matched !== row.matched || !follows)
      this.#fault(`the routing of the page at event ${row.page} to destination ${row.destination} does not add up`)
    this.#routedTo.set(queue, {
      page: row.page,
      matched: row.before + row.matched,
      bytes: row.bytes_before + row.bytes,
    })
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
