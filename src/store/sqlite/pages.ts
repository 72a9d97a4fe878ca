// Pages on the disk: body, index and chain; read through the cache.
import type { Database, Statement } from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import type { Page, Seq } from '../../model/page.ts'
import { oneEvent } from '../one-event.ts'
import { type PageCache } from './page-cache.ts'
import { unpack } from '../codec.ts'
import { offsetsIn, packColumns, unpackPage } from './packing.ts'
import type { Packed } from '../store.ts'

/** The row of a page, as the `page` table has it. */
export interface PageRow {
  readonly first_seq: Seq
  readonly count: number
  readonly source: number
  readonly lane: string
  readonly queue: number
  readonly window_from: string | null
  readonly window_to: string | null
  readonly committed_at: number
  readonly age: number
  readonly first_time: number
  readonly last_time: number
  readonly pulled: number
  readonly duplicates: number
  readonly conflicts: number
  readonly quarantined: number
  readonly before: number
  readonly size: number
  readonly digest: Uint8Array
  readonly chain: Uint8Array
}

interface Stored {
  readonly count: number
  readonly size: number
  readonly columns: Uint8Array
  readonly codec: number
  readonly bytes: Uint8Array
}

const columns =
  'first_seq, count, source, lane, queue, window_from, window_to, committed_at, age, first_time, last_time, pulled, duplicates, conflicts, quarantined, before, size, digest, chain'

export class Pages {
  readonly #cache: PageCache
  readonly #insertRow: Statement<[PageRow]>
  readonly #insertBody: Statement<[Seq, number, Uint8Array]>
  readonly #insertIndex: Statement<[Seq, Uint8Array]>
  readonly #load: Statement<[Seq], Stored>
  readonly #columns: Statement<[Seq], { columns: Uint8Array }>
  readonly #since: Statement<[number], { first_seq: Seq }>
  readonly #containing: Statement<[Seq], { first_seq: Seq; count: number; age: number }>

  constructor(db: Database, cache: PageCache) {
    this.#cache = cache
    this.#insertRow = db.prepare(`INSERT INTO page (${columns}) VALUES (${columns.replace(/(\w+)/g, '@$1')})`)
    this.#insertBody = db.prepare('INSERT INTO page_body (first_seq, codec, bytes) VALUES (?, ?, ?)')
    this.#insertIndex = db.prepare('INSERT INTO page_index (first_seq, columns) VALUES (?, ?)')
    this.#load = db.prepare(
      'SELECT count, size, columns, codec, bytes FROM page JOIN page_index USING (first_seq) JOIN page_body USING (first_seq) WHERE first_seq = ?',
    )
    this.#columns = db.prepare('SELECT columns FROM page_index WHERE first_seq = ?')
    this.#since = db.prepare('SELECT first_seq FROM page WHERE last_time >= ? ORDER BY first_seq LIMIT 1')
    this.#containing = db.prepare(
      'SELECT first_seq, count, age FROM page WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    )
  }

  insert(row: PageRow, page: Page, packed: Packed): void {
    this.#insertRow.run(row)
    this.#insertBody.run(row.first_seq, packed.codec, packed.bytes)
    this.#insertIndex.run(row.first_seq, packColumns(page))
  }

  /** The page that begins at `firstSeq`. */
  load(firstSeq: Seq): Page {
    const cached = this.#cache.get(firstSeq)
    if (cached) return cached
    const page = this.read(firstSeq)
    this.#cache.put(firstSeq, page)
    return page
  }

  /** The same from the disk, leaving the cache as it is. */
  read(firstSeq: Seq): Page {
    const stored = this.#load.get(firstSeq)
    if (!stored) throw new StateError(`the page at event ${firstSeq} is gone although it is needed; restore a backup`)
    return pageOf(stored, firstSeq)
  }

  /** How long each event is, without reading the events. */
  columns(firstSeq: Seq): Pick<Page, 'count' | 'offsets'> {
    const stored = this.#columns.get(firstSeq)
    if (!stored) throw new StateError(`the page at event ${firstSeq} is gone although it is needed; restore a backup`)
    const offsets = offsetsIn(stored.columns)
    return { count: offsets.length - 1, offsets }
  }

  /** One event, from whichever page holds it. */
  event(seq: Seq): Page {
    const { first_seq: firstSeq } = this.#placeOf(seq)
    return oneEvent(this.load(firstSeq), seq - firstSeq)
  }

  /** How long the relay had lived when the event was committed, ms. */
  ageOf(seq: Seq): number {
    return this.#placeOf(seq).age
  }

  /** Where the first page begins that holds an event as late as `ms`. */
  firstSince(ms: number): Seq | undefined {
    return this.#since.get(ms)?.first_seq
  }

  /** Hands a page that was just committed to its readers. */
  handOver(firstSeq: Seq, page: Page): void {
    this.#cache.put(firstSeq, page)
  }

  #placeOf(seq: Seq): { first_seq: Seq; age: number } {
    const place = this.#containing.get(seq)
    if (!place || seq >= place.first_seq + place.count) throw new Error(`no page holds event ${seq}`)
    return place
  }
}

function pageOf(stored: Stored, firstSeq: Seq): Page {
  try {
    return unpackPage(stored.columns, unpack(stored, stored.size))
  } catch (error) {
    throw new StateError(
      `the page at event ${firstSeq} is damaged; move the state away to keep it, and restore a backup`,
      { cause: error },
    )
  }
}
