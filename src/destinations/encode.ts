// The bytes of a batch: each event with `stream` spliced in before its last brace. Bytes are copied, never parsed; this is
// one of the few places written for speed. What is done with the bytes is left to each kind.
import type { Batch, BatchEvent } from '../model/batch.ts'
import { tagNames } from '../model/event.ts'

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

/** The body of a batch. `events` may be fewer than the batch holds; an event's own bytes arrive as they are. */
export function encodeBatch(batch: Batch, form: Form, events: readonly BatchEvent[] = batch.events): Buffer {
  const { before, between, after } = MARKS[form]
  const tails = tailsOf(batch.destination, between, events)
  const body = Buffer.allocUnsafe(sizeOf(events, tails) - between.length + before.length + after.length)
  let at = before.length > 0 ? body.write(before, 0, 'latin1') : 0
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    const tail = tails[index] as Buffer
    body.set(event.bytes.subarray(event.start, event.end - 1), at)
    at += event.end - 1 - event.start
    body.set(at + tail.length > body.length ? tail.subarray(0, body.length - at) : tail, at)
    at += tail.length
  }
  if (after.length > 0) body.write(after, body.length - after.length, 'latin1')
  return body
}

function sizeOf(events: readonly BatchEvent[], tails: readonly Buffer[]): number {
  let size = 0
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    size += event.end - event.start - 1 + (tails[index] as Buffer).length
  }
  return size
}

/** The end of each event, its separator included. Nearly always one text serves the whole batch. */
function tailsOf(destination: string, between: string, events: readonly BatchEvent[]): Buffer[] {
  const tails: Buffer[] = []
  const known = new Map<string, Buffer>()
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as BatchEvent
    const last = events[index - 1]
    tails[index] =
      last && sameTail(last, event) ? (tails[index - 1] as Buffer) : tailOf(destination, between, event, known)
  }
  return tails
}

function sameTail(one: BatchEvent, other: BatchEvent): boolean {
  return one.attempt === other.attempt && one.firstAttemptedAt === other.firstAttemptedAt && one.tags === other.tags
}

function tailOf(destination: string, between: string, event: BatchEvent, known: Map<string, Buffer>): Buffer {
  const name = `${event.attempt} ${event.tags} ${event.firstAttemptedAt}`
  const found = known.get(name)
  if (found) return found
  const tags = event.tags === 0 ? {} : { tags: tagNames(event.tags) }
  const stream = {
    destination_id: destination,
    attempt: event.attempt,
    first_attempted_at: event.firstAttemptedAt,
    ...tags,
  }
  const tail = Buffer.from(`,"stream":${JSON.stringify(stream)}}${between}`)
  known.set(name, tail)
  return tail
}
