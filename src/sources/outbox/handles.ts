// Open descriptors, a bounded number of them. An open file that loses its name can still be read to its end.
import { closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs'
import { inodeOf } from './identity.ts'
import { pathFor } from './names.ts'
import type { OutboxFile } from './outbox-file.ts'

const defaultLimit = 256
const leastLimit = 4

/** How a file could not be opened. */
export type OpenFault = 'no_permission' | 'replaced' | 'too_many_open_files' | 'unreadable'

export class Handles {
  #limit: number
  readonly #followLinks: () => boolean
  /** Least recently used first. */
  readonly #open = new Map<OutboxFile, number>()

  constructor(followLinks: () => boolean, limit = defaultLimit) {
    this.#followLinks = followLinks
    this.#limit = limit
  }

  get count(): number {
    return this.#open.size
  }

  holds(file: OutboxFile): boolean {
    return this.#open.has(file)
  }

  files(): OutboxFile[] {
    return [...this.#open.keys()]
  }

  /** Undefined when it is not open, or no longer: a network file system may lose a file; a scan finds it again, or misses it. */
  stat(file: OutboxFile): BigIntStats | undefined {
    const descriptor = this.#open.get(file)
    try {
      return descriptor === undefined ? undefined : fstatSync(descriptor, { bigint: true })
    } catch {
      this.close(file)
      return undefined
    }
  }

  /** The descriptor of a file, opened when need be, or why there is none. */
  of(file: OutboxFile): number | OpenFault {
    const held = this.#open.get(file)
    if (held !== undefined) {
      this.#open.delete(file)
      this.#open.set(file, held)
      return held
    }
    if (file.nameless) return 'replaced'
    this.#makeRoom()
    return this.#openNow(file, true)
  }

  close(file: OutboxFile): void {
    const descriptor = this.#open.get(file)
    if (descriptor === undefined) return
    this.#open.delete(file)
    closeSync(descriptor)
  }

  closeAll(): void {
    for (const file of this.files()) this.close(file)
  }

  #openNow(file: OutboxFile, mayRetry: boolean): number | OpenFault {
    // Without O_NONBLOCK, a FIFO that took the file's name would hang the relay.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (this.#followLinks() ? 0 : constants.O_NOFOLLOW)
    let descriptor: number
    try {
      descriptor = openSync(pathFor(file.path), flags)
    } catch (error) {
      const fault = faultOf((error as NodeJS.ErrnoException).code)
      if (fault !== 'too_many_open_files' || !mayRetry) return fault
      this.#limit = Math.max(leastLimit, this.#open.size >> 1)
      this.#makeRoom()
      return this.#openNow(file, false)
    }
    const stat = fstatSync(descriptor, { bigint: true })
    if (!stat.isFile() || inodeOf(stat) !== file.inode) {
      closeSync(descriptor)
      return 'replaced'
    }
    this.#open.set(file, descriptor)
    return descriptor
  }

  /** Closes the least recently used, but not what can be reached in no other way. */
  #makeRoom(): void {
    for (const file of this.#open.keys()) {
      if (this.#open.size < this.#limit) return
      if (!file.nameless) this.close(file)
    }
  }
}

function faultOf(code: string | undefined): OpenFault {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'no_permission'
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENXIO':
      return 'replaced'
    case 'EMFILE':
    case 'ENFILE':
      return 'too_many_open_files'
    default:
      return 'unreadable'
  }
}
