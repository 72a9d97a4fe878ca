// Opens the state for its holder: takes the lock, makes sure that it is the state which was left here, and refuses with a
// sentence whatever it cannot vouch for. It never replaces a file.
import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { crashPoint } from '../../runtime/crash-points.ts'
import { Elapsed } from '../elapsed.ts'
import type { Store, StoreBounds } from '../store.ts'
import { closeKeepingLog, isFull, openWriter, translated } from './connection.ts'
import { makePrivate, siblingsOf, sizeOf, syncFolder } from './files.ts'
import { inspect } from './inspection.ts'
import { type Marker, StateLock } from './lock.ts'
import { Reserve } from './reserve.ts'
import { migrate } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StateRow } from './state-row.ts'

export interface SqliteOptions {
  /** The database file. Its lock, log and reserve lie beside it. */
  readonly path: string
  readonly bounds: StoreBounds
  /** Room kept free for settling when the disk is full; 0 for none. */
  readonly reserveBytes: number
  /** Accept what is there: begin a new state where the old one is gone, go on with a copy that was put back. Overwrites nothing. */
  readonly newState: boolean
  readonly clock: { now(): number; monotonic(): number }
}

/**
 * Opens the state, or makes it where none has been. Throws `StateHeldError` when another process holds it and `StateError` when
 * it is damaged, gone, older than what was left here, another program's or a newer version's.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { path } = options
  const lock = StateLock.take(siblingsOf(path).lock)
  let db: Database | undefined
  try {
    const marker = lock.marker()
    inspect(path, { marker, newState: options.newState })
    const { wal, shm } = siblingsOf(path)
    makePrivate(path)
    for (const beside of [wal, shm]) if (sizeOf(beside) !== null) makePrivate(beside)
    db = openWriter(path)
    prepare(db, path, options.clock.now())
    return ready(options, lock, { db, marker })
  } catch (error) {
    if (db) closeKeepingLog(db, path)
    lock.release()
    throw translated(error, path)
  }
}

function ready(
  options: SqliteOptions,
  lock: StateLock,
  { db, marker }: { db: Database; marker: Marker | null },
): Store {
  const { path, clock, bounds } = options
  const now = clock.now()
  const state = new StateRow(db)
  const before = state.read()
  const elapsed = new Elapsed({ elapsedMs: before.elapsed_ms, wallAt: before.wall_at }, now, () => clock.monotonic())
  const generation = Math.max(before.generation, marker?.generation ?? 0) + 1
  const reserve = new Reserve(siblingsOf(path).reserve, options.reserveBytes)
  const open = db.transaction(() => state.mark('open', generation, elapsed.save(now)))
  try {
    open.immediate()
  } catch (error) {
    if (!isFull(error)) throw error
    reserve.release()
    open.immediate()
  }
  // On the disk whole before the lock file says that there is a state: a log that vanishes must not leave it empty.
  if (before.generation === 0) db.pragma('wal_checkpoint(PASSIVE)')
  syncFolder(path)
  crashPoint('before-marker')
  try {
    lock.mark({ instance: before.instance, generation, state: 'open' })
  } catch (error) {
    // Without room the marker of an earlier generation still tells what it must: that there is a state, and which.
    if (marker === null || !isFull(error)) throw error
  }
  reserve.take()
  const identity = { instance: before.instance, secret: new Uint8Array(before.secret), made: before.generation === 0 }
  return new SqliteStore({ path, db, lock, reserve, elapsed, bounds, generation, identity })
}

/** Brings the schema up to date; a new state is there whole or not at all: whoever looks meanwhile sees nothing half made. */
function prepare(db: Database, path: string, now: number): void {
  const run = db.transaction(() => {
    migrate(db, path)
    if (!db.prepare('SELECT 1 FROM state').get()) create(db, now)
  })
  run.immediate()
}

function create(db: Database, now: number): void {
  db.prepare(
    `INSERT INTO state (id, instance, secret, generation, marker, created_at, elapsed_ms, wall_at, next_seq) VALUES (1, ?, ?, 0, 'open', ?, 0, ?, 1)`,
  ).run(randomBytes(16).toString('hex'), randomBytes(32), now, now)
}
