// Reads one file a stretch at a time and hands its lines to a page. It decides what is a line, and whether the file still is
// what was read before; which file comes next, and what a fault means for the source, is decided above.
import { isUtf8 } from 'node:buffer'
import { fstatSync, readSync, type BigIntStats } from 'node:fs'
import { HEAD_BYTES, printOf, stillHolds, TAIL_BYTES } from './identity.ts'
import type { LinePage } from './page.ts'
import type { OutboxFile } from './outbox-file.ts'

const NEWLINE = 0x0a
const leastBuffer = 1024 * 1024
/** How much of a file is read at a turn while others wait. */
const fairBytes = 256 * 1024
const bomLength = 3

/** What a turn left: more to read at once, nothing until the file changes; or the content was found to be another. */
export type Turn = 'more' | 'end' | 'restarted'

export interface TurnRequest {
  readonly descriptor: number
  /** Other files wait for their turn. */
  readonly shared: boolean
  /** Nothing will be appended: a last line without a newline is a line. */
  readonly final: boolean
}

export class Reader {
  readonly #buffer: Buffer
  readonly #scratch = Buffer.alloc(Math.max(HEAD_BYTES, TAIL_BYTES))
  readonly #maxLine: number
  /** Whose bytes the buffer holds: `[0, length)` lies at `base` of this file and generation. */
  #owner: OutboxFile | undefined
  #generation = 0
  #base = 0
  #length = 0
  #lastNewline = -1
  #clean = false
  #stat: BigIntStats | undefined

  constructor(maxLine: number) {
    this.#maxLine = maxLine
    // Room for the longest line that is taken, its CR LF, and one byte that shows that it is longer.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(leastBuffer, maxLine + 3))
  }

  /** Forgets what was read ahead. */
  reset(): void {
    this.#owner = undefined
  }

  /** Moves a file forward by at most one stretch. Throws what the file system throws. */
  turn(file: OutboxFile, page: LinePage, request: TurnRequest): Turn {
    if (!this.#hasLinesOf(file)) {
      const stat = fstatSync(request.descriptor, { bigint: true })
      this.#fill(file, request, stat)
      if (!this.#isSame(file, request.descriptor)) {
        page.touch(file)
        file.restart(stat)
        this.reset()
        return 'restarted'
      }
    }
    const from = file.offset
    this.#takeLines(file, page)
    // A page that is full leaves the rest for the next one.
    const restWaits = page.isFull && file.offset < this.#base + this.#length
    if (!restWaits) this.#takeRest(file, page, request.final)
    if (file.offset > from) this.#remember(file, request.descriptor)
    return restWaits || (file.offset > from && this.#isBehind()) ? 'more' : this.#end(file)
  }

  /** Lines were read ahead at an earlier turn and not taken, because the page was full. */
  #hasLinesOf(file: OutboxFile): boolean {
    return (
      this.#owner === file &&
      this.#generation === file.generation &&
      file.offset >= this.#base &&
      file.offset <= this.#base + this.#lastNewline
    )
  }

  #fill(file: OutboxFile, { descriptor, shared }: TurnRequest, stat: BigIntStats): void {
    this.#owner = file
    this.#generation = file.generation
    this.#base = file.offset
    this.#stat = stat
    const whole = this.#buffer.length
    this.#length = readSync(descriptor, this.#buffer, 0, shared ? fairBytes : whole, file.offset)
    this.#findEnd()
    if (shared && this.#lastNewline < 0 && this.#length === fairBytes) {
      this.#length += readSync(descriptor, this.#buffer, fairBytes, whole - fairBytes, file.offset + fairBytes)
      this.#findEnd()
    }
    this.#clean = isUtf8(this.#buffer.subarray(0, this.#lastNewline + 1))
  }

  #findEnd(): void {
    this.#lastNewline = this.#buffer.subarray(0, this.#length).lastIndexOf(NEWLINE)
  }

  /** Checked after the bytes were read: what was in front of them then is in front of them now. A file that shrank fails too. */
  #isSame(file: OutboxFile, descriptor: number): boolean {
    return (
      stillHolds(descriptor, file.head, 0, this.#scratch) &&
      stillHolds(descriptor, file.tail, file.offset - file.tail.length, this.#scratch)
    )
  }

  #takeLines(file: OutboxFile, page: LinePage): void {
    const buffer = this.#buffer
    const last = this.#lastNewline
    let at = file.offset - this.#base
    if (at > last) return
    page.touch(file)
    page.enter(file, buffer, this.#base, this.#clean)
    if (file.skipping) {
      at = buffer.indexOf(NEWLINE, at) + 1
      file.skipping = false
    }
    if (file.offset === 0 && startsWithBom(buffer)) at += bomLength
    while (at <= last && !page.isFull) {
      const newline = buffer.indexOf(NEWLINE, at)
      page.line(at, newline)
      at = newline + 1
    }
    file.offset = this.#base + at
  }

  /** What follows the last newline: a line that is being written, a line over the limit, or the last line of a finished file. */
  #takeRest(file: OutboxFile, page: LinePage, final: boolean): void {
    const from = file.offset - this.#base
    const to = this.#length
    if (from >= to) return
    const atEnd = this.#base + to >= Number(this.#stat?.size)
    const tooLong = to - from > this.#maxLine + 2
    if (!file.skipping && !tooLong && !(final && atEnd)) return
    page.touch(file)
    page.enter(file, this.#buffer, this.#base, false)
    if (file.skipping || (tooLong && isHole(this.#buffer, from, to) && !atEnd)) file.offset = this.#base + to
    else if (tooLong) {
      page.tooLarge(from, to)
      file.skipping = true
      file.offset = this.#base + to
    } else {
      const bom = file.offset === 0 && to >= bomLength && startsWithBom(this.#buffer)
      page.line(bom ? from + bomLength : from, to)
      file.offset = this.#base + to
    }
    if (final && atEnd) file.skipping = false
  }

  /** The prints by which the next reading knows that this was the file. */
  #remember(file: OutboxFile, descriptor: number): void {
    const end = file.offset - this.#base
    file.tail = printOf(this.#buffer.subarray(Math.max(0, end - TAIL_BYTES), end))
    if (file.head.length === HEAD_BYTES) return
    const wanted = Math.min(HEAD_BYTES, file.offset)
    const length = this.#base === 0 ? wanted : readSync(descriptor, this.#scratch, 0, wanted, 0)
    file.head = printOf((this.#base === 0 ? this.#buffer : this.#scratch).subarray(0, length))
  }

  /** The file is longer than what was read of it. (Asked only after progress: a file system may say anything about sizes.) */
  #isBehind(): boolean {
    return this.#base + this.#length < Number(this.#stat?.size)
  }

  #end(file: OutboxFile): Turn {
    const { size, mtimeNs } = this.#stat as BigIntStats
    file.reachEnd(Number(size), mtimeNs)
    return 'end'
  }
}

function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function isHole(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false
  return true
}
