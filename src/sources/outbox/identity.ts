// How a file is known again under another name, and told from one that took its inode number or its name.
import { hash } from 'node:crypto'
import { type BigIntStats, readSync } from 'node:fs'

/** How many bytes at the start, and how many before the offset (mostly a whole line), are remembered. */
export const HEAD_BYTES = 256
export const TAIL_BYTES = 1024

/** A hash of `length` bytes whose place is known. */
export interface Print {
  readonly length: number
  readonly hash: string
}

export const NO_PRINT: Print = { length: 0, hash: '' }

export function printOf(bytes: Uint8Array): Print {
  return bytes.length === 0 ? NO_PRINT : { length: bytes.length, hash: hash('sha256', bytes, 'hex').slice(0, 16) }
}

/** Whether the file still holds, at `position`, the bytes that were printed. */
export function stillHolds(descriptor: number, print: Print, position: number, scratch: Buffer): boolean {
  if (print.length === 0) return true
  const length = readSync(descriptor, scratch, 0, print.length, position)
  return length === print.length && printOf(scratch.subarray(0, length)).hash === print.hash
}

export function inodeOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`
}

/** When the file was made, nanoseconds; where the file system does not keep that, when it last changed. */
export function bornOf(stat: BigIntStats): string {
  return String(stat.birthtimeNs > 0n ? stat.birthtimeNs : stat.ctimeNs)
}

/**
 * Whether the file system keeps birth times. One that equals the change time proves nothing: where birth times are not kept,
 * Node gives the change time in their place.
 */
export function hasBirthTime(stat: BigIntStats): boolean {
  return stat.birthtimeNs > 0n && stat.birthtimeNs !== stat.ctimeNs
}

/** Whether the inode surely belongs to another file than the one born then. */
export function isReborn(born: string, stat: BigIntStats): boolean {
  return hasBirthTime(stat) && String(stat.birthtimeNs) !== born
}
