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
  /** Of the matched events, before compression. */
  readonly bytes: number
  readonly bytes_before: number
}

/** What says which events of a page were routed. */
export type RoutedBits = Pick<RoutingRow, 'page' | 'count' | 'bitmap' | 'matched'>

/** A queue of a destination, both by number. */
export interface QueueId {
  readonly destination: number
  readonly queue: number
}

/** The number of the queue that is served first. */
export const LIVE = QUEUES.indexOf('live')

/** The number of the queue of what is sent again on purpose. */
export const REPLAY = QUEUES.indexOf('replay')

/** The number of the queue of backfills and late starts. */
export const CATCH_UP = QUEUES.indexOf('catch_up')

/** How many pages one look for a source's oldest waiting event may pass over. */
const scanPages = 500

export class RoutingRows {
  readonly #insert: Statement<[number, number, Seq, number, number, Uint8Array | null, number, number, number, number]>
  readonly #atOrBefore: Statement<[number, number, Seq], RoutingRow>
  readonly #after: Statement<[number, number, Seq], RoutingRow>
  readonly #total: Statement<[number, number], Totals>
  readonly #grow: Statement<[number, number, number, number], Totals>

  constructor(db: Database) {
    const columns = 'page, source, count, bitmap, matched, before, bytes, bytes_before'
    const of = 'FROM routing WHERE destination = ? AND queue = ? AND page'
    this.#insert = db.prepare(
      'INSERT INTO routing (destination, queue, page, source, count, bitmap, matched, before, bytes, bytes_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#atOrBefore = db.prepare(`SELECT ${columns} ${of} <= ? ORDER BY page DESC LIMIT 1`)
    this.#after = db.prepare(`SELECT ${columns} ${of} > ? ORDER BY page LIMIT 1`)
    this.#total = db.prepare('SELECT total, bytes FROM position WHERE destination = ? AND queue = ?')
    this.#grow = db.prepare(
      'UPDATE position SET total = total + ?, bytes = bytes + ? WHERE destination = ? AND queue = ? RETURNING total, bytes',
    )
  }

  /** Adds a page to a queue. A page without a match leaves no trace. */
  add(id: QueueId, row: Omit<RoutingRow, 'before' | 'bytes_before'>): void {
    if (row.matched === 0) return
    const { total, bytes } = this.#grow.get(row.matched, row.bytes, id.destination, id.queue) ?? nothing
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
      row.bytes,
      bytes - row.bytes,
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

  /** Bytes that wait, to the page: one that is settled in part counts whole, and one that is settled above the position too. */
  waitingBytes(id: QueueId, position: Seq): number {
    const total = (this.#total.get(id.destination, id.queue) ?? nothing).bytes
    const row = this.#atOrBefore.get(id.destination, id.queue, position - 1)
    if (row && position < row.page + row.count) return total - row.bytes_before
    return total - (row ? row.bytes_before + row.bytes : this.#bytesFrom(id, position, total))
  }

  /** Whether an event is in a queue, settled or not. */
  holds(id: QueueId, seq: Seq): boolean {
    const row = this.#atOrBefore.get(id.destination, id.queue, seq)
    return row !== undefined && seq < row.page + row.count && bitSet(bitmapOf(row), seq - row.page)
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

  /** Bytes of the queue before its first page at or after `seq`: those of pages whose rows are gone. */
  #bytesFrom(id: QueueId, seq: Seq, total: number): number {
    return this.#after.get(id.destination, id.queue, seq - 1)?.bytes_before ?? total
  }
}

interface Totals {
  readonly total: number
  readonly bytes: number
}

const nothing: Totals = { total: 0, bytes: 0 }

/** The bitmap, also where every event matches. */
export function bitmapOf(row: Pick<RoutingRow, 'bitmap' | 'count'>): Uint8Array {
  return row.bitmap ?? allBits(row.count)
}

/** The events of a page that wait. */
export function waitingOf(row: RoutedBits, settled: Settled): Seq[] {
  const waiting: Seq[] = []
  for (let index = 0; index < row.count; index++) {
    const matches = row.bitmap === null || bitSet(row.bitmap, index)
    if (matches && !isSettled(settled, row.page + index)) waiting.push(row.page + index)
  }
  return waiting
}

/** How many of them. */
export function waitingIn(row: RoutedBits, settled: Settled): number {
  const end = row.page + row.count
  const untouched = !settled.above.some(({ from, to }) => from < end && to > row.page)
  return row.page >= settled.position && untouched ? row.matched : waitingOf(row, settled).length
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
