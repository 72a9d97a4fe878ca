// The records that could not become events, with their bytes, found again by a digest of these.
import type { Database, Statement } from 'better-sqlite3'
import type { Quarantined } from '../../model/page.ts'
import { digestOf } from '../chain.ts'

export class QuarantineRows {
  readonly #insert: Statement<[number, number, string, string, string, Uint8Array, Uint8Array]>
  readonly #known: Statement<[number, Uint8Array], number>

  constructor(db: Database) {
    this.#insert = db.prepare(
      'INSERT INTO quarantine (source, at, reason, detail, place, bytes, digest) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#known = db
      .prepare<[number, Uint8Array], number>('SELECT 1 FROM quarantine WHERE source = ? AND digest = ? LIMIT 1')
      .pluck()
  }

  /** Returns how many were kept: all of them, or with `once` only those whose bytes the source has not brought before. */
  add(source: number, records: readonly Quarantined[], { now, once }: { now: number; once: boolean }): number {
    let kept = 0
    for (const { reason, detail, place, bytes } of records) {
      const digest = digestOf(bytes)
      if (once && this.#known.get(source, digest) !== undefined) continue
      this.#insert.run(source, now, reason, detail, place, bytes, digest)
      kept++
    }
    return kept
  }
}
