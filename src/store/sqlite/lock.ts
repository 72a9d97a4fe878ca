// The holder's lock: an SQLite file of its own, kept exclusively locked for life. The kernel frees it when the process dies, and
// what the last holder wrote in it tells whether the state beside it is the one that it left.
import Database from 'better-sqlite3'
import { StateError, StateHeldError } from '../../model/errors.ts'
import { isBusy, translated } from './connection.ts'
import { makePrivate, sizeOf, syncFolder } from './files.ts'

/** What the last holder left: which state, how often it was opened, and whether it was closed. */
export interface Marker {
  readonly instance: string
  readonly generation: number
  readonly state: 'open' | 'clean'
}

/** Another reader's glance at the lock takes microseconds; a living holder keeps it for ever. */
const patienceMs = 200

export class StateLock {
  readonly #db: Database.Database
  readonly #path: string

  private constructor(db: Database.Database, path: string) {
    this.#db = db
    this.#path = path
  }

  /** Takes the lock, or throws `StateHeldError` at once. */
  static take(path: string): StateLock {
    const isNew = sizeOf(path) === null
    makePrivate(path)
    if (isNew) syncFolder(path)
    const db = new Database(path, { timeout: patienceMs })
    try {
      db.pragma('synchronous = FULL')
      // The mode that lets go of nothing begins only once the lock is whole: before, two that take it at once would each keep a part.
      db.exec('BEGIN EXCLUSIVE')
      db.pragma('locking_mode = EXCLUSIVE')
      db.exec('CREATE TABLE IF NOT EXISTS marker (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL); COMMIT')
      db.pragma('journal_mode = TRUNCATE')
      return new StateLock(db, path)
    } catch (error) {
      db.close()
      throw refusal(error, path)
    }
  }

  marker(): Marker | null {
    const row = this.#db.prepare<[], { value: string }>('SELECT value FROM marker').get()
    try {
      return row ? (JSON.parse(row.value) as Marker) : null
    } catch (error) {
      throw refusal(error, this.#path)
    }
  }

  /** Written and synced before it returns, without letting go of the lock. */
  mark(marker: Marker): void {
    this.#db.prepare('INSERT OR REPLACE INTO marker VALUES (1, ?)').run(JSON.stringify(marker))
  }

  release(): void {
    this.#db.close()
  }
}

/** Whether a living process holds the lock. */
export function isHeld(path: string): boolean {
  if (sizeOf(path) === null) return false
  let db: Database.Database | undefined
  try {
    db = new Database(path, { timeout: 0, readonly: true, fileMustExist: true })
    db.prepare('SELECT 1 FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    db?.close()
  }
}

function refusal(error: unknown, path: string): unknown {
  if (isBusy(error))
    return new StateHeldError(
      `another audit-relay holds the state (${path} is locked); end it first, or look at it with "audit-relay status"`,
    )
  if (error instanceof SyntaxError || (error instanceof Database.SqliteError && /NOTADB|CORRUPT/.test(error.code)))
    return new StateError(`the lock file ${path} is damaged; make sure that no relay runs, then remove it`, {
      cause: error,
    })
  return translated(error, path)
}
