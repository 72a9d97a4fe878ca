// The rows of requests: written down, followed, counted and ended. Works on any connection.
import type { Database, Statement } from 'better-sqlite3'
import { NOTHING_BACKFILLED } from '../backfilling.ts'
import { chosenOf, endOf, isThrough, isUnderWay, KEPT_REQUESTS } from '../going-through.ts'
import { noticeOfBeginning, noticesOfRequest } from '../request-notices.ts'
import type { Asked, Backfilled, RequestCounts, StoredRequest } from '../requests.ts'
import type { Notices } from './notices.ts'

interface RequestRow extends RequestCounts {
  readonly id: number
  readonly at: number
  readonly by: string
  readonly body: string
  readonly state: StoredRequest['state']
  readonly place: number
  readonly text: string | null
  readonly finished_at: number | null
  readonly backfilled: string | null
}

/** What is added to a request's counts. */
export type Counted = Partial<Omit<RequestCounts, 'chosen'>> & { readonly place?: number }

/** A request, and how many of its chosen were gone through. */
export interface Placed {
  readonly request: StoredRequest
  readonly place: number
}

const nothing = { place: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 }

export class RequestRows {
  readonly #notices: Notices
  readonly #insert: Statement<[number, string, string, string, number]>
  readonly #trim: Statement<[number]>
  readonly #get: Statement<[number], RequestRow>
  readonly #open: Statement<[], RequestRow>
  readonly #newest: Statement<[number], RequestRow>
  readonly #count: Statement<[typeof nothing & { id: number }], RequestRow>
  readonly #end: Statement<[string, string, number, number], RequestRow>
  readonly #reopen: Statement<[number]>
  readonly #choose: Statement<[number, number]>
  readonly #free: Statement<[number]>
  readonly #backfilled: Statement<[string, number]>

  constructor(db: Database, notices: Notices) {
    this.#notices = notices
    this.#insert = db.prepare('INSERT INTO request (at, by, kind, body, chosen) VALUES (?, ?, ?, ?, ?)')
    this.#trim = db.prepare('DELETE FROM request WHERE finished_at IS NOT NULL AND id <= ?')
    this.#get = db.prepare('SELECT * FROM request WHERE id = ?')
    this.#open = db.prepare('SELECT * FROM request WHERE finished_at IS NULL ORDER BY id')
    this.#newest = db.prepare('SELECT * FROM request ORDER BY id DESC LIMIT ?')
    const added = Object.keys(nothing).map((name) => `${name} = ${name} + @${name}`)
    this.#count = db.prepare(
      `UPDATE request SET ${added.join(', ')}, state = CASE state WHEN 'asked' THEN 'running' ELSE state END WHERE id = @id RETURNING *`,
    )
    this.#end = db.prepare(
      'UPDATE request SET state = ?, text = ?, finished_at = ? WHERE id = ? AND finished_at IS NULL RETURNING *',
    )
    this.#choose = db.prepare('UPDATE request SET chosen = ? WHERE id = ?')
    this.#free = db.prepare('UPDATE destination SET replaying = NULL WHERE replaying = ?')
    this.#backfilled = db.prepare(
      "UPDATE request SET backfilled = ?, state = 'running' WHERE id = ? AND finished_at IS NULL",
    )
    this.#reopen = db.prepare(
      `UPDATE request SET dead = dead - 1, finished_at = iif(state = 'done', NULL, finished_at), text = iif(state = 'done', NULL, text),
       state = iif(state = 'done', 'running', state) WHERE id = ?`,
    )
  }

  /** Writes one down, and forgets the oldest that are finished. */
  ask(asked: Asked, by: string, now: number): number {
    const { lastInsertRowid } = this.#insert.run(now, by, asked.kind, JSON.stringify(asked), chosenOf(asked))
    const id = Number(lastInsertRowid)
    this.#trim.run(id - KEPT_REQUESTS)
    return id
  }

  find(id: number): Placed | null {
    const row = this.#get.get(id)
    return row ? { request: requestOf(row), place: row.place } : null
  }

  /** Throws for one that was never asked, or is forgotten: a fault of the caller. */
  get(id: number): Placed {
    const placed = this.find(id)
    if (!placed) throw new Error(`there is no request ${id}`)
    return placed
  }

  /** Not finished, oldest first. */
  open(): readonly StoredRequest[] {
    return this.#open.all().map(requestOf)
  }

  /** Newest first. */
  newest(limit: number): readonly StoredRequest[] {
    return this.#newest.all(limit).map(requestOf)
  }

  /** What is to be gone through is known only now. */
  choose(id: number, chosen: number): void {
    this.#choose.run(chosen, id)
  }

  /** Adds to the counts of a request, which may end it. One that is forgotten is not missed. */
  count(id: number, counted: Counted, now: number): void {
    const row = this.#count.get({ ...nothing, ...counted, id })
    if (!row || !isUnderWay(row) || !isThrough(row)) return
    const text = endOf(JSON.parse(row.body) as Asked, row)
    if (text !== null) this.end(id, { ok: true, text }, now)
  }

  /** False when it had ended before. */
  end(id: number, { ok, text }: { readonly ok: boolean; readonly text: string }, now: number): boolean {
    const row = this.#end.get(ok ? 'done' : 'failed', text, now, id)
    this.#free.run(id)
    if (row) this.#notices.add(noticesOfRequest(requestOf(row), { ok, text }), now)
    return row !== undefined
  }

  /** A backfill that has not begun begins. */
  begin(id: number, now: number): void {
    const { request } = this.get(id)
    const notice = noticeOfBeginning(request)
    if (!notice || request.state !== 'asked') return
    this.#backfilled.run(JSON.stringify(NOTHING_BACKFILLED), id)
    this.#notices.add([notice], now)
  }

  /** A backfill has come further. One that has ended, or is forgotten, stays as it is. */
  backfill(id: number, further: (far: Backfilled) => Backfilled): void {
    const far = this.find(id)?.request.backfilled ?? NOTHING_BACKFILLED
    this.#backfilled.run(JSON.stringify(further(far)), id)
  }

  /** An event that had died again goes back to waiting. */
  reopen(id: number): void {
    this.#reopen.run(id)
  }
}

function requestOf(row: RequestRow): StoredRequest {
  const { id, at, by, state, text, chosen, taken, skipped, delivered, dead, dropped } = row
  const counts = { chosen, taken, skipped, delivered, dead, dropped }
  const backfilled = row.backfilled === null ? {} : { backfilled: JSON.parse(row.backfilled) as Backfilled }
  return {
    id,
    at,
    by,
    asked: JSON.parse(row.body) as Asked,
    state,
    counts,
    text,
    finishedAt: row.finished_at,
    ...backfilled,
  }
}
