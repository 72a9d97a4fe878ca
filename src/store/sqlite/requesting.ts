// Adds a request beside the living holder and follows it: the one thing that another process writes into the state.
import type { Database } from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import type { Asked, Requester, StoredRequest } from '../requests.ts'
import { openReading, openWriter, translated } from './connection.ts'
import { absent, beingMade, siblingsOf, sizeOf } from './files.ts'
import { isHeld } from './lock.ts'
import { Notices } from './notices.ts'
import { RequestRows } from './request-rows.ts'
import { checkedVersion, MIGRATIONS } from './schema.ts'

/** Nobody holds the state, so that nobody would carry a request out. */
export class NoHolderError extends Error {
  override readonly name = 'NoHolderError'
}

/** Whether a living process holds the state at `path`. */
export function isStateHeld(path: string): boolean {
  return isHeld(siblingsOf(path).lock)
}

/** Opens the state for asking. Throws `NoHolderError`, or `StateError` when the state cannot be used. */
export async function openSqliteRequester(path: string): Promise<Requester> {
  if (sizeOf(path) === null) throw absent(path)
  requireHolder(path)
  let db: Database | undefined
  try {
    db = openReading(path)
    const version = checkedVersion(db, path)
    if (version === 0) throw beingMade(path)
    if (version < MIGRATIONS.length)
      throw new StateError(`the relay that holds ${path} is older than this program; start it again with this version`)
    return new SqliteRequester(db, path)
  } catch (error) {
    db?.close()
    throw translated(error, path)
  }
}

/**
 * Follows on a connection that only reads, and writes on another that lives no longer than the asking. Were the one that writes the last
 * to be closed, after the holder was killed, SQLite would fold the log of writes into the file and take it away, and the next holder
 * would miss it. The reading connection, open all the while, keeps it from that: it holds
 * a lock since its first read, which is that of the schema's version.
 */
class SqliteRequester implements Requester {
  readonly #db: Database
  readonly #path: string
  readonly #requests: RequestRows

  constructor(db: Database, path: string) {
    this.#db = db
    this.#path = path
    this.#requests = new RequestRows(db, new Notices(db))
  }

  ask(asked: Asked, by: string, now: number): Promise<number> {
    return this.#guard(() => {
      requireHolder(this.#path)
      const db = openWriter(this.#path)
      try {
        db.pragma('wal_autocheckpoint = 0')
        const requests = new RequestRows(db, new Notices(db))
        return db.transaction(() => requests.ask(asked, by, now)).immediate()
      } finally {
        db.close()
      }
    })
  }

  request(id: number): Promise<StoredRequest | null> {
    return this.#guard(() => this.#requests.find(id)?.request ?? null)
  }

  close(): Promise<void> {
    return this.#guard(() => void this.#db.close())
  }

  async #guard<Result>(act: () => Result): Promise<Result> {
    try {
      return act()
    } catch (error) {
      throw translated(error, this.#path)
    }
  }
}

function requireHolder(path: string): void {
  if (!isStateHeld(path))
    throw new NoHolderError(
      `no relay runs on ${path}, so that nobody would carry this out; start "audit-relay run", or ask again`,
    )
}
