// Announces and carries out the end of dead letters that have been kept long enough.
import type { Database, Statement } from 'better-sqlite3'
import type { Moment } from '../elapsed.ts'
import { type AnnouncedPurge, type Expiry, expire, UNCHANGED } from '../retention.ts'
import type { Destinations } from './destinations.ts'
import type { Notices } from './notices.ts'
import { dayOf } from './sources.ts'

interface ExpiringTables {
  readonly destinations: Destinations
  readonly notices: Notices
}

/** Found in the index `exception_died` alone, oldest first. */
const old = 'destination = ? AND dead = 1 AND died_age < ? AND provisional = 0'

/** Counts dead letters by their age. Works on any connection. */
export class OldLetters {
  readonly #count: Statement<[number, number, number], { letters: number }>

  constructor(db: Database) {
    this.#count = db.prepare(`SELECT count(*) AS letters FROM (SELECT 1 FROM exception WHERE ${old} LIMIT ?)`)
  }

  /** Those of a destination that died before an age; looks at no more than `limit`. Provisional ones do not count. */
  count(destination: number, before: number, limit = Infinity): number {
    return this.#count.get(destination, before, limit === Infinity ? -1 : limit)?.letters ?? 0
  }
}

export class Expiring {
  readonly #tables: ExpiringTables
  readonly #old: OldLetters
  readonly #remove: Statement<[number, number, number, number], { source: number }>
  readonly #setPurge: Statement<[number | null, number | null, number]>

  constructor(db: Database, tables: ExpiringTables) {
    this.#tables = tables
    this.#old = new OldLetters(db)
    this.#remove = db.prepare(
      `DELETE FROM exception WHERE destination = ? AND seq IN (SELECT seq FROM exception WHERE ${old} ORDER BY died_age LIMIT ?) RETURNING source`,
    )
    this.#setPurge = db.prepare('UPDATE destination SET purge_before = ?, purge_from = ? WHERE id = ?')
  }

  step(destination: string, keepMs: number, at: Moment): Expiry {
    const { destinations, notices } = this.#tables
    const row = destinations.get(destination)
    if (row.state === 'parked') return UNCHANGED
    const shelf = {
      destination,
      purge: purgeOf(row),
      count: (before: number, limit: number) => this.#old.count(row.id, before, limit),
      remove: (before: number, limit: number) => this.#purge(row.id, { before, limit }, at.now),
      setPurge: (purge: AnnouncedPurge | null) =>
        this.#setPurge.run(purge?.before ?? null, purge?.from ?? null, row.id),
      note: (notice: Parameters<Notices['add']>[0][number]) => notices.add([notice], at.now),
    }
    return expire(shelf, keepMs, at)
  }

  #purge(id: number, { before, limit }: { before: number; limit: number }, now: number): number {
    const { destinations } = this.#tables
    const removed = this.#remove.all(id, id, before, limit)
    const bySource = new Map<number, number>()
    for (const { source } of removed) bySource.set(source, (bySource.get(source) ?? 0) + 1)
    for (const [source, count] of bySource) destinations.count(id, source, dayOf(now), { dead: -count, dropped: count })
    destinations.setAside(id, { retrying: 0, dead: -removed.length })
    return removed.length
  }
}

/** The purge that is announced. */
export function purgeOf(row: {
  readonly purge_before: number | null
  readonly purge_from: number | null
}): AnnouncedPurge | null {
  return row.purge_before === null || row.purge_from === null
    ? null
    : { before: row.purge_before, from: row.purge_from }
}
