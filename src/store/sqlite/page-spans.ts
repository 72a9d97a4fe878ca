// The pages of a source by the time of their events, in a tree: those that a window may meet are found however far back it lies.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import type { Span } from '../spans.ts'
import { IDENTITY_BYTES, identities } from './packing.ts'

/** Pages of a source that meet a span, with so many events of the source before them: `[after, before)`. */
export interface Stretch extends Span {
  readonly source: number
  readonly after: number
  readonly before: number
}

interface Head {
  readonly count: number
  readonly head: Uint8Array
}

export class PageSpans {
  readonly #insert: Statement<[Seq, number, number, number, number]>
  readonly #remove: Statement<[Seq]>
  readonly #heads: Statement<[Stretch & { identity: number }], Head>

  constructor(db: Database) {
    this.#insert = db.prepare(
      'INSERT INTO page_span (first_seq, source_from, source_to, first_time, last_time) VALUES (?, ?, ?, ?, ?)',
    )
    this.#remove = db.prepare('DELETE FROM page_span WHERE first_seq = ?')
    this.#heads = db.prepare(
      `SELECT p.count, substr(i.columns, 1, p.count * @identity) AS head
       FROM page_span s CROSS JOIN page p ON p.first_seq = s.first_seq CROSS JOIN page_index i ON i.first_seq = s.first_seq
       WHERE s.source_from <= @source AND s.source_to >= @source AND s.first_time <= @to AND s.last_time >= @from
       AND p.source = @source AND p.first_time <= @to AND p.last_time >= @from AND p.before >= @after AND p.before < @before`,
    )
  }

  insert(firstSeq: Seq, source: number, { from, to }: Span): void {
    this.#insert.run(firstSeq, source, source, from, to)
  }

  remove(firstSeq: Seq): void {
    this.#remove.run(firstSeq)
  }

  /** The identities of each page, in any order. */
  *identities(stretch: Stretch): Generator<{ keys: Uint8Array; fingerprints: Uint8Array; count: number }> {
    for (const { count, head } of this.#heads.iterate({ ...stretch, identity: IDENTITY_BYTES }))
      yield { ...identities(head, count), count }
  }
}
