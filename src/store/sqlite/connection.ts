// Opens connections to the state with the pragmas that durability needs, and gives SQLite's errors their class.
import Database from 'better-sqlite3'
import { StateError, StateFullError } from '../../model/errors.ts'

const busyTimeoutMs = 10_000
const checkpointPages = 2000
const walKeepBytes = 16 * 1024 * 1024

/** A connection that writes. FULL is set by hand: without it this build falls back to NORMAL after its first write. */
export function openWriter(path: string): Database.Database {
  const db = new Database(path, { timeout: busyTimeoutMs, fileMustExist: true })
  try {
    const mode = db.pragma('journal_mode = WAL', { simple: true })
    if (mode !== 'wal')
      throw new StateError(`${path} cannot use a write-ahead log (${String(mode)}); put the state on a local disk`)
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${checkpointPages}`)
    db.pragma(`journal_size_limit = ${walKeepBytes}`)
    db.pragma('cache_size = -8192')
    db.pragma('trusted_schema = OFF')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A connection that only reads, beside whoever writes. */
export function openReading(path: string): Database.Database {
  const db = new Database(path, { timeout: busyTimeoutMs, readonly: true, fileMustExist: true })
  db.pragma('trusted_schema = OFF')
  return db
}

/**
 * Closes a state that did not end cleanly. SQLite would fold the log into the file with its last connection and take it away, and the
 * next holder would miss it; a connection that has read keeps it from that.
 */
export function closeKeepingLog(db: Database.Database, path: string): void {
  let reading: Database.Database | undefined
  try {
    reading = openReading(path)
    reading.prepare('SELECT 1 FROM sqlite_schema').get()
  } catch {
    // Why this one closes has been said.
  }
  db.close()
  reading?.close()
}

/** Puts the log into the file and empties it, as only a state that has ended cleanly may: else an empty log looks deleted. */
export function foldLog(db: Database.Database): void {
  checkpoint(db, 'TRUNCATE')
}

/** Puts the log into the file, and cuts it down to what `write` writes next. */
export async function shortenLog(db: Database.Database, write: () => Promise<void>): Promise<void> {
  checkpoint(db, 'RESTART')
  db.pragma('journal_size_limit = 0')
  try {
    await write()
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error
  } finally {
    db.pragma(`journal_size_limit = ${walKeepBytes}`)
  }
}

/** As far as nobody reads the log, and without waiting for who does; without room it is left undone: the log has everything. */
function checkpoint(db: Database.Database, how: 'RESTART' | 'TRUNCATE'): void {
  db.pragma('busy_timeout = 0')
  try {
    unlessFull(() => db.pragma(`wal_checkpoint(${how})`))
  } finally {
    db.pragma(`busy_timeout = ${busyTimeoutMs}`)
  }
}

/** Whether SQLite found no room on the disk. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE'
}

/** Does what is only for comfort: without room it is left undone. */
export function unlessFull(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY')
}

/** Whether the file or the disk under it can no longer be trusted: then nothing more is written. */
export function isFatal(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR|CANTOPEN|READONLY|PROTOCOL|SCHEMA|FORMAT)/.test(codeOf(error)) && !isFull(error)
}

/** An error of SQLite as one of ours, with what to do; anything else as it is. */
export function translated(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const cause = { cause: error }
  if (isFull(error)) return new StateFullError(`there is no room on the disk of ${path}; make room`, undefined, cause)
  if (isBusy(error))
    return new StateError(
      `another program has kept ${path} locked for ${busyTimeoutMs / 1000} s; end it and start again`,
      cause,
    )
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code))
    return new StateError(
      `${path} is damaged (${error.message}). It was left as it is: move it and the files beside it away to keep them, and restore a backup`,
      cause,
    )
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(error.code))
    return new StateError(
      `${path} cannot be opened or written by this user (${error.message}); run it as the user that owns the state and its folder, on a disk that can be written`,
      cause,
    )
  return new StateError(
    `${path} cannot be read or written (${error.code}: ${error.message}); look at the disk and its log, then start again`,
    cause,
  )
}

function codeOf(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : ''
}
