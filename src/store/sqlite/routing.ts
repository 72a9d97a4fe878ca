// Which pages concern a destination, in the order of a queue, and how many of their events still wait.
import type { Database, Statement } from 'better-sqlite3'
import { allBits, bitSet, countBits, type Seq } from '../../model/page.ts'
import { isSettled, type Settled } from '../ranges.ts'
import { QUEUES } from '../store.ts'

/** What one page holds for one destination. */
export interface RoutingRow {
  readonly page: Seq
  readonly source: number
  readonly count: number
  readonly bitmap: Uint8Array | null
  readonly matched: number
  readonly before: number
}

/** A queue of a destination, both by number. */
export interface QueueId {
  readonly destination: number
  readonly queue: number
}

/** The number of the queue of backfills and late starts. */
export const CATCH_UP = QUEUES.indexOf('catch_up')

/** How many pages one look for a source's oldest waiting event may pass over. */
const scanPages = 500

export class RoutingRows {
  readonly #insert: Statement<[number, number, Seq, number, number, Uint8Array | null, number, number]>
  readonly #atOrBefore: Statement<[number, number, Seq], RoutingRow>
  readonly #after: Statement<[number, number, Seq], RoutingRow>
  readonly #total: Statement<[number, number], { total: number }>
  readonly #grow: Statement<[number, number, number], { total: number }>

  constructor(db: Database) {
    const columns = 'page, source, count, bitmap, matched, before'
    const of = 'FROM routing WHERE destination = ? AND queue = ? AND page'
    this.#insert = db.prepare(
      'INSERT INTO routing (destination, queue, page, source, count, bitmap, matched, before) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#atOrBefore = db.prepare(`SELECT ${columns} ${of} <= ? ORDER BY page DESC LIMIT 1`)
    this.#after = db.prepare(`SELECT ${columns} ${of} > ? ORDER BY page LIMIT 1`)
    this.#total = db.prepare('SELECT total FROM position WHERE destination = ? AND queue = ?')
    this.#grow = db.prepare('UPDATE position SET total = total + ? WHERE destination = ? AND queue = ? RETURNING total')
  }

  /** Adds a page to a queue. A page without a match leaves no trace. */
  add(id: QueueId, row: Omit<RoutingRow, 'before'>): void {
    if (row.matched === 0) return
    const total = this.#grow.get(row.matched, id.destination, id.queue)?.total ?? 0
    const bitmap = row.matched === row.count ? null : row.bitmap
    this.#insert.run(
      id.destination,
      id.queue,
      row.page,
      row.source,
      row.count,
      bitmap,
      row.matched,
      total - row.matched,
    )
  }

  /** The first page with an event for the destination at or after `from`. */
  next(id: QueueId, from: Seq): RoutingRow | undefined {
    const present = this.#atOrBefore.get(id.destination, id.queue, from)
    if (present && hasMatchFrom(present, from)) return present
    return this.#after.get(id.destination, id.queue, from)
  }

  /** Matched events of the queue before `seq`, counted over its whole life. */
  matchedBefore(id: QueueId, seq: Seq): number {
    const row = this.#atOrBefore.get(id.destination, id.queue, seq - 1)
    if (row) return row.before + (seq >= row.page + row.count ? row.matched : countBits(bitmapOf(row), seq - row.page))
    return this.#after.get(id.destination, id.queue, seq - 1)?.before ?? this.total(id)
  }

  /** Matched events of the queue over its whole life. */
  total(id: QueueId): number {
    return this.#total.get(id.destination, id.queue)?.total ?? 0
  }

  /** Matched events that are not settled. */
  waiting(id: QueueId, settled: Settled): number {
    const above = settled.above.map(({ from, to }) => this.matchedBefore(id, to) - this.matchedBefore(id, from))
    return this.total(id) - this.matchedBefore(id, settled.position) - above.reduce((sum, count) => sum + count, 0)
  }

  /** The oldest event that waits; null when none does. Short: only what is settled above the position is passed over. */
  oldestWaiting(id: QueueId, settled: Settled): Seq | null {
    let row = this.next(id, settled.position)
    for (; row; row = this.#after.get(id.destination, id.queue, row.page)) {
      const seq = firstWaitingIn(row, settled)
      if (seq !== null) return seq
    }
    return null
  }

  /**
   * Before which ordinal nothing of this source waits, looking from `from` on; `limit` when nothing waits at all. Looks at a bounded number
   * of pages: the answer may be too early, never too late, and the next look goes on from there.
   */
  settledThrough(id: QueueId, settled: Settled, look: { source: number; from: Seq; limit: Seq }): Seq {
    const from = Math.max(look.from, settled.position)
    let row = this.next(id, from)
    for (let seen = 0; row; row = this.#after.get(id.destination, id.queue, row.page), seen++) {
      if (seen === scanPages) return Math.max(from, row.page)
      const seq = row.source === look.source ? firstWaitingIn(row, settled) : null
      if (seq !== null) return seq
    }
    return look.limit
  }
}

/** The bitmap, also where every event matches. */
export function bitmapOf(row: Pick<RoutingRow, 'bitmap' | 'count'>): Uint8Array {
  return row.bitmap ?? allBits(row.count)
}

function hasMatchFrom(row: RoutingRow, from: Seq): boolean {
  if (from >= row.page + row.count) return false
  if (row.bitmap === null) return true
  for (let index = from - row.page; index < row.count; index++) if (bitSet(row.bitmap, index)) return true
  return false
}

function firstWaitingIn(row: RoutingRow, settled: Settled): Seq | null {
  for (let index = 0; index < row.count; index++) {
    const matches = row.bitmap === null || bitSet(row.bitmap, index)
    if (matches && !isSettled(settled, row.page + index)) return row.page + index
  }
  return null
}
