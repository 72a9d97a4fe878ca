// Gives room back: removes the bytes of settled pages, and later their index too, when duplicates of them can no longer come.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { reachOf } from '../kept-identities.ts'
import { RECENT_EVENTS } from '../recent-events.ts'
import { QUEUES } from '../store.ts'
import type { Destinations } from './destinations.ts'
import type { Held } from './held.ts'
import type { PageSpans } from './page-spans.ts'
import { dayOf, type SourceRow, type Sources } from './sources.ts'
import type { StateRow } from './state-row.ts'

/** Pages a call: a transaction that removes more would keep everything else waiting. */
const pagesPerCall = 200

interface Candidate {
  readonly first_seq: Seq
  readonly count: number
  readonly committed_at: number
  readonly age: number
  readonly before: number
  readonly chain: Uint8Array
  readonly last_time: number | null
}

/** How old a page must be, counted in time lived; -Infinity destroys nothing, Infinity whatever is settled. */
export interface PruneLimit {
  readonly olderThan: number
  /** There is no room: what a later start might have wanted goes too. */
  readonly pressed: boolean
  /** Time lived, from which identities are remembered; -Infinity forgets none that a source wants remembered for a time. */
  readonly lived: number
}

interface PruningTables {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly spans: PageSpans
  readonly held: Held
}

export class Pruning {
  readonly #tables: PruningTables
  readonly #recentEvents: number
  readonly #candidates: Statement<[number, Seq, number], Candidate>
  readonly #removeBody: Statement<[Seq]>
  readonly #removeIndex: Statement<[Seq]>
  readonly #removeRow: Statement<[Seq]>
  readonly #removeRouting: Statement<[number, number, Seq]>
  readonly #bodyFrom: Statement<[Seq, number]>
  readonly #keptFrom: Statement<[Seq, Uint8Array, number, number, number]>
  readonly #backfill: Statement<[string], { id: number }>
  readonly #note: Statement<[{ source: number; day: number; first: Seq; last: Seq; chain: Uint8Array }]>

  constructor(db: Database, tables: PruningTables, recentEvents = RECENT_EVENTS) {
    this.#recentEvents = recentEvents
    this.#tables = tables
    this.#candidates = db.prepare(
      'SELECT first_seq, count, committed_at, age, before, chain, last_time FROM page WHERE source = ? AND first_seq >= ? ORDER BY first_seq LIMIT ?',
    )
    this.#removeBody = db.prepare('DELETE FROM page_body WHERE first_seq = ?')
    this.#removeIndex = db.prepare('DELETE FROM page_index WHERE first_seq = ?')
    this.#removeRow = db.prepare('DELETE FROM page WHERE first_seq = ?')
    this.#removeRouting = db.prepare('DELETE FROM routing WHERE destination = ? AND queue = ? AND page = ?')
    this.#bodyFrom = db.prepare('UPDATE source SET body_from = ? WHERE id = ?')
    this.#keptFrom = db.prepare(
      `UPDATE source SET kept_from = ?, pruned_chain = ?, events_gone = events_gone + ?,
       forgotten_to = max(coalesce(forgotten_to, -1e300), ?) WHERE id = ?`,
    )
    this.#backfill = db.prepare(
      `SELECT id FROM request WHERE finished_at IS NULL AND kind = 'backfill' AND state = 'running' AND body ->> '$.source' = ?`,
    )
    this.#note = db.prepare(
      `INSERT INTO source_ledger (source, day, pruned_first, pruned_last, pruned_pages, pruned_chain) VALUES (@source, @day, @first, @last, 1, @chain)
       ON CONFLICT DO UPDATE SET pruned_first = min(coalesce(pruned_first, @first), @first), pruned_last = max(coalesce(pruned_last, @last), @last),
       pruned_pages = pruned_pages + 1, pruned_chain = @chain`,
    )
  }

  prune(limit: PruneLimit): { pages: number; more: boolean } {
    let pages = 0
    for (const source of this.#tables.sources.all()) {
      pages += this.#bodies(source, limit, pagesPerCall - pages)
      // What a backfill that is under way reads again must stay known.
      if (!this.#backfill.get(source.name)) this.#forget(source, limit, pagesPerCall)
    }
    return { pages, more: pages >= pagesPerCall }
  }

  #bodies(source: SourceRow, limit: PruneLimit, most: number): number {
    if (most <= 0) return 0
    const { state, held } = this.#tables
    const settled = held.settledBefore(source.id, state.nextSeq())
    const before = limit.pressed ? settled : Math.min(settled, held.lateFrom())
    let pages = 0
    let from = source.body_from
    for (const page of this.#candidates.all(source.id, source.body_from, most)) {
      const end = page.first_seq + page.count
      if (end > before || page.age >= limit.olderThan) break
      this.#removeBody.run(page.first_seq)
      this.#note.run({
        source: source.id,
        day: dayOf(page.committed_at),
        first: page.first_seq,
        last: end - 1,
        chain: page.chain,
      })
      from = end
      pages++
    }
    if (pages > 0) this.#bodyFrom.run(from, source.id)
    return pages
  }

  /** Rows of pages without bytes, beyond what is remembered against duplicates. */
  #forget(source: SourceRow, { lived }: PruneLimit, most: number): void {
    const enough = source.events - this.#recentEvents
    if (source.events_gone >= enough) return
    for (const page of this.#candidates.all(source.id, source.kept_from, most)) {
      if (page.before + page.count > enough || page.first_seq >= source.body_from) return
      if (source.remember_ms > 0 && page.age > lived - source.remember_ms) return
      const reach = reachOf({ lastTime: page.last_time ?? -Infinity, committedAt: page.committed_at })
      if (source.remember_from !== null && reach >= source.remember_from) return
      this.#removeIndex.run(page.first_seq)
      this.#removeRow.run(page.first_seq)
      this.#tables.spans.remove(page.first_seq)
      for (const { id } of this.#tables.destinations.all())
        QUEUES.forEach((_, queue) => this.#removeRouting.run(id, queue, page.first_seq))
      this.#keptFrom.run(page.first_seq + page.count, page.chain, page.count, reach, source.id)
    }
  }
}
