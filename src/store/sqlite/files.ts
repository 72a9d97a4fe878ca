// The files beside the state: made private, never followed through a link, and asked about before the database is opened.
import fs from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, StateError } from '../../model/errors.ts'

/** Everything that lies beside the state file `path`. */
export function siblingsOf(path: string): Readonly<Record<'wal' | 'shm' | 'lock' | 'reserve', string>> {
  return { wal: `${path}-wal`, shm: `${path}-shm`, lock: `${path}.lock`, reserve: `${path}.reserve` }
}

/** Size in bytes; null when there is no such file. A link, a folder or an unreadable place is a `StateError`. */
export function sizeOf(path: string): number | null {
  const stat = guarded(path, () => fs.lstatSync(path, { throwIfNoEntry: false }))
  if (!stat) return null
  if (stat.isSymbolicLink())
    throw new StateError(`${path} is a symbolic link; put the file itself there, or name its real path under "state"`)
  if (!stat.isFile()) throw new StateError(`${path} is not a file; name a file under "state"`)
  return stat.size
}

/** Makes an empty file that only its owner can read, or takes the rights of others away from the one that is there. */
export function makePrivate(path: string): void {
  requireFolder(path)
  guarded(path, () => {
    // Another process that starts at the same moment may make it first.
    if (sizeOf(path) === null) makeNew(path)
    else if (fs.statSync(path).mode & 0o077) fs.chmodSync(path, 0o600)
    fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK)
  })
}

/** Makes an empty file that only its owner can read; false where something is already. */
export function makeNew(path: string): boolean {
  requireFolder(path)
  return guarded(path, () => {
    try {
      fs.closeSync(fs.openSync(path, 'wx', 0o600))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      return false
    }
  })
}

/** Throws `StateError` where no state could be made, or the one that is there not written. Makes nothing. */
export function requireUsable(path: string): void {
  requireFolder(path)
  const { R_OK, W_OK, X_OK } = fs.constants
  guarded(path, () => {
    if (sizeOf(path) !== null) fs.accessSync(path, R_OK | W_OK)
    fs.accessSync(dirname(path), R_OK | W_OK | X_OK)
  })
}

/** That there is no state at `path`, and what to do about it: `run` makes the file, but no folder. */
export function absent(path: string): StateError {
  const folder = dirname(path)
  const missing = !fs.statSync(folder, { throwIfNoEntry: false })
  return new StateError(
    missing
      ? `there is no state at ${path}: the folder ${folder} does not exist; create it and start "audit-relay run", or name another state with "--state"`
      : `there is no state at ${path}; "audit-relay run" makes it, and "--state" names another`,
  )
}

/** That the relay which holds the state is at its very beginning. */
export function beingMade(path: string): StateError {
  return new StateError(`the state ${path} is being made at this moment; try again`)
}

/** A new name is safe only when its folder is. */
export function syncFolder(path: string): void {
  const folder = fs.openSync(dirname(path), 'r')
  try {
    fs.fsyncSync(folder)
  } finally {
    fs.closeSync(folder)
  }
}

/** Whether the file begins like a database. Only before a connection is open: closing any handle of ours frees its locks. */
export function looksLikeDatabase(path: string): boolean {
  const file = guarded(path, () => fs.openSync(path, 'r'))
  try {
    const head = Buffer.alloc(16)
    return fs.readSync(file, head, 0, 16, 0) === 16 && head.toString('latin1') === 'SQLite format 3\0'
  } finally {
    fs.closeSync(file)
  }
}

function requireFolder(path: string): void {
  const folder = dirname(path)
  const stat = guarded(path, () => fs.statSync(folder, { throwIfNoEntry: false }))
  if (!stat)
    throw new StateError(
      `the folder ${folder} of the state does not exist; create it, or mount the volume that holds it`,
    )
  if (!stat.isDirectory()) throw new StateError(`${folder} is not a folder; name another file under "state"`)
}

const advice: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs audit-relay the right to read and write it and its folder',
  EPERM: 'give the file to the user that runs audit-relay (chown)',
  EROFS: 'the file system is read-only; mount it writable or name another place under "state"',
  ENOSPC: 'the disk is full; make room',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENOTDIR: 'part of its path is not a folder; name another place under "state"',
}

/** Runs `act`; what the file system refuses becomes a sentence. */
export function guarded<Result>(path: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    if (error instanceof StateError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? ''
    throw new StateError(`${path} cannot be used: ${advice[code] ?? messageOf(error)}`, { cause: error })
  }
}
