// Finds the files of an outbox: one file, those that fit a pattern, or those that lie in a spool folder. It reads no content.
import { type BigIntStats, closeSync, lstatSync, openSync, statSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SourceError } from '../../model/errors.ts'
import { type Glob, isGlob, openSteps, parseGlob, type Segment, stepsInto } from './glob.ts'
import { HEAD_BYTES, type Print, stillHolds } from './identity.ts'
import { nameOf, pathFor } from './names.ts'
import type { Notices } from './notices.ts'

export interface Found {
  readonly path: string
  readonly stat: BigIntStats
}

export interface Listing {
  /** In a spool folder every file is finished when it appears. */
  readonly spool: boolean
  readonly files: readonly Found[]
  /** Time of change (ns) of each folder that was listed, taken before it was. */
  readonly folders: ReadonlyMap<string, bigint>
}

/** A folder to go into, and the steps of the pattern that may follow there. */
interface Step {
  readonly folder: string
  readonly steps: readonly number[]
}

/** Names read from a folder at once; between two such reads other work can run. */
const namesAtOnce = 512

/** One look at the file system. */
export class Scan {
  readonly #files: Found[] = []
  readonly #folders = new Map<string, bigint>()
  readonly #notices: Notices
  readonly #signal: AbortSignal

  constructor(notices: Notices, signal: AbortSignal) {
    this.#notices = notices
    this.#signal = signal
  }

  /** Lists what `path` stands for. `ignored`: a folder inside a spool folder that is no surprise there. */
  async list(path: string, ignored?: string): Promise<Listing> {
    const spool = !isGlob(path) && isSpool(path)
    if (spool) await this.#spool(path, ignored)
    else if (isGlob(path)) await this.#glob(parseGlob(path))
    else this.#file(path)
    return { spool, files: this.#files, folders: this.#folders }
  }

  #file(path: string): void {
    const stat = statOf(path, true)
    if (stat === undefined) this.#notices.say('warning', 'waiting_for_file', path, 'there is no such file yet')
    else this.#notices.clear('waiting_for_file', path, 'the file is there')
    this.#take(path, stat)
  }

  async #spool(folder: string, ignored: string | undefined): Promise<void> {
    for await (const name of this.#names(folder)) {
      if (isUnfinished(name)) continue
      const path = join(folder, name)
      if (path !== ignored) this.#take(path, statOf(path, false))
    }
  }

  async #glob({ base, segments }: Glob): Promise<void> {
    const waiting: Step[] = [{ folder: base, steps: openSteps(segments, [0]) }]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for await (const name of this.#names(next.folder)) {
        const steps = openSteps(segments, stepsInto(segments, next.steps, name))
        if (steps.length > 0) waiting.push(...this.#enter(join(next.folder, name), steps, segments))
      }
    }
  }

  /** A path that fits the pattern so far: takes a file, gives back a folder to go into. */
  #enter(path: string, steps: readonly number[], segments: readonly Segment[]): Step[] {
    const stat = statOf(path, true)
    const within = steps.filter((step) => step < segments.length)
    const goesOn = stat?.isDirectory() === true && within.length > 0
    if (!goesOn && steps.includes(segments.length)) this.#take(path, stat)
    return goesOn && !mayLoop(path, segments) ? [{ folder: path, steps: within }] : []
  }

  #take(path: string, stat: BigIntStats | undefined): void {
    if (stat === undefined) return
    if (stat.isFile()) {
      this.#files.push({ path, stat })
      this.#notices.clear('not_a_file', path, 'this is a regular file now')
    } else this.#notices.say('warning', 'not_a_file', path, `${kindOf(stat)} is not read; only regular files are`)
  }

  async *#names(folder: string): AsyncGenerator<string> {
    this.#signal.throwIfAborted()
    try {
      const before = statSync(pathFor(folder), { bigint: true })
      yield* namesIn(folder, this.#signal)
      this.#folders.set(folder, before.mtimeNs)
      this.#notices.clear('folder_unreadable', folder, 'the folder can be listed again')
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#report(folder, error as NodeJS.ErrnoException)
    }
  }

  #report(folder: string, error: NodeJS.ErrnoException): void {
    if (error.code === 'EMFILE' || error.code === 'ENFILE')
      throw new SourceError('transient', 'too many open files to list a folder; raise the limit (ulimit -n)', {
        cause: error,
      })
    const missing = error.code === 'ENOENT'
    const advice = error.code === 'EACCES' ? '; give the relay the right to list it (read and search)' : ''
    const text = missing
      ? 'there is no such folder yet'
      : `the folder cannot be listed (${error.code ?? error.message})${advice}`
    this.#notices.say(missing ? 'warning' : 'error', 'folder_unreadable', folder, text)
  }
}

/** The regular files of one folder, whatever their names. Rejects when the folder cannot be listed. */
export async function* filesIn(folder: string, signal: AbortSignal): AsyncGenerator<Found> {
  for await (const name of namesIn(folder, signal)) {
    const path = join(folder, name)
    const stat = statOf(path, false)
    if (stat?.isFile()) yield { path, stat }
  }
}

async function* namesIn(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  const names = await opendir(pathFor(folder), { encoding: 'buffer' as BufferEncoding, bufferSize: namesAtOnce })
  for await (const entry of names) {
    signal.throwIfAborted()
    yield nameOf(entry.name as unknown as Buffer)
  }
}

/** A link to a folder may lead back to where it stands: `**` does not go through one. */
function mayLoop(path: string, segments: readonly Segment[]): boolean {
  return segments.some((segment) => segment.kind === 'any_folders') && (statOf(path, false)?.isSymbolicLink() ?? true)
}

/** Undefined when there is nothing, or nothing that can be looked at. */
export function statOf(path: string, follow: boolean): BigIntStats | undefined {
  try {
    return (follow ? statSync : lstatSync)(pathFor(path), { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Whether the file of this path begins with the bytes that were printed. */
export function holdsPrint(path: string, head: Print): boolean {
  try {
    const descriptor = openSync(pathFor(path), 'r')
    try {
      return stillHolds(descriptor, head, 0, Buffer.alloc(HEAD_BYTES))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return false
  }
}

/** The folder of a file, or the nearest one above it that exists. */
export function nearestFolder(path: string): BigIntStats | undefined {
  for (let folder = dirname(path), last = path; folder !== last; last = folder, folder = dirname(folder)) {
    const stat = statOf(folder, true)
    if (stat) return stat
  }
  return undefined
}

export function isSpool(path: string): boolean {
  return path.endsWith('/') || (statOf(path, true)?.isDirectory() ?? false)
}

/** Writers of a spool folder give a file such a name until it is complete. */
function isUnfinished(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.tmp') || name.endsWith('.part')
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return 'a folder'
  if (stat.isFIFO()) return 'a named pipe'
  if (stat.isSocket()) return 'a socket'
  if (stat.isSymbolicLink()) return 'a link in a spool folder'
  return 'a device'
}
