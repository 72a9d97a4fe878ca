// Reads the state beside a running relay or without one: no lock is taken, nothing is written, and transactions are short.
import fs from 'node:fs'
import Database from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import type { DeadLetter, DeadLetterGroup, DeadLetterPlace, DeadLetterQuery } from '../dead-letters.ts'
import type { CheckReport, Cursor, Overview, QuarantinedRecord, StoreReader } from '../store.ts'
import type { KeptEvents, Period } from '../kept.ts'
import type { TraceResult } from '../trace.ts'
import type { Notice } from '../notices.ts'
import type { StoredRequest } from '../requests.ts'
import { Checking } from './checking.ts'
import { openReading, translated } from './connection.ts'
import { DeadLetterReading } from './dead-letter-reading.ts'
import { Destinations } from './destinations.ts'
import { absent, beingMade, guarded, looksLikeDatabase, makeNew, siblingsOf, sizeOf, syncFolder } from './files.ts'
import { KeptPages } from './kept-pages.ts'
import { isHeld } from './lock.ts'
import { Overviews } from './overviews.ts'
import { Notices } from './notices.ts'
import { RequestRows } from './request-rows.ts'
import { checkedVersion, MIGRATIONS } from './schema.ts'
import { Sources } from './sources.ts'
import { Tracing } from './tracing.ts'

export type { StoreReader } from '../store.ts'

/** Opens the state for reading. Throws `StateError` when there is none, or none that this version can read. */
export async function openSqliteReader(path: string): Promise<StoreReader> {
  const size = sizeOf(path)
  if (size === null) throw absent(path)
  // A file of a living holder is never opened by hand in its own process: closing it would free the holder's locks.
  if (!isHeld(siblingsOf(path).lock) && !looksLikeDatabase(path) && !sizeOf(siblingsOf(path).wal))
    // Empty is what a first start leaves that was killed at its very beginning.
    throw size === 0
      ? absent(path)
      : new StateError(`${path} is not a state of audit-relay; name another with "--state"`)
  let db: Database.Database | undefined
  try {
    db = openReading(path)
    const version = checkedVersion(db, path)
    if (version === 0) throw isHeld(siblingsOf(path).lock) ? beingMade(path) : absent(path)
    if (version < MIGRATIONS.length)
      throw new StateError(
        `${path} was written by an older audit-relay; start "audit-relay run" once to bring it up to date`,
      )
    return new SqliteReader(db, path)
  } catch (error) {
    db?.close()
    throw translated(error, path)
  }
}

class SqliteReader implements StoreReader {
  readonly #db: Database.Database
  readonly #path: string
  readonly #overviews: Overviews

  constructor(db: Database.Database, path: string) {
    this.#db = db
    this.#path = path
    this.#overviews = new Overviews(db)
  }

  holderAlive(): Promise<boolean> {
    return this.#guard(() => isHeld(siblingsOf(this.#path).lock))
  }

  overview(now: number): Promise<Overview> {
    return this.#guard(() => {
      const running = isHeld(siblingsOf(this.#path).lock)
      return this.#db.transaction(() =>
        this.#overviews.read({ running, usedBytes: usedBytes(this.#db, this.#path), now }),
      )()
    })
  }

  check(): Promise<CheckReport> {
    return this.#guard(() => new Checking(this.#db).report())
  }

  quarantine(source: string, limit: number): Promise<readonly QuarantinedRecord[]> {
    const rows = this.#db.prepare<[string, number], QuarantinedRecord>(
      'SELECT at, reason, detail, place, bytes FROM quarantine WHERE source = (SELECT id FROM source WHERE name = ?) ORDER BY id DESC LIMIT ?',
    )
    return this.#guard(() => rows.all(source, limit))
  }

  cursors(source: string): Promise<readonly Cursor[]> {
    return this.#guard(() => new Sources(this.#db).cursors(source))
  }

  forgottenTo(source: string): Promise<number | null> {
    return this.#guard(() => new Sources(this.#db).forgottenTo(source))
  }

  notices(limit: number, before?: number): Promise<readonly Notice[]> {
    return this.#guard(() => new Notices(this.#db).newest(limit, before))
  }

  requests(limit: number): Promise<readonly StoredRequest[]> {
    return this.#guard(() => new RequestRows(this.#db, new Notices(this.#db)).newest(limit))
  }

  deadLetters(query: DeadLetterQuery, after: DeadLetterPlace | null, limit: number): Promise<readonly DeadLetter[]> {
    return this.#guard(() => this.#db.transaction(() => new DeadLetterReading(this.#db).list(query, after, limit))())
  }

  definitions(): Promise<ReadonlyMap<string, string>> {
    return this.#guard(
      () => new Map(new Destinations(this.#db).all().map(({ name, definition }) => [name, definition])),
    )
  }

  deadLetterGroups(query: DeadLetterQuery): Promise<readonly DeadLetterGroup[]> {
    return this.#guard(() => this.#db.transaction(() => new DeadLetterReading(this.#db).groups(query))())
  }

  keptEvents(destination: string, period: Period): Promise<KeptEvents | null> {
    return this.#guard(() => {
      const row = new Destinations(this.#db).find(destination)
      return row ? new KeptPages(this.#db).count(row, period) : null
    })
  }

  trace(eventId: string): Promise<TraceResult> {
    return this.#guard(() => new Tracing(this.#db).trace(eventId))
  }

  backup(file: string): Promise<void> {
    return this.#guard(() => {
      if (!makeNew(file))
        throw new StateError(`${file} is there already; a backup overwrites nothing, name another file`)
      try {
        this.#copy(file)
      } catch (error) {
        fs.rmSync(file, { force: true })
        throw translated(error, file)
      }
    })
  }

  close(): Promise<void> {
    return this.#guard(() => void this.#db.close())
  }

  /** One consistent, compact copy, marked as what it is. */
  #copy(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file)
    const copy = new Database(file)
    copy.pragma('synchronous = FULL')
    copy.exec("UPDATE state SET marker = 'backup'")
    copy.close()
    const handle = guarded(file, () => fs.openSync(file, 'r+'))
    fs.fsyncSync(handle)
    fs.closeSync(handle)
    syncFolder(file)
  }

  async #guard<Result>(read: () => Result): Promise<Result> {
    try {
      return read()
    } catch (error) {
      throw translated(error, this.#path)
    }
  }
}

function usedBytes(db: Database.Database, path: string): number {
  const pragma = (name: string): number => db.pragma(name, { simple: true }) as number
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size') + (sizeOf(siblingsOf(path).wal) ?? 0)
}
