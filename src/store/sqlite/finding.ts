// Finds events by their id without an index of them: the keys of every page are scanned, some pages a read.
import type { Database, Statement } from 'better-sqlite3'
import { KEY_BYTES, type Seq } from '../../model/page.ts'
import { BYTES_PER_EVENT } from './packing.ts'

/** Events whose keys are compared in one read: it takes some 20 ms. */
const eventsPerRead = 250_000

/** Where an event lies: in a page that is known, or nowhere but in exceptions. */
export interface Place {
  readonly seq: Seq
  /** The first ordinal of its page; null when the page is gone. */
  readonly page: Seq | null
}

export class Finding {
  readonly #ends: Statement<[], { first: Seq | null; last: Seq | null }>
  readonly #pages: Statement<[Seq, Seq, Uint8Array], { first_seq: Seq; keys: Buffer }>
  readonly #orphans: Statement<[Uint8Array], { seq: Seq }>

  constructor(db: Database) {
    const keys = `substr(columns, 1, length(columns) / ${BYTES_PER_EVENT} * ${KEY_BYTES})`
    this.#ends = db.prepare('SELECT min(first_seq) AS first, max(first_seq) AS last FROM page_index')
    this.#pages = db.prepare(
      `SELECT first_seq, ${keys} AS keys FROM page_index WHERE first_seq >= ? AND first_seq < ? AND instr(${keys}, ?) > 0 ORDER BY first_seq`,
    )
    // Only where pages are gone: what has a page was found there.
    this.#orphans = db.prepare(
      `SELECT DISTINCT exception.seq FROM destination CROSS JOIN exception ON exception.destination = destination.id AND exception.seq < (SELECT max(kept_from) FROM source)
       WHERE exception.seq < (SELECT kept_from FROM source WHERE id = exception.source) AND substr(event, 1, ${KEY_BYTES}) = ? ORDER BY 1`,
    )
  }

  /** Every place that holds this key, oldest first. Exceptions come last in the search: pages may go meanwhile, into nothing else. */
  places(key: Buffer): readonly Place[] {
    const found: Place[] = []
    const { first, last } = this.#ends.get() ?? { first: null, last: null }
    for (let from = first ?? Infinity; from <= (last ?? 0); from += eventsPerRead)
      for (const row of this.#pages.all(from, from + eventsPerRead, key))
        for (const index of alignedPlaces(row.keys, key))
          found.push({ seq: row.first_seq + index, page: row.first_seq })
    const seen = new Set(found.map(({ seq }) => seq))
    const orphans = this.#orphans.all(key).filter(({ seq }) => !seen.has(seq))
    return [...found, ...orphans.map(({ seq }) => ({ seq, page: null }))].sort((a, b) => a.seq - b.seq)
  }
}

/** Which of the keys are this one: a hit across two keys is none. */
export function alignedPlaces(keys: Buffer, key: Buffer): number[] {
  const places: number[] = []
  for (let at = keys.indexOf(key); at >= 0; at = keys.indexOf(key, at + 1))
    if (at % KEY_BYTES === 0) places.push(at / KEY_BYTES)
  return places
}
