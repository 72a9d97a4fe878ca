// Decides whether the files under the state's name are the state that was left there. Reads; changes nothing.
import Database from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import { openReading } from './connection.ts'
import { looksLikeDatabase, siblingsOf, sizeOf } from './files.ts'
import type { Marker } from './lock.ts'
import { Pages } from './pages.ts'
import { PageCache } from './page-cache.ts'
import { checkedVersion } from './schema.ts'
import { StateRow } from './state-row.ts'

/** Up to this size the whole file is checked at each start; a larger one by its structure, its newest pages and on each read. */
const fullCheckBytes = 64 * 1024 * 1024

/** What the last holder left in the lock file, and whether the operator vouches for what is there now. */
export interface Expected {
  readonly marker: Marker | null
  readonly newState: boolean
}

const whatToDo = 'restore it or mount its volume, or start with --new-state to accept what is there'

/** Returns when a holder may go on with what is there, or make a new state; throws `StateError` otherwise. */
export function inspect(path: string, expected: Expected): void {
  if (!hasState(path, expected)) return
  // A connection that writes would change the file before it is known to be ours, and fold the log into it when it closes.
  const journal = sizeOf(`${path}-journal`)
  const db = journal ? new Database(path, { fileMustExist: true }) : openReading(path)
  try {
    checkedVersion(db, path)
    requireSame(db, path, expected)
  } finally {
    db.close()
  }
}

/** Looks at the files before anything is opened. */
function hasState(path: string, { marker, newState }: Expected): boolean {
  const size = sizeOf(path)
  const { wal, shm } = siblingsOf(path)
  const walSize = sizeOf(wal)
  sizeOf(shm)
  const wasHere = marker !== null && !newState
  if (size === null) {
    if (wasHere)
      throw new StateError(`the state ${path} is gone, although its lock file says that it was here: ${whatToDo}`)
    // SQLite would throw such a log away; it may hold the only copy of something.
    if (walSize)
      throw new StateError(`${path} is gone but its log ${wal} is there: restore the file, or move the log away`)
    return false
  }
  if (size === 0 && !walSize) {
    if (wasHere)
      throw new StateError(`the state ${path} is empty, although its lock file says that it held events: ${whatToDo}`)
    return false
  }
  if (size > 0 && !looksLikeDatabase(path))
    throw new StateError(
      `${path} is not a database, or its beginning is damaged; move it away to keep it, and restore a backup`,
    )
  return true
}

/** Makes sure that the opened database is sound, whole, and the one that was left here. */
function requireSame(db: Database.Database, path: string, expected: Expected): void {
  const { marker, newState } = expected
  if (db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined) {
    if (marker === null || newState) return
    throw new StateError(
      `the state ${path} has no tables, although its lock file says that it held events (was ${path}-wal deleted?): ${whatToDo}`,
    )
  }
  requireSound(db, path)
  if (marker !== null && !newState) requireLeft(db, path, marker)
}

/** Compares the state with what its last holder wrote into the lock file. */
function requireLeft(db: Database.Database, path: string, marker: Marker): void {
  const state = new StateRow(db).read()
  if (state.instance !== marker.instance)
    throw new StateError(
      `${path} is another state than the one that was here: put the right file back, or start with --new-state to go on with this one`,
    )
  if (state.marker === 'backup')
    throw new StateError(
      `${path} is a backup that was put back; what came after it will be read and sent again: start with --new-state to go on from it`,
    )
  // A later generation than the marker's: that holder died, or found no room, before it could write the marker.
  if (state.generation > marker.generation || (state.generation === marker.generation && state.marker === 'clean'))
    return
  if (state.generation < marker.generation || marker.state === 'clean')
    throw new StateError(
      `${path} is older than the state that was here (an old copy?): put the newest back, or start with --new-state to go on from this one`,
    )
  if (!logExists(path))
    throw new StateError(
      `${path}-wal is missing although the relay did not end cleanly, and what was written last is in it: put it back, or start with --new-state to go on without it`,
    )
}

/** Opening the database makes an empty log where there was none. */
function logExists(path: string): boolean {
  return (sizeOf(`${path}-wal`) ?? 0) > 0
}

function requireSound(db: Database.Database, path: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number
  const bytes = pages * (db.pragma('page_size', { simple: true }) as number)
  const size = sizeOf(path) ?? 0
  if (size < bytes && !logExists(path)) throw damaged(path, `it is ${size} bytes long and should have ${bytes}`)
  if (bytes <= fullCheckBytes) {
    const result = db.pragma('quick_check(1)', { simple: true }) as string
    if (result !== 'ok') throw damaged(path, result)
  }
  newestPages(db)
}

function newestPages(db: Database.Database): void {
  const pages = new Pages(db, new PageCache(0))
  const newest = db.prepare<[], number>('SELECT first_seq FROM page_body ORDER BY first_seq DESC LIMIT 3').pluck()
  for (const firstSeq of newest.all()) pages.read(firstSeq)
}

function damaged(path: string, what: string): StateError {
  return new StateError(
    `${path} is damaged (${what}). It was left as it is: move it and the files beside it away to keep them, and restore a backup`,
  )
}
