// A page being filled from lines: events, what is quarantined, and when it is full.
import { isUtf8 } from 'node:buffer'
import { Tag } from '../../model/event.ts'
import type { QuarantineReason } from '../../model/page.ts'
import type { PageDraft, Refusal } from '../page-draft.ts'
import type { Mapper } from '../mapper.ts'
import { shown } from './names.ts'
import type { OutboxFile } from './outbox-file.ts'

/** A page ends after this many records, or bytes, or files whose progress moved. */
const pageRecords = 1000
const pageBytes = 1024 * 1024
const pageFiles = 1000
/** What is kept of a line over the limit. */
const keptOfLongLine = 64 * 1024

const NUL = 0x00
const CR = 0x0d
const SPACE = 0x20

export class LinePage {
  readonly draft: PageDraft
  /** Files whose progress this page moves, with what undoes it. */
  readonly touched = new Map<OutboxFile, () => void>()
  readonly #mapper: Mapper | undefined
  readonly #source: string
  readonly #maxLine: number
  #quarantinedBytes = 0
  #file: OutboxFile | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #base = 0
  #clean = false

  constructor(draft: PageDraft, source: string, maxLine: number, mapper: Mapper | undefined) {
    this.draft = draft
    this.#source = source
    this.#maxLine = maxLine
    this.#mapper = mapper
  }

  get isFull(): boolean {
    const { draft } = this
    return (
      draft.count + draft.quarantined.length >= pageRecords ||
      draft.size + this.#quarantinedBytes >= pageBytes ||
      this.touched.size >= pageFiles
    )
  }

  /** Remembers how a file was before this page moved it. */
  touch(file: OutboxFile): void {
    if (this.touched.has(file)) return
    this.touched.set(file, file.snapshot())
  }

  /** Nothing of this page was handed out: every file is where it was. */
  undo(): void {
    for (const restore of this.touched.values()) restore()
  }

  /** What `line` is about until the next call: `bytes[0]` is byte `base` of the file; `clean`: its lines are known to be UTF-8. */
  enter(file: OutboxFile, bytes: Buffer, base: number, clean: boolean): void {
    this.#file = file
    this.#bytes = bytes
    this.#base = base
    this.#clean = clean
  }

  /** One line at `[from, to)` of the bytes, its newline excluded. */
  line(from: number, to: number): void {
    const bytes = this.#bytes
    let start = from
    let end = to
    if (end > start && bytes[end - 1] === CR) end--
    // A hole that copy-truncation or a power cut left before the line.
    while (start < end && bytes[start] === NUL) start++
    if (start === end) return
    if (end - start > this.#maxLine) this.tooLarge(start, end)
    else if (this.#clean || isUtf8(bytes.subarray(start, end))) this.#record(start, end)
    else this.#quarantine('invalid_utf8', 'the line is not valid UTF-8', start, end)
  }

  /** A line over the limit, or as much of it as is at hand. */
  tooLarge(start: number, end: number): void {
    const kept = Math.min(end - start, keptOfLongLine)
    const detail = `the line is longer than ${this.#maxLine} bytes (max_line); its first ${kept} bytes are kept`
    this.#quarantine('too_large', detail, start, start + kept)
  }

  #record(start: number, end: number): void {
    const refusal = this.#mapper ? this.#mapped(this.#mapper, start, end) : this.draft.add(this.#bytes, start, end)
    if (refusal && !isBlank(this.#bytes, start, end)) this.#quarantine(refusal.reason, refusal.detail, start, end)
  }

  #mapped(mapper: Mapper, start: number, end: number): Refusal | undefined {
    const { part, generation } = this.#file as OutboxFile
    const identity = `${this.#source}\0${part}\0${generation}`
    const mapped = mapper.map(this.#bytes, start, end, { identity, offset: this.#base + start })
    if (mapped === false) return this.draft.add(this.#bytes, start, end)
    if (mapped !== true) return mapped
    const index = this.draft.count
    const refusal = this.draft.add(mapper.bytes, 0, mapper.length, this.#bytes.subarray(start, end))
    if (!refusal && mapper.duplicateKeys) this.draft.tag(index, Tag.duplicateKeys)
    return refusal
  }

  #quarantine(reason: QuarantineReason, detail: string, start: number, end: number): void {
    this.#quarantinedBytes += end - start
    const place = `${shown(this.#file?.path ?? '')} at byte ${this.#base + start}`
    this.draft.quarantine({ reason, detail }, place, this.#bytes.subarray(start, end))
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte > SPACE || (byte !== SPACE && byte !== 0x09 && byte !== CR)) return false
  }
  return true
}
