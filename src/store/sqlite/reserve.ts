// Room that is kept free by a file of our own, really written: given back when the disk is full, so that what was delivered can
// still be written down.
import fs from 'node:fs'
import { dirname } from 'node:path'
import { makePrivate, sizeOf } from './files.ts'

const pieceBytes = 1024 * 1024
/** Free room beyond the reserve itself that must be there before it is taken again. */
const marginBytes = 4 * 1024 * 1024

export class Reserve {
  readonly #path: string
  readonly #bytes: number
  #released = false

  /** `bytes` may be 0: then there is none, and a full disk stops settling too. */
  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
  }

  /** Whether the disk was found full and has had no room since. */
  get released(): boolean {
    return this.#released
  }

  /** Takes the room if it is there; without it the disk counts as full. */
  take(): void {
    this.#released = false
    if (this.#bytes === 0 || sizeOf(this.#path) === this.#bytes) return
    if (!this.#hasRoom()) return this.release()
    try {
      makePrivate(this.#path)
      this.#fill()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      this.release()
    }
  }

  /** Gives the room back. */
  release(): void {
    this.#released = true
    fs.rmSync(this.#path, { force: true })
  }

  /** Whether there is room again; then the reserve is taken anew. */
  recovered(): boolean {
    if (this.#released && this.#hasRoom()) this.take()
    return !this.#released
  }

  /** What must be free before it is taken again, and what is. */
  wants(): string {
    return `${mebibytes(this.#wantedBytes())} wanted for state.reserve and a margin, ${mebibytes(this.#freeBytes())} free`
  }

  #hasRoom(): boolean {
    return this.#freeBytes() >= this.#wantedBytes()
  }

  #wantedBytes(): number {
    return this.#bytes + Math.min(marginBytes, Math.max(this.#bytes, pieceBytes))
  }

  #freeBytes(): number {
    const { bavail, bsize } = fs.statfsSync(dirname(this.#path))
    return bavail * bsize
  }

  /** Written, not only declared: a file of holes reserves nothing. */
  #fill(): void {
    const piece = Buffer.alloc(pieceBytes, 0xa5)
    const file = fs.openSync(this.#path, 'w', 0o600)
    try {
      for (let left = this.#bytes; left > 0; left -= pieceBytes)
        fs.writeSync(file, piece, 0, Math.min(left, pieceBytes))
    } finally {
      fs.closeSync(file)
    }
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / pieceBytes).toFixed(1)} MiB`
}
