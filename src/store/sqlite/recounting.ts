// Counts for `check` again what `status` reads from running totals: what waits, from bitmaps; and whether exceptions were routed.
import type { Database, Statement } from 'better-sqlite3'
import { bitSet, countBits, type Seq } from '../../model/page.ts'
import { isSettled, type Settled } from '../ranges.ts'
import { QUEUES } from '../store.ts'
import { Destinations } from './destinations.ts'
import { bitmapOf, type RoutingRow } from './routing.ts'

/** Exceptions looked at in one read. */
const exceptionsPerRead = 1000

type Bits = Pick<RoutingRow, 'page' | 'count' | 'bitmap'>

interface Place {
  readonly first_seq: Seq
  readonly count: number
}

export class Recounting {
  readonly #db: Database
  readonly #destinations: Destinations
  readonly #unsettled: Statement<[{ destination: number; queue: number; position: Seq }], Bits>
  readonly #exceptions: Statement<[number, Seq, number], { seq: Seq }>
  readonly #page: Statement<[Seq], Place>
  readonly #routing: Statement<[number, Seq], Bits>
  readonly #direct: Statement<[number], { direct: number }>

  constructor(db: Database) {
    this.#db = db
    this.#destinations = new Destinations(db)
    const of = 'FROM routing WHERE destination = @destination AND queue = @queue AND page'
    this.#unsettled = db.prepare(
      `SELECT page, count, bitmap ${of} >= coalesce((SELECT max(page) ${of} <= @position), 0) ORDER BY page`,
    )
    this.#exceptions = db.prepare('SELECT seq FROM exception WHERE destination = ? AND seq > ? ORDER BY seq LIMIT ?')
    this.#page = db.prepare('SELECT first_seq, count FROM page WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1')
    this.#routing = db.prepare(
      'SELECT page, count, bitmap FROM routing WHERE destination = ? AND queue IN (0, 1, 2) AND page = ?',
    )
    this.#direct = db.prepare('SELECT coalesce(sum(direct), 0) AS direct FROM ledger WHERE destination = ?')
  }

  /** Routed events of all queues that are not settled. Within the caller's transaction. */
  waiting(name: string): number {
    const { id: destination } = this.#destinations.get(name)
    let waiting = 0
    for (const queue of QUEUES.keys()) {
      const settled = this.#destinations.settled(destination, queue)
      for (const row of this.#unsettled.iterate({ destination, queue, position: settled.position }))
        waiting += waitingIn(row, settled)
    }
    return waiting
  }

  /** Of each destination whose exceptions are more than can have come about: how many were never routed. In short reads. */
  unrouted(): readonly { readonly name: string; readonly exceptions: number }[] {
    return this.#destinations.all().flatMap(({ id, name }) => {
      let strays = 0
      let after: Seq | null = 0
      const stretch = this.#db.transaction((from: Seq) => this.#stretch(id, from))
      while (after !== null) {
        const { unrouted, last }: { unrouted: number; last: Seq | null } = stretch(after)
        strays += unrouted
        after = last
      }
      // Copies of another destination's dead letters come past the queues; the ledger has counted them before.
      return strays > (this.#direct.get(id)?.direct ?? 0) ? [{ name, exceptions: strays }] : []
    })
  }

  #stretch(destination: number, after: Seq): { unrouted: number; last: Seq | null } {
    const rows = this.#exceptions.all(destination, after, exceptionsPerRead)
    const unrouted = rows.filter(({ seq }) => !this.#wasRouted(destination, seq)).length
    return { unrouted, last: rows.length === exceptionsPerRead ? (rows.at(-1)?.seq ?? null) : null }
  }

  /** Also true where the page is gone, and its routing with it. */
  #wasRouted(destination: number, seq: Seq): boolean {
    const page = this.#page.get(seq)
    if (!page || seq >= page.first_seq + page.count) return true
    return this.#routing.all(destination, page.first_seq).some((row) => bitSet(bitmapOf(row), seq - row.page))
  }
}

function waitingIn(row: Bits, settled: Settled): number {
  const bitmap = bitmapOf(row)
  if (row.page >= settled.position && settled.above.length === 0) return countBits(bitmap, row.count)
  let waiting = 0
  for (let index = 0; index < row.count; index++)
    if (bitSet(bitmap, index) && !isSettled(settled, row.page + index)) waiting++
  return waiting
}
