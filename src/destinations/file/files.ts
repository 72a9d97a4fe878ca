// The few things that the file kind does to a disk, as a seam: tests make each of them fail.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

interface FileState {
  readonly size: number
  readonly inode: bigint
  /** 0 when the file has been deleted and only we still hold it. */
  readonly links: number
}

export interface OpenFile {
  /** Writes at the end, whoever else has written there meanwhile: foreign bytes are never overwritten. */
  append(bytes: Uint8Array): Promise<void>
  /** At most `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Buffer>
  sync(): Promise<void>
  state(): Promise<FileState>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

export interface Files {
  /** Creates a folder and what is missing above it, durably, readable by us alone. */
  makeFolder(path: string): Promise<void>
  /**
   * `read` and `extend` want what is there, `create` fails with EEXIST when the name is taken, `replace` empties what is there.
   * Links are not followed. What is created is readable by us alone.
   */
  open(path: string, how: 'read' | 'extend' | 'create' | 'replace'): Promise<OpenFile>
  /** The bytes of a file, undefined when there is none. */
  read(path: string): Promise<Buffer | undefined>
  state(path: string): Promise<FileState | undefined>
  rename(from: string, to: string): Promise<void>
  /** Makes names that were created or changed in a folder durable. */
  syncFolder(path: string): Promise<void>
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } = constants
const EXTEND = O_RDWR | O_APPEND
const FLAGS = {
  read: O_RDONLY,
  extend: EXTEND,
  create: EXTEND | O_CREAT | O_EXCL,
  replace: EXTEND | O_CREAT | O_TRUNC,
} as const

export const nodeFiles: Files = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) await this.syncFolder(dirname(made))
  },
  async open(path, how) {
    return openFile(await open(path, O_NOFOLLOW | FLAGS[how], 0o600))
  },
  read: (path) => unlessMissing(readFile(path)),
  async state(path) {
    const found = await unlessMissing(lstat(path, { bigint: true }))
    return found && stateOf(found)
  },
  rename,
  async syncFolder(path) {
    const folder = await open(path, O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
}

function openFile(handle: FileHandle): OpenFile {
  return {
    async append(bytes) {
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten
    },
    async read(offset, length) {
      const bytes = Buffer.allocUnsafe(length)
      let at = 0
      for (let got = -1; got !== 0 && at < length; at += got)
        got = (await handle.read(bytes, at, length - at, offset + at)).bytesRead
      return bytes.subarray(0, at)
    },
    sync: () => handle.sync(),
    state: async () => stateOf(await handle.stat({ bigint: true })),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  }
}

function stateOf(found: { size: bigint; ino: bigint; nlink: bigint }): FileState {
  return { size: Number(found.size), inode: found.ino, links: Number(found.nlink) }
}

async function unlessMissing<Found>(work: Promise<Found>): Promise<Found | undefined> {
  try {
    return await work
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The system's code of an error, for example `ENOSPC`; empty when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
