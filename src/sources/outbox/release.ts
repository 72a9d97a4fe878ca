// Gives finished spool files back: deletes them, or moves them to the operator's folder. It never removes a file that is not,
// byte for byte, the one that was read, and never writes over another.
import { closeSync, copyFileSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { inodeOf } from './identity.ts'
import { pathFor } from './names.ts'
import type { OnDone } from './options.ts'
import type { OutboxFile } from './outbox-file.ts'

const asidePrefix = '.audit-relay-'
/** How many names are tried when others are taken. */
const mostNames = 1000

/**
 * Deletes or moves one file. False: it is not what was read, and stays. Throws what the file system throws; the file is then at
 * its place, or will be put back there by `putBack`.
 */
export function giveBack(file: OutboxFile, onDone: Exclude<OnDone, 'keep'>): boolean {
  if (!isAsRead(file, file.path)) return false
  // A writer may rename another file to this name at any moment. Under a name that nobody else uses it can be checked and then
  // removed with nothing in between.
  const aside = asidePath(file)
  renameSync(pathFor(file.path), pathFor(aside))
  if (!isAsRead(file, aside)) {
    putBack(aside, file.path)
    return false
  }
  try {
    if (onDone === 'delete') unlinkSync(pathFor(aside))
    else moveWithoutOverwriting(aside, onDone.move, basename(file.path))
  } catch (error) {
    putBack(aside, file.path)
    throw error
  }
  return true
}

/** Whether this is a name that only an interrupted `giveBack` leaves. */
export function isAside(path: string): boolean {
  return basename(path).startsWith(asidePrefix)
}

/** Undoes an interrupted `giveBack`. When the name is taken by now, a number is added to it. */
export function putBack(aside: string, path: string): void {
  moveWithoutOverwriting(aside, dirname(path), basename(path))
}

/** Makes what was done to a folder's names survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(pathFor(folder), 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function asidePath(file: OutboxFile): string {
  return join(dirname(file.path), `${asidePrefix}${file.part}`)
}

function isAsRead(file: OutboxFile, path: string): boolean {
  const stat = lstatSync(pathFor(path), { bigint: true, throwIfNoEntry: false })
  if (!stat) return false
  return (
    stat.isFile() &&
    inodeOf(stat) === file.inode &&
    Number(stat.size) === file.endSize &&
    stat.mtimeNs === file.endMtime
  )
}

function moveWithoutOverwriting(from: string, folder: string, name: string): void {
  const to = (count: number): string => join(folder, count === 0 ? name : `${name}.${count}`)
  for (let count = 0; count < mostNames; count++) if (moved(from, to(count))) return
  throw new Error(`${folder} holds ${mostNames} files of the name ${name}`)
}

/** False when the name is taken. */
function moved(from: string, to: string): boolean {
  try {
    linkSync(pathFor(from), pathFor(to))
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EEXIST':
        return false
      // Another file system, or one without hard links.
      case 'EXDEV':
      case 'EPERM':
      case 'ENOTSUP':
      case 'EMLINK':
        return copied(from, to)
      default:
        throw error
    }
  }
  unlinkSync(pathFor(from))
  return true
}

/** The copy is complete and on disk before it has its name, and before the original goes. */
function copied(from: string, to: string): boolean {
  try {
    closeSync(openSync(pathFor(to), 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  const copy = join(dirname(to), `${asidePrefix}${basename(from)}.part`)
  copyFileSync(pathFor(from), pathFor(copy))
  const descriptor = openSync(pathFor(copy), 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  // Over our own empty file, which only reserved the name.
  renameSync(pathFor(copy), pathFor(to))
  syncFolder(dirname(to))
  unlinkSync(pathFor(from))
  return true
}
