// The bounded log of batches: what was tried, when, and what came back.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import type { Reason } from '../../model/verdict.ts'
import type { AttemptRecord } from '../store.ts'

/** Kept for each destination. */
const kept = 1000

interface AttemptRow {
  readonly at: number
  readonly batch: string
  readonly kind: AttemptRecord['kind']
  readonly from_seq: Seq
  readonly to_seq: Seq
  readonly events: number
  readonly duration_ms: number
  readonly verdict: AttemptRecord['verdict']
  readonly reason: string | null
}

export class Attempts {
  readonly #take: Statement<[number, number], { attempts: number }>
  readonly #insert: Statement<[AttemptRow & { destination: number; number: number }]>
  readonly #trim: Statement<[number, number]>
  readonly #last: Statement<[number, number], AttemptRow>

  constructor(db: Database) {
    this.#take = db.prepare('UPDATE destination SET attempts = attempts + ? WHERE id = ? RETURNING attempts')
    this.#insert = db.prepare(
      `INSERT INTO attempt (destination, number, at, batch, kind, from_seq, to_seq, events, duration_ms, verdict, reason)
       VALUES (@destination, @number, @at, @batch, @kind, @from_seq, @to_seq, @events, @duration_ms, @verdict, @reason)`,
    )
    this.#trim = db.prepare('DELETE FROM attempt WHERE destination = ? AND number <= ?')
    this.#last = db.prepare('SELECT * FROM attempt WHERE destination = ? ORDER BY number DESC LIMIT ?')
  }

  add(destination: number, attempts: readonly AttemptRecord[]): void {
    if (attempts.length === 0) return
    const last = this.#take.get(attempts.length, destination)?.attempts ?? 0
    attempts.forEach((attempt, index) => {
      const number = last - attempts.length + 1 + index
      if (number > last - kept) this.#insert.run({ destination, number, ...rowOf(attempt) })
    })
    this.#trim.run(destination, last - kept)
  }

  /** Newest first. */
  last(destination: number, limit: number): AttemptRecord[] {
    return this.#last.all(destination, limit).map(recordOf)
  }
}

function rowOf(attempt: AttemptRecord): AttemptRow {
  const { at, kind, events, verdict, reason } = attempt
  const text = reason ? JSON.stringify(reason) : null
  const span = { from_seq: attempt.from, to_seq: attempt.to }
  return { at, kind, events, verdict, ...span, batch: attempt.batchId, duration_ms: attempt.durationMs, reason: text }
}

function recordOf(row: AttemptRow): AttemptRecord {
  const { at, kind, events, verdict } = row
  const record = {
    at,
    kind,
    events,
    verdict,
    batchId: row.batch,
    from: row.from_seq,
    to: row.to_seq,
    durationMs: row.duration_ms,
  }
  return row.reason === null ? record : { ...record, reason: JSON.parse(row.reason) as Reason }
}
