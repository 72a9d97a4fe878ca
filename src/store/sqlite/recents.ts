// The recent identities of each source, read from the page index when the source first commits.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { RECENT_EVENTS, RecentEvents, wordsOf } from '../recent-events.ts'
import { IDENTITY_BYTES, identities } from './packing.ts'
import type { SourceRow } from './sources.ts'

export class Recents {
  readonly #bySource = new Map<string, RecentEvents>()
  readonly #start: Statement<[number, number], { first_seq: Seq }>
  readonly #heads: Statement<[number, number, Seq], { count: number; head: Uint8Array }>

  readonly #limit: number

  constructor(db: Database, limit = RECENT_EVENTS) {
    this.#limit = limit
    this.#start = db.prepare(
      'SELECT first_seq FROM page WHERE source = ? AND before <= ? ORDER BY first_seq DESC LIMIT 1',
    )
    this.#heads = db.prepare(
      `SELECT p.count, substr(i.columns, 1, p.count * ?) AS head FROM page p JOIN page_index i USING (first_seq)
       WHERE p.source = ? AND p.first_seq >= ? ORDER BY p.first_seq`,
    )
  }

  of(source: SourceRow): RecentEvents {
    let recent = this.#bySource.get(source.name)
    if (!recent) {
      recent = this.#read(source)
      this.#bySource.set(source.name, recent)
    }
    return recent
  }

  /** A commit was rolled back: what it remembered is not so. */
  forget(source: string): void {
    this.#bySource.delete(source)
  }

  #read(source: SourceRow): RecentEvents {
    const recent = new RecentEvents(this.#limit)
    const start = this.#start.get(source.id, Math.max(source.events - this.#limit, 0))?.first_seq ?? 0
    for (const { count, head } of this.#heads.iterate(IDENTITY_BYTES, source.id, start)) {
      const { keys, fingerprints } = identities(head, count)
      const [keyWords, printWords] = [wordsOf(keys), wordsOf(fingerprints)]
      for (let index = 0; index < count; index++)
        if (recent.look(keyWords, index, printWords, index) !== 'same') recent.add(keyWords, index, printWords, index)
    }
    return recent
  }
}
