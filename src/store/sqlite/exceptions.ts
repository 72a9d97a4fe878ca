// Events that did not go smoothly: retrying with a next time, or dead. Each carries a copy of its event, so that pages can go.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import type { Reason } from '../../model/verdict.ts'
import type { Moment } from '../elapsed.ts'
import type { RetryEvent, SetAside } from '../store.ts'
import { packEvent, unpackEvent } from './packing.ts'
import type { Pages } from './pages.ts'
import { addToHistory } from '../history.ts'
import { CATCH_UP, REPLAY, type RoutingRows } from './routing.ts'

interface ExceptionRow {
  readonly seq: Seq
  readonly source: number
  readonly dead: number
  readonly request: number | null
  readonly attempts: number
  readonly first_attempted_at: number
  readonly next_at: number | null
  readonly history: string
  readonly event: Uint8Array
}

interface Write {
  destination: number
  seq: Seq
  source: number
  dead: number
  provisional: number
  attempts: number
  first: number
  put: number
  next: number | null
  cause: string | null
  reason: string
  history: string
  died: number | null
  diedAge: number | null
}

/** What becomes of an event that is set aside. */
export type Fate = { readonly nextAt: number } | { readonly cause: string; readonly provisional: boolean }

/** What an event was before it was set aside again. */
export interface Before {
  readonly wasRetrying: boolean
  /** The replay that took it last. */
  readonly request: number | null
}

export class Exceptions {
  readonly #pages: Pages
  readonly #routing: RoutingRows
  readonly #find: Statement<[number, Seq], Pick<ExceptionRow, 'dead' | 'history' | 'request'>>
  readonly #insert: Statement<[Write & { event: Uint8Array; age: number }]>
  readonly #update: Statement<[Write]>
  readonly #remove: Statement<[number, Seq], { request: number | null }>
  readonly #due: Statement<[number, number], ExceptionRow>
  readonly #next: Statement<[number], { seq: Seq; next_at: number }>
  readonly #provisional: Statement<[number], { seq: Seq; source: number; cause: string; request: number | null }>
  readonly #within: Statement<[number, Seq, Seq], { seq: Seq }>
  readonly #claim: Statement<[number, number, Seq]>
  readonly #confirm: Statement<[number, number], { source: number; cause: string; reason: string }>
  readonly #exhume: Statement<[{ destination: number; now: number }]>
  readonly #clamp: Statement<[{ now: number }]>

  constructor(db: Database, pages: Pages, routing: RoutingRows) {
    this.#pages = pages
    this.#routing = routing
    this.#find = db.prepare('SELECT dead, history, request FROM exception WHERE destination = ? AND seq = ?')
    this.#insert = db.prepare(
      `INSERT INTO exception (destination, seq, source, dead, provisional, attempts, first_attempted_at, put_at, next_at, cause, reason, history, died_at, died_age, age, event)
       VALUES (@destination, @seq, @source, @dead, @provisional, @attempts, @first, @put, @next, @cause, @reason, @history, @died, @diedAge, @age, @event)`,
    )
    this.#update = db.prepare(
      `UPDATE exception SET dead = @dead, provisional = @provisional, attempts = @attempts, first_attempted_at = @first, put_at = @put, next_at = @next,
       cause = @cause, reason = @reason, history = @history, died_at = @died, died_age = @diedAge WHERE destination = @destination AND seq = @seq`,
    )
    this.#remove = db.prepare('DELETE FROM exception WHERE destination = ? AND seq = ? AND dead = 0 RETURNING request')
    this.#due = db.prepare(
      'SELECT * FROM exception WHERE destination = ? AND dead = 0 AND next_at <= ? ORDER BY next_at, seq',
    )
    this.#next = db.prepare(
      'SELECT seq, next_at FROM exception WHERE destination = ? AND dead = 0 ORDER BY next_at, seq',
    )
    this.#provisional = db.prepare(
      'SELECT seq, source, cause, request FROM exception WHERE destination = ? AND provisional = 1',
    )
    this.#within = db.prepare('SELECT seq FROM exception WHERE destination = ? AND seq >= ? AND seq < ?')
    this.#claim = db.prepare('UPDATE exception SET request = ? WHERE destination = ? AND seq = ?')
    this.#confirm = db.prepare(
      'UPDATE exception SET provisional = 0, died_age = ? WHERE destination = ? AND provisional = 1 RETURNING source, cause, reason',
    )
    this.#clamp = db.prepare(
      'UPDATE exception SET next_at = next_at - put_at + @now, put_at = @now WHERE dead = 0 AND put_at > @now',
    )
    this.#exhume = db.prepare(
      'UPDATE exception SET dead = 0, provisional = 0, attempts = 0, put_at = @now, next_at = @now, cause = NULL, died_at = NULL, died_age = NULL WHERE destination = @destination AND provisional = 1',
    )
  }

  /** Sets an event aside, or moves one that is. Throws when it is dead. */
  put(destination: number, source: number, event: SetAside & Fate, at: Moment): Before {
    const old = this.#find.get(destination, event.seq)
    if (old?.dead) throw new Error(`event ${event.seq} is dead already`)
    const write = writeOf({ destination, source, at, history: old?.history ?? '[]' }, event)
    if (old) this.#update.run(write)
    else
      this.#insert.run({
        ...write,
        age: this.#isLate(destination, event.seq) ? at.age : this.#pages.ageOf(event.seq),
        event: packEvent(this.#pages.event(event.seq)),
      })
    return { wasRetrying: old !== undefined, request: old?.request ?? null }
  }

  /** An event that was set aside belongs to a replay. */
  claim(destination: number, seq: Seq, request: number): void {
    this.#claim.run(request, destination, seq)
  }

  /** What comes late, or again, waits since it is set aside and not since its commit. */
  #isLate(destination: number, seq: Seq): boolean {
    return [CATCH_UP, REPLAY].some((queue) => this.#routing.holds({ destination, queue }, seq))
  }

  /** A retrying event was delivered. Returns the replay that took it last. */
  remove(destination: number, seq: Seq): number | null {
    const removed = this.#remove.get(destination, seq)
    if (!removed) throw new Error(`event ${seq} is not in the retry queue`)
    return removed.request
  }

  due(
    destination: number,
    now: number,
    limit: number,
    except: ReadonlySet<Seq>,
  ): (Omit<RetryEvent, 'source'> & { source: number })[] {
    const found: (Omit<RetryEvent, 'source'> & { source: number })[] = []
    if (limit <= 0) return found
    for (const row of this.#due.iterate(destination, now)) {
      if (except.has(row.seq)) continue
      const { seq, source, attempts, first_attempted_at: firstAttemptedAt, next_at: nextAt } = row
      found.push({ seq, source, attempts, firstAttemptedAt, nextAt: nextAt ?? 0, page: unpackEvent(row.event) })
      if (found.length === limit) break
    }
    return found
  }

  nextAt(destination: number, except: ReadonlySet<Seq>): number | null {
    for (const { seq, next_at: nextAt } of this.#next.iterate(destination)) if (!except.has(seq)) return nextAt
    return null
  }

  /** Which events of `[from, to)` are set aside, retrying or dead. */
  within(destination: number, from: Seq, to: Seq): readonly Seq[] {
    return this.#within.all(destination, from, to).map(({ seq }) => seq)
  }

  /** Provisional dead letters: few, because a destination that takes nothing is halted. */
  provisional(
    destination: number,
  ): readonly { readonly source: number; readonly cause: string; readonly request: number | null }[] {
    return this.#provisional.all(destination)
  }

  /** How many provisional dead letters each cause has made. */
  causes(destination: number): ReadonlyMap<string, number> {
    const byCause = new Map<string, number>()
    for (const { cause } of this.provisional(destination)) byCause.set(cause, (byCause.get(cause) ?? 0) + 1)
    return byCause
  }

  /** The destination has shown that it takes events: its rejects stand, and are kept from this age on. Returns them. */
  confirm(destination: number, age: number): readonly { source: number; cause: string; reason: Reason }[] {
    const confirmed = this.#confirm.all(age, destination)
    return confirmed.map((row) => ({ ...row, reason: JSON.parse(row.reason) as Reason }))
  }

  exhume(destination: number, now: number): void {
    this.#exhume.run({ now, destination })
  }

  /** A wall clock that went back must not make anything wait longer than it was to wait. */
  clamp(now: number): void {
    this.#clamp.run({ now })
  }
}

function writeOf(
  context: { destination: number; source: number; at: Moment; history: string },
  event: SetAside & Fate,
): Write {
  const { destination, source, at, history } = context
  const fate =
    'cause' in event
      ? {
          dead: 1,
          provisional: event.provisional ? 1 : 0,
          next: null,
          cause: event.cause,
          died: at.now,
          diedAge: at.age,
        }
      : { dead: 0, provisional: 0, next: event.nextAt, cause: null, died: null, diedAge: null }
  return {
    destination,
    source,
    seq: event.seq,
    ...fate,
    attempts: event.attempts,
    first: event.firstAttemptedAt,
    put: at.now,
    reason: JSON.stringify(event.reason),
    history: addToHistory(history, event, at.now),
  }
}
