// All files of an outbox and where they are now: new, grown, renamed, rotated away, replaced or gone. It looks at names and
// sizes; what is read of a file is decided by its caller, which is told of each file that may have something new. Files that
// lost their place are followed by `strays.ts`.
import type { BigIntStats } from 'node:fs'
import type { SavedCursor } from '../source.ts'
import { inodeOf } from './identity.ts'
import { OutboxFile } from './outbox-file.ts'
import type { Found, Listing } from './scan.ts'
import { LINGER_MS, Strays, type StrayTools } from './strays.ts'

/** An open file without changes for this long is closed. */
const quietMs = 60_000

export interface CatalogueTools extends Omit<StrayTools, 'observe' | 'adopt'> {
  /** The file may have something to read. */
  ready(file: OutboxFile): void
}

export class Catalogue {
  spool = false
  readonly #tools: CatalogueTools
  readonly #files = new Map<string, OutboxFile>()
  readonly #byInode = new Map<string, OutboxFile>()
  /** Only until the first scan: device numbers may have changed since the cursors were saved. */
  readonly #savedByPath = new Map<string, OutboxFile>()

  readonly #strays: Strays

  constructor(tools: CatalogueTools) {
    this.#tools = tools
    this.#strays = new Strays({
      ...tools,
      observe: (file, stat) => this.#observe(file, stat),
      adopt: (found) => this.#adopt(found),
      forgotten: (file) => {
        this.remove(file)
        tools.forgotten(file)
      },
    })
  }

  restore(cursors: readonly SavedCursor[]): void {
    for (const { part, value } of cursors) {
      const file = OutboxFile.restore(part, value)
      file.changedAt = this.#tools.clock.monotonic()
      this.#files.set(part, file)
      this.#byInode.set(file.inode, file)
      this.#savedByPath.set(file.path, file)
    }
  }

  get(part: string): OutboxFile | undefined {
    return this.#files.get(part)
  }

  all(): IterableIterator<OutboxFile> {
    return this.#files.values()
  }

  /** Nothing will be appended to the file, so that its last line needs no newline. */
  isFinal(file: OutboxFile): boolean {
    return this.spool || (file.rotated && this.#isQuiet(file, LINGER_MS))
  }

  /** Compares what is known with what a scan found. */
  async reconcile(listing: Listing, signal: AbortSignal): Promise<void> {
    this.spool = listing.spool
    for (const file of this.#files.values()) file.matched = false
    const others = listing.files.filter((found) => !this.#meetAgain(found))
    for (const found of others) this.#meet(found)
    this.#savedByPath.clear()
    for (const file of this.#files.values()) {
      if (!file.matched) await this.#strays.follow(file, this.spool, signal)
      if (this.#endsUnterminated(file)) this.#tools.ready(file)
    }
  }

  /** The cheap look between two scans: only at files that are open. */
  refresh(): void {
    for (const file of this.#tools.handles.files()) {
      const stat = this.#tools.handles.stat(file)
      if (!stat) continue
      this.#observe(file, stat)
      if (file.nameless) this.#strays.leaveIfRead(file)
      else if (this.#isQuiet(file, quietMs)) this.#tools.handles.close(file)
    }
  }

  /** Drops a file that was given back. */
  remove(file: OutboxFile): void {
    this.#tools.handles.close(file)
    this.#files.delete(file.part)
    if (this.#byInode.get(file.inode) === file) this.#byInode.delete(file.inode)
  }

  /** True when the file is known and still has this name. */
  #meetAgain({ path, stat }: Found): boolean {
    const file = this.#byInode.get(inodeOf(stat))
    if (!file || file.path !== path) return false
    this.#match(file, stat)
    return true
  }

  #meet({ path, stat }: Found): void {
    const file = this.#byInode.get(inodeOf(stat)) ?? this.#renumbered(path, stat)
    if (!file) return this.#add(path, stat)
    // A second name of a file that was met already.
    if (file.matched) return
    if (file.path !== path) {
      file.rotated = !this.spool
      file.path = path
      this.#tools.moved(file)
    }
    this.#match(file, stat)
  }

  #match(file: OutboxFile, stat: BigIntStats): void {
    file.matched = true
    file.nameless = false
    if (file.leftAt !== null) {
      file.leftAt = null
      this.#tools.moved(file)
    }
    this.#observe(file, stat)
  }

  #observe(file: OutboxFile, stat: BigIntStats): void {
    const { generation } = file
    const unread = file.size - file.offset
    const mayHaveMore = file.observe(stat, this.#tools.clock.monotonic())
    if (file.generation !== generation && unread > 0) this.#strays.lost(file, unread)
    if (!mayHaveMore) return
    if (file.leftAt !== null) this.#tools.moved(file)
    file.leftAt = null
    this.#tools.ready(file)
  }

  #add(path: string, stat: BigIntStats): void {
    this.#file(path, stat).matched = true
  }

  #adopt({ path, stat }: Found): void {
    if (!this.#byInode.has(inodeOf(stat))) this.#file(path, stat).rotated = true
  }

  #file(path: string, stat: BigIntStats): OutboxFile {
    const file = OutboxFile.found(path, stat, this.#tools.clock.monotonic())
    this.#files.set(file.part, file)
    this.#byInode.set(file.inode, file)
    this.#tools.ready(file)
    // Saved even when there is nothing to read yet: it may be rotated away before there is.
    this.#tools.moved(file)
    return file
  }

  /** The same path and inode number on a device that has another number since a restart of the machine. */
  #renumbered(path: string, stat: BigIntStats): OutboxFile | undefined {
    const file = this.#savedByPath.get(path)
    if (!file || file.matched || file.inode.split(':')[1] !== String(stat.ino)) return undefined
    this.#byInode.delete(file.inode)
    file.inode = inodeOf(stat)
    this.#byInode.set(file.inode, file)
    this.#tools.moved(file)
    return file
  }

  /** A finished file whose last line lacks its newline. */
  #endsUnterminated(file: OutboxFile): boolean {
    return file.leftAt === null && file.offset < file.size && !file.queued && this.isFinal(file)
  }

  #isQuiet(file: OutboxFile, ms: number): boolean {
    return this.#tools.clock.monotonic() - file.changedAt >= ms
  }
}
