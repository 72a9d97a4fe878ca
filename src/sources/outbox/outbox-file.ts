// One file of an outbox: what is saved of it as its cursor, and what is known of it while the relay runs.
import type { BigIntStats } from 'node:fs'
import { z } from 'zod'
import { SourceError } from '../../model/errors.ts'
import { bornOf, inodeOf, isReborn, NO_PRINT, type Print } from './identity.ts'

const PrintText = z.tuple([z.number(), z.string()])
const CursorText = z.strictObject({
  v: z.literal(1),
  path: z.string(),
  inode: z.string(),
  born: z.string(),
  generation: z.number(),
  offset: z.number(),
  head: PrintText,
  tail: PrintText,
  /** Size and time of change (ns) at which everything was read, or -1. */
  end: z.tuple([z.number(), z.string()]),
  skipping: z.boolean(),
  done: z.boolean(),
  rotated: z.boolean(),
  leftAt: z.number().nullable(),
})

export class OutboxFile {
  /** Stable through renames and truncations; part of derived event ids. */
  readonly part: string
  path = ''
  /** Device and inode number. */
  inode = ''
  born = ''
  /** Counts truncations and replacements under one part. */
  generation = 0
  /** Everything before this byte has been read. */
  offset = 0
  head: Print = NO_PRINT
  tail: Print = NO_PRINT
  endSize = -1
  endMtime = -1n
  /** In the middle of a line over the limit, which is already quarantined. */
  skipping = false
  /** A spool file that was read to its end. */
  done = false
  /** It lost the name under which it was found: nobody is expected to write to it for much longer. */
  rotated = false
  /** Wall clock, ms: since when it is outside the pattern, or gone, with nothing left to read. */
  leftAt: number | null = null

  size = 0
  mtime = 0n
  /** Monotonic ms of the last change that was noticed. */
  changedAt = 0
  /** No name for it was found; only an open descriptor can read it. */
  nameless = false
  /** The last scan found it under a name that the pattern covers. */
  matched = false
  queued = false
  /** The cursor as it was last handed out. */
  saved = ''

  constructor(part: string) {
    this.part = part
  }

  /** A file seen for the first time. */
  static found(path: string, stat: BigIntStats, at: number): OutboxFile {
    const file = new OutboxFile(
      `${stat.dev.toString(36)}-${stat.ino.toString(36)}-${BigInt(bornOf(stat)).toString(36)}`,
    )
    file.path = path
    file.inode = inodeOf(stat)
    file.born = bornOf(stat)
    file.observe(stat, at)
    return file
  }

  /** Takes in what the file system says. True when there may be something new to read. */
  observe(stat: BigIntStats, at: number): boolean {
    const size = Number(stat.size)
    if (size !== this.size || stat.mtimeNs !== this.mtime) this.changedAt = at
    // Where birth times prove nothing, a finished file that changed counts as another: rather twice than never.
    const maybeReborn = this.done && stat.mtimeNs !== this.endMtime && bornOf(stat) !== this.born
    this.size = size
    this.mtime = stat.mtimeNs
    if (maybeReborn || isReborn(this.born, stat)) this.restart(stat)
    return this.size !== this.endSize || this.mtime !== this.endMtime
  }

  /** The content is not what was read: from the start, as another generation. */
  restart(stat: BigIntStats): void {
    this.generation++
    this.born = bornOf(stat)
    this.offset = 0
    this.head = NO_PRINT
    this.tail = NO_PRINT
    this.skipping = false
    this.done = false
    this.rotated = false
    this.leftAt = null
    this.endSize = -1
    this.endMtime = -1n
  }

  /** Everything in the file, as it is now, has been read. */
  reachEnd(size: number, mtime: bigint): void {
    this.endSize = size
    this.endMtime = mtime
  }

  /** Everything as it is now; the function given back restores it. */
  snapshot(): () => void {
    const now = Object.assign({}, this)
    return () => void Object.assign(this, now)
  }

  encode(): string {
    return JSON.stringify({
      v: 1,
      path: this.path,
      inode: this.inode,
      born: this.born,
      generation: this.generation,
      offset: this.offset,
      head: [this.head.length, this.head.hash],
      tail: [this.tail.length, this.tail.hash],
      end: [this.endSize, String(this.endMtime)],
      skipping: this.skipping,
      done: this.done,
      rotated: this.rotated,
      leftAt: this.leftAt,
    } satisfies z.input<typeof CursorText>)
  }

  /** From a saved cursor. Throws a `SourceError` when the text is not one of ours: starting over would send everything again. */
  static restore(part: string, text: string): OutboxFile {
    const saved = parsed(part, text)
    const { head, tail, end, v: _, ...plain } = saved
    const file = Object.assign(new OutboxFile(part), plain)
    file.head = { length: head[0], hash: head[1] }
    file.tail = { length: tail[0], hash: tail[1] }
    file.reachEnd(end[0], BigInt(end[1]))
    file.size = Math.max(file.endSize, file.offset)
    file.mtime = file.endMtime
    file.saved = text
    return file
  }
}

function parsed(part: string, text: string): z.output<typeof CursorText> {
  try {
    return CursorText.parse(JSON.parse(text))
  } catch (cause) {
    throw new SourceError(
      'denied',
      `the saved progress of part ${part} cannot be read; a newer version may have written it, or reset the source to read everything again`,
      { cause },
    )
  }
}
