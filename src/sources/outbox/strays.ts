// Files that lost their place: rotated away, renamed out of the pattern, deleted, or replaced under their name. They are read
// to their end as long as a name or an open descriptor leads to them; then their progress is kept a while, and forgotten.
import type { BigIntStats } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import type { Clock } from '../../runtime/clock.ts'
import type { Handles } from './handles.ts'
import { bornOf, hasBirthTime, inodeOf } from './identity.ts'
import type { Notices } from './notices.ts'
import type { OutboxFile } from './outbox-file.ts'
import { isAside, putBack } from './release.ts'
import { type Found, filesIn, holdsPrint, nearestFolder, statOf } from './scan.ts'

/** A rotated or deleted file may still be written to by who has it open; after this time without a change it is finished. */
export const LINGER_MS = 5000
/** How long the progress of a file is kept that is gone or rotated away; and when its volume may only be missing. */
const forgetAfterMs = 3_600_000
const forgetUnsureAfterMs = 7 * 86_400_000

export interface StrayTools {
  readonly clock: Clock
  readonly notices: Notices
  readonly handles: Handles
  /** The file's cursor may have changed. */
  moved(file: OutboxFile): void
  forgotten(file: OutboxFile): void
  /** A rotated file that may never have been seen. */
  adopt(found: Found): void
  /** Takes in what the file system says of a file. */
  observe(file: OutboxFile, stat: BigIntStats): void
}

export class Strays {
  readonly #tools: StrayTools

  constructor(tools: StrayTools) {
    this.#tools = tools
  }

  /** Looks after a file that the last scan did not show. `expected`: its owner may take it away without a word. */
  async follow(file: OutboxFile, expected: boolean, signal: AbortSignal): Promise<void> {
    const stat = statOf(file.path, true)
    if (stat && this.#isIt(file, file.path, stat)) this.#stayed(file, stat)
    else if (file.leftAt !== null) this.#forgetIfOld(file)
    else if (!file.nameless) await this.#search(file, expected, signal)
  }

  async #search(file: OutboxFile, expected: boolean, signal: AbortSignal): Promise<void> {
    const files = await neighbours(file, signal)
    if (!files) return
    const found = files.find(({ path, stat }) => this.#isIt(file, path, stat))
    // Rotated more than once since the last look: what was written in between lies under names that nobody has seen.
    if (!expected) for (const other of files) if (isSuccessor(file, other)) this.#tools.adopt(other)
    if (found) this.#renamedTo(file, found)
    else if (this.#tools.handles.holds(file)) this.#unnamed(file)
    else this.#gone(file, expected)
  }

  #renamedTo(file: OutboxFile, found: Found): void {
    if (isAside(found.path)) return putBack(found.path, file.path)
    file.path = found.path
    this.#tools.moved(file)
    this.#stayed(file, found.stat)
  }

  /** Outside the pattern, but still there. */
  #stayed(file: OutboxFile, stat: BigIntStats): void {
    if (!file.rotated) this.#tools.moved(file)
    file.rotated = true
    this.#tools.observe(file, stat)
    this.leaveIfRead(file)
    if (file.leftAt !== null) this.#forgetIfOld(file)
  }

  #unnamed(file: OutboxFile): void {
    file.nameless = true
    file.rotated = true
    this.#tools.moved(file)
    const stat = this.#tools.handles.stat(file)
    if (stat) this.#tools.observe(file, stat)
  }

  #gone(file: OutboxFile, expected: boolean): void {
    const unread = file.size - file.offset
    if (unread > 0) this.lost(file, unread)
    else if (!file.rotated && !expected)
      this.#tools.notices.tell('info', 'file_deleted', file.path, 'the file is gone; all of it had been read')
    this.#leave(file)
  }

  /** Says that bytes were lost. */
  lost(file: OutboxFile, unread: number): void {
    const text = `the file is gone or was replaced, and at least ${unread} bytes of it had not been read`
    this.#tools.notices.tell('error', 'file_lost', file.path, text)
  }

  /** Takes leave of a file with nothing left to read. */
  leaveIfRead(file: OutboxFile): void {
    const isQuiet = this.#tools.clock.monotonic() - file.changedAt >= LINGER_MS
    if (file.leftAt === null && !file.queued && file.offset >= file.size && isQuiet) this.#leave(file)
  }

  #leave(file: OutboxFile): void {
    file.leftAt = this.#tools.clock.now()
    this.#tools.handles.close(file)
    this.#tools.moved(file)
  }

  #forgetIfOld(file: OutboxFile): void {
    const age = this.#tools.clock.now() - (file.leftAt ?? 0)
    const isSure = String(nearestFolder(file.path)?.dev) === file.inode.split(':')[0]
    if (age < (isSure ? forgetAfterMs : forgetUnsureAfterMs)) return
    this.#tools.forgotten(file)
  }

  /** Whether what has this inode number now is the file: inode numbers are used again at once. */
  #isIt(file: OutboxFile, path: string, stat: BigIntStats): boolean {
    if (inodeOf(stat) !== file.inode) return false
    if (this.#tools.handles.holds(file)) return true
    // The birth time decides even when the content is another: a file may be truncated and then rotated.
    if (hasBirthTime(stat) || file.head.length === 0) return bornOf(stat) === file.born
    return holdsPrint(path, file.head)
  }
}

/** The files that lie beside a file's last known place, or undefined when that cannot be found out now. */
async function neighbours(file: OutboxFile, signal: AbortSignal): Promise<Found[] | undefined> {
  const original = basename(file.path)
  const files: Found[] = []
  try {
    for await (const found of filesIn(dirname(file.path), signal))
      if (inodeOf(found.stat) === file.inode || isRotatedName(basename(found.path), original)) files.push(found)
    return files
  } catch (error) {
    signal.throwIfAborted()
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined
  }
}

/** What log rotation makes of `app.jsonl`: `app.jsonl.1`, `app.jsonl-20260517`, `app-2026-05-17.jsonl`; nothing compressed. */
function isRotatedName(name: string, original: string): boolean {
  if (/\.(?:gz|zst|bz2|xz|lz4|zip)$/u.test(name)) return false
  if (name.startsWith(original)) return /^[._-]/u.test(name.slice(original.length))
  const ending = extname(original)
  const stem = basename(original, ending)
  if (!name.startsWith(stem) || !name.endsWith(ending)) return false
  return /^[._-][0-9TZ:._-]+$/u.test(name.slice(stem.length, name.length - ending.length))
}

/** Whether a neighbour was written after the file: rotated files from before it are none of our business. */
function isSuccessor(file: OutboxFile, { stat }: Found): boolean {
  if (inodeOf(stat) === file.inode) return false
  return hasBirthTime(stat) ? stat.birthtimeNs >= BigInt(file.born) : stat.mtimeNs >= file.mtime
}
