// The rows of notices: written with the fact, made one where they may grow, and marked once a page has carried them.
import type { Database, Statement } from 'better-sqlite3'
import { KEPT_NOTICES, type NewNotice, type Notice, type NoticeKind, ripeAt } from '../notices.ts'

interface NoticeRow {
  readonly id: number
  readonly at: number
  readonly kind: NoticeKind
  readonly destinations: string
  readonly source: string | null
  readonly by: string | null
  readonly outcome: Notice['outcome']
  readonly count: number
  readonly cause: string | null
  readonly data: string
  readonly carried: number
}

type Inserted = Omit<NoticeRow, 'id' | 'carried'> & { readonly ripe: number }

type Grown = Pick<NoticeRow, 'kind' | 'destinations' | 'source' | 'cause' | 'count'> & { readonly now: number }

export class Notices {
  readonly #insert: Statement<[Inserted]>
  readonly #grow: Statement<[Grown]>
  readonly #trim: Statement<[number]>
  readonly #waiting: Statement<[number, number, number], NoticeRow>
  readonly #carry: Statement<[number]>
  readonly #newest: Statement<[number, number], NoticeRow>

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO notice (at, ripe_at, kind, destinations, source, by, outcome, count, cause, data)
       VALUES (@at, @ripe, @kind, @destinations, @source, @by, @outcome, @count, @cause, @data)`,
    )
    // By +id, or SQLite would rather go through all that wait, in their order.
    this.#grow = db.prepare(
      `UPDATE notice SET count = count + @count WHERE id = (SELECT id FROM notice WHERE carried = 0 AND ripe_at > @now AND at <= @now
       AND kind = @kind AND destinations = @destinations AND source IS @source AND cause = @cause ORDER BY +id LIMIT 1)`,
    )
    this.#trim = db.prepare('DELETE FROM notice WHERE carried = 1 AND id <= ?')
    // One from the future was written before the clock went back.
    this.#waiting = db.prepare(
      'SELECT * FROM notice WHERE carried = 0 AND (ripe_at <= ? OR at > ?) ORDER BY id LIMIT ?',
    )
    this.#carry = db.prepare('UPDATE notice SET carried = 1 WHERE id = ? AND carried = 0')
    this.#newest = db.prepare('SELECT * FROM notice WHERE id < ? ORDER BY id DESC LIMIT ?')
  }

  add(notices: readonly NewNotice[], now: number): void {
    let newest: number | null = null
    for (const notice of notices) {
      const { kind, source, by, outcome, count, cause } = notice
      const destinations = JSON.stringify(notice.destinations)
      if (cause !== null && this.#grow.run({ kind, destinations, source, cause, count, now }).changes > 0) continue
      const row = { kind, destinations, source, by, outcome, count, cause, data: JSON.stringify(notice.data) }
      const { lastInsertRowid } = this.#insert.run({ ...row, at: now, ripe: ripeAt(notice, now) })
      newest = Number(lastInsertRowid)
    }
    if (newest !== null) this.#trim.run(newest - KEPT_NOTICES)
  }

  /** Oldest first. */
  waiting(now: number, limit: number): readonly Notice[] {
    return this.#waiting.all(now, now, limit).map(noticeOf)
  }

  /** Throws when one is carried already: a fault of the caller. */
  carry(ids: readonly number[]): void {
    for (const id of ids) if (this.#carry.run(id).changes !== 1) throw new Error(`notice ${id} is carried already`)
  }

  /** Newest first. */
  newest(limit: number, before = Number.MAX_SAFE_INTEGER): readonly Notice[] {
    return this.#newest.all(before, limit).map(noticeOf)
  }
}

function noticeOf({ destinations, data, carried, ...row }: NoticeRow): Notice {
  const { id, at, kind, source, by, outcome, count, cause } = row
  const parsed = { destinations: JSON.parse(destinations) as string[], data: JSON.parse(data) as Notice['data'] }
  return { id, at, kind, source, by, outcome, count, cause, ...parsed, carried: carried === 1 }
}
