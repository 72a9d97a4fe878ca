// The kept pages that were routed to a destination, by the time of their events. Works on any connection.
import type { Database, Statement } from 'better-sqlite3'
import { bitSet, type Seq } from '../../model/page.ts'
import { type KeptEvents, type Marked, occurredIn, type Period } from '../kept.ts'
import { type DestinationRow, reads } from './destinations.ts'
import { lengthIn, timeIn } from './packing.ts'
import { bitmapOf } from './routing.ts'

/** A page and how it was routed. */
export interface KeptPage {
  readonly page: Seq
  readonly source: number
  readonly count: number
  readonly queue: number
  readonly bitmap: Uint8Array | null
  readonly matched: number
  readonly bytes: number
  readonly first_time: number
  readonly last_time: number
}

export class KeptPages {
  readonly #next: Statement<[Period & { destination: number; seq: Seq }], KeptPage>
  readonly #columns: Statement<[Seq], { columns: Uint8Array }>
  readonly #since: Statement<[], { name: string; at: number | null }>

  constructor(db: Database) {
    // By page, whatever the queue: each page was routed to a destination once, when it was committed or late.
    this.#next = db.prepare(
      `SELECT r.page, r.source, r.count, r.queue, r.bitmap, r.matched, r.bytes, p.first_time, p.last_time
       FROM page p CROSS JOIN source s ON s.id = p.source AND p.first_seq >= s.body_from
       CROSS JOIN routing r ON r.destination = @destination AND r.queue IN (0, 1) AND r.page = p.first_seq
       WHERE p.first_seq >= @seq AND p.last_time >= @from AND p.first_time < @to ORDER BY p.first_seq LIMIT 1`,
    )
    this.#columns = db.prepare('SELECT columns FROM page_index WHERE first_seq = ?')
    this.#since = db.prepare(
      `SELECT name, coalesce((SELECT first_time FROM page WHERE source = s.id AND first_seq >= s.body_from ORDER BY first_seq LIMIT 1), last_event_at) AS at
       FROM source s WHERE body_from > 0`,
    )
  }

  /** The first page at or after `seq` that may hold an event of the period. */
  next(destination: number, period: Period, seq: Seq): KeptPage | undefined {
    const { from, to } = period
    return this.#next.get({ destination, from, to, seq })
  }

  /** Its routed events of the period. Within it as a whole, a page is not looked into. */
  chosen(page: KeptPage, period: Period): Marked {
    const bitmap = bitmapOf(page)
    if (page.first_time >= period.from && page.last_time < period.to) return { bitmap, matched: page.matched }
    const columns = this.#columnsOf(page)
    return occurredIn({ count: page.count, bitmap }, (index) => timeIn(columns, index), period)
  }

  /** What some of its routed events hold, before compression. */
  bytesOf(page: KeptPage, { bitmap, matched }: Marked): number {
    if (matched === page.matched) return page.bytes
    const columns = this.#columnsOf(page)
    let bytes = 0
    for (let index = 0; index < page.count; index++) if (bitSet(bitmap, index)) bytes += lengthIn(columns, index)
    return bytes
  }

  /** Everything of the period. */
  count(destination: DestinationRow, period: Period): KeptEvents {
    let [events, pages, seq] = [0, 0, 0]
    for (;;) {
      const page = this.next(destination.id, period, seq)
      if (!page) break
      const { matched } = this.chosen(page, period)
      events += matched
      if (matched > 0) pages++
      seq = page.page + page.count
    }
    const since = this.#since.all().filter(({ name, at }) => at !== null && reads(destination, name))
    return { events, pages, keptSince: since.length > 0 ? Math.max(...since.map(({ at }) => at as number)) : null }
  }

  #columnsOf({ page }: KeptPage): Uint8Array {
    return (this.#columns.get(page) as { columns: Uint8Array }).columns
  }
}
