// Whether an outbox could be read now, for `validate --probe`: no content is read and nothing is changed.
import { accessSync, constants } from 'node:fs'
import { messageOf, SourceError } from '../../model/errors.ts'
import { isGlob, parseGlob } from './glob.ts'
import { pathFor, shown } from './names.ts'
import type { OutboxOptions } from './options.ts'
import { isSpool, statOf } from './scan.ts'

/** Throws a `SourceError` that says what a person should mend. */
export function probeOutbox(options: OutboxOptions): void {
  const { path, on_done: onDone } = options
  if (isGlob(path)) return needs(parseGlob(path).base, constants.R_OK | constants.X_OK, 'list the folder')
  const stat = statOf(path, true)
  if (stat && !stat.isFile() && !stat.isDirectory()) throw denied(path, 'is neither a file nor a folder')
  if (!isSpool(path)) {
    needs(path, constants.R_OK, 'read the file')
    if (onDone !== 'keep') throw denied(path, 'is a file, and on_done is for a spool folder')
    return
  }
  needs(path, constants.R_OK | constants.X_OK, 'list the folder')
  if (onDone !== 'keep') needs(path, constants.W_OK, 'remove files from the folder')
  if (typeof onDone === 'object') needs(onDone.move, constants.W_OK | constants.X_OK, 'move files to the folder')
}

function needs(path: string, mode: number, purpose: string): void {
  try {
    accessSync(pathFor(path), mode)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw denied(path, missing ? 'does not exist' : `does not let the relay ${purpose} (${messageOf(error)})`)
  }
}

function denied(path: string, what: string): SourceError {
  return new SourceError('denied', `${shown(path)} ${what}`)
}
