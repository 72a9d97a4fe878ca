// Files that lost their place: rotated away, renamed out of the pattern, deleted, or replaced under their name. They are read
// to their end as long as a name or an open descriptor leads to them; then their progress is kept a while, and forgotten.
import type { BigIntStats } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../runtime/clock.ts'
import type { Handles } from './handles.ts'
import { bornOf, inodeOf, isReborn } from './identity.ts'
import type { Notices } from './notices.ts'
import type { OutboxFile } from './outbox-file.ts'
import { isAside, putBack } from './release.ts'
import { type Found, findInode, holdsPrint, nearestFolder, statOf } from './scan.ts'

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
    const found = await findInode(dirname(file.path), (stat) => inodeOf(stat) === file.inode, signal).catch(
      (error: unknown) => {
        signal.throwIfAborted()
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : ('unknown' as const)
      },
    )
    if (found === 'unknown') return
    if (found && this.#isIt(file, found.path, found.stat)) this.#renamedTo(file, found)
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
    if (isReborn(file.born, stat)) return false
    return file.head.length === 0 ? bornOf(stat) === file.born : holdsPrint(path, file.head)
  }
}
