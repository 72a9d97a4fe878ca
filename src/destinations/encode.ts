// The bytes of a batch: each event with `stream` spliced in before its last brace. Bytes are copied, never parsed; this is
// one of the few places written for speed. What is done with the bytes is left to each kind.
import type { Batch, BatchEvent } from '../model/batch.ts'
import { streamOf } from '../model/stream.ts'

/** How events stand together: one after the other with nothing between, a JSON array, or a JSON object a line. */
export type Form = 'object' | 'array' | 'lines'

interface Marks {
  readonly before: string
  readonly between: string
  readonly after: string
}

const MARKS: Readonly<Record<Form, Marks>> = {
  object: { before: '', between: '', after: '' },
  array: { before: '[', between: ',', after: ']' },
  lines: { before: '', between: '\n', after: '\n' },
}

/** What `array` and `lines` add to one event at most, bytes (an array of one has two brackets). */
export const FORM_OVERHEAD_BYTES = 2

/** What a kind puts around each event, beside what stands between events. */
export interface Wrapping {
  /** Begins the event's own object, or a member of it: `{"time":1.5,"event":`. */
  readonly before: (event: BatchEvent, index: number) => string
  /** Ends what `before` began. */
  readonly after: string
  /** How many of the event's first bytes are left out, because `before` holds what stands for them: its first brace. */
  readonly skip?: (event: BatchEvent, index: number) => number
}

const bare: Wrapping = { before: () => '', after: '' }

export interface Encoding {
  /** Fewer than the batch holds. */
  readonly events?: readonly BatchEvent[]
  readonly wrapping?: Wrapping
}

/** The body of a batch. An event's own bytes arrive as they are. */
export function encodeBatch(
  batch: Batch,
  form: Form,
  { events = batch.events, wrapping = bare }: Encoding = {},
): Buffer {
  const { before, between, after } = MARKS[form]
  const heads = wrapping === bare ? null : events.map((event, index) => wrapping.before(event, index))
  const skips = wrapping.skip && events.map(wrapping.skip)
  const tails = tailsOf(batch, `${wrapping.after}${between}`, events)
  const size =
    sizeOf(batch, events, tails) +
    (heads ? heads.reduce((sum, head) => sum + Buffer.byteLength(head), 0) : 0) -
    (skips ? skips.reduce((sum, skipped) => sum + skipped, 0) : 0)
  const body = Buffer.allocUnsafe(size - between.length + before.length + after.length)
  let at = before.length > 0 ? body.write(before, 0, 'latin1') : 0
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    const tail = tails[index] as Buffer
    if (heads) at += body.write(heads[index] as string, at)
    const start = event.start + (skips?.[index] ?? 0)
    const end = ownEnd(batch, event)
    body.set(event.bytes.subarray(start, end), at)
    at += end - start
    body.set(at + tail.length > body.length ? tail.subarray(0, body.length - at) : tail, at)
    at += tail.length
  }
  if (after.length > 0) body.write(after, body.length - after.length, 'latin1')
  return body
}

/** Gives each event of the batch as text, for a receiver that wants it as one string: `stream` is in it as in its bytes. */
export function eventTexts(batch: Batch): (event: BatchEvent) => string {
  const known = new Map<string, Buffer>()
  return (event) => {
    const own = Buffer.from(
      event.bytes.buffer,
      event.bytes.byteOffset + event.start,
      ownEnd(batch, event) - event.start,
    )
    return batch.complete
      ? own.toString()
      : `${own.toString()}${tailOf(batch.destination, '', event, known).toString()}`
  }
}

/** Where an event's own bytes end: before its last brace where `stream` is still to come. */
function ownEnd(batch: Batch, event: BatchEvent): number {
  return batch.complete ? event.end : event.end - 1
}

function sizeOf(batch: Batch, events: readonly BatchEvent[], tails: readonly Buffer[]): number {
  let size = 0
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    size += ownEnd(batch, event) - event.start + (tails[index] as Buffer).length
  }
  return size
}

/** The end of each event, its separator included. Nearly always one text serves the whole batch. */
function tailsOf(batch: Batch, closing: string, events: readonly BatchEvent[]): Buffer[] {
  if (batch.complete) {
    const tail = Buffer.from(closing)
    return events.map(() => tail)
  }
  const tails: Buffer[] = []
  const known = new Map<string, Buffer>()
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    const last = events[index - 1]
    tails[index] =
      last && sameTail(last, event) ? (tails[index - 1] as Buffer) : tailOf(batch.destination, closing, event, known)
  }
  return tails
}

function sameTail(one: BatchEvent, other: BatchEvent): boolean {
  return one.attempt === other.attempt && one.firstAttemptedAt === other.firstAttemptedAt && one.tags === other.tags
}

function tailOf(destination: string, closing: string, event: BatchEvent, known: Map<string, Buffer>): Buffer {
  const name = `${event.attempt} ${event.tags} ${event.firstAttemptedAt}`
  const found = known.get(name)
  if (found) return found
  const tail = Buffer.from(`,"stream":${JSON.stringify(streamOf(destination, event))}}${closing}`)
  known.set(name, tail)
  return tail
}
