// A batch from the moment it is taken until every event in it is settled: its members, the stretch of the queue that it covers,
// and what is held against it. Batches are cut only here.
import { hash } from 'node:crypto'
import type { Batch, BatchEvent, BatchLimits } from '../model/batch.ts'
import { KEY_BYTES, type Page, type Seq } from '../model/page.ts'
import type { Reason } from '../model/verdict.ts'
import type { Queue } from '../store/store.ts'
import type { Window } from './window.ts'

/** When events were first attempted, once for a whole batch. */
export interface Stamp {
  readonly atMs: number
  readonly text: string
}

/** One event of a batch: a place in a page, and the attempts spent on it. Reading it costs nothing until a kind asks. */
export class QueuedEvent implements BatchEvent {
  readonly seq: Seq
  readonly source: string
  readonly page: Page
  readonly index: number
  readonly first: Stamp
  /** Attempts spent so far. */
  readonly spent: number

  constructor(place: { seq: Seq; source: string; page: Page; index: number }, first: Stamp, spent: number) {
    this.seq = place.seq
    this.source = place.source
    this.page = place.page
    this.index = place.index
    this.first = first
    this.spent = spent
  }

  get bytes(): Uint8Array {
    return this.page.bytes
  }
  get start(): number {
    return this.page.offsets[this.index] as number
  }
  get end(): number {
    return (this.page.offsets[this.index + 1] as number) - 1
  }
  get timeMs(): number {
    return this.page.times[this.index] as number
  }
  get key(): string {
    const { buffer, byteOffset } = this.page.keys
    return Buffer.from(buffer, byteOffset + this.index * KEY_BYTES, KEY_BYTES).toString('hex')
  }
  get tags(): number {
    return this.page.tags[this.index] as number
  }
  get attempt(): number {
    return this.spent + 1
  }
  get firstAttemptedAt(): string {
    return this.first.text
  }
}

/** A batch that was refused as a whole and is cut until the refused events are alone. */
export interface Bisection {
  /** Events in the batch that was refused. */
  readonly size: number
  /** Deliveries that the destination had made when it began. */
  readonly deliveries: number
  rejected: number
}

/** What batches cut from the same one share. */
interface Origin {
  readonly destination: string
  /** Where its events come from: a queue, or the retry queue. */
  readonly queue: Queue | 'retry'
  /** Its place in the order in which batches were taken from the queue, and the window that counts it. */
  readonly ordinal: number
  readonly window: Window | null
}

export class OpenBatch implements Batch {
  readonly id: string
  readonly destination: string
  readonly events: readonly QueuedEvent[]
  readonly origin: Origin
  /** The first ordinal of the stretch that it covers: its own events and those before each that need no sending. */
  readonly from: Seq
  /** Upper bound of its encoding. */
  readonly bytes: number
  readonly bisection: Bisection | null

  /** Failures as a whole while the destination was taken to be well. */
  strikes = 0
  /** Failures as a whole, whoever was to blame; a part begins with one of them. */
  failures = 0
  /** It was cut from a batch that failed while others were delivered: one more failure of that sort is enough. */
  suspected = false
  /** The number of the request that carried it last, and of the newest request when it failed last. */
  sentAs = 0
  failedAt = 0
  failure: { readonly reason: Reason; readonly afterMs?: number; readonly halts: boolean } | null = null

  constructor(
    origin: Origin,
    events: readonly QueuedEvent[],
    place: { from: Seq; bytes: number; bisection?: Bisection | null },
  ) {
    this.destination = origin.destination
    this.origin = origin
    this.events = events
    this.from = place.from
    this.bytes = place.bytes
    this.bisection = place.bisection ?? null
    this.id = batchId(events)
    origin.window?.add(origin.ordinal)
  }

  /** The first ordinal after it. */
  get to(): Seq {
    return (this.events[this.events.length - 1] as QueuedEvent).seq + 1
  }

  /** Where the stretch of event `index` begins; it ends with the event. */
  stretchFrom(index: number): Seq {
    return index === 0 ? this.from : (this.events[index - 1] as QueuedEvent).seq + 1
  }

  /** The batch of its events `[start, end)`. Whoever cuts a batch into all its parts closes it. */
  part(start: number, end: number, bisection: Bisection | null = this.bisection): OpenBatch {
    const events = this.events.slice(start, end)
    const bytes = Math.ceil((this.bytes * events.length) / this.events.length)
    const from = this.origin.queue === 'retry' ? (events[0] as QueuedEvent).seq : this.stretchFrom(start)
    const part = new OpenBatch(this.origin, events, { from, bytes, bisection })
    part.suspected = this.suspected
    part.failures = Math.min(1, this.failures)
    return part
  }

  /** Two halves in order, in its place. */
  halve(bisection: Bisection | null = this.bisection): readonly [OpenBatch, OpenBatch] {
    return this.cut(this.events.length >> 1, bisection)
  }

  /** The first `count` events and the others, in its place. */
  cut(count: number, bisection: Bisection | null = this.bisection): readonly [OpenBatch, OpenBatch] {
    const parts = [this.part(0, count, bisection), this.part(count, this.events.length, bisection)] as const
    this.close()
    return parts
  }

  /** It is settled, or others stand in its place. */
  close(): void {
    this.origin.window?.remove(this.origin.ordinal)
  }
}

/** 128 bits of a hash of the members' keys and sources in order, so that only the identical batch has that id. */
function batchId(events: readonly QueuedEvent[]): string {
  const keys = Buffer.allocUnsafe(events.length * KEY_BYTES)
  // Two sources may use the same `event_id` for different events.
  let sources = ''
  let last: string | undefined
  for (let from = 0; from < events.length;) {
    const { page, index, source } = events[from] as QueuedEvent
    if (source !== last) sources += `${from} ${source}\n`
    last = source
    let to = from + 1
    while (to < events.length && events[to]?.page === page && events[to]?.index === index + to - from) to++
    keys.set(page.keys.subarray(index * KEY_BYTES, (index + to - from) * KEY_BYTES), from * KEY_BYTES)
    from = to
  }
  return hash('sha256', Buffer.concat([keys, Buffer.from(sources)]), 'hex').slice(0, 32)
}

/** `,"stream":{…}` without the destination's name, at its longest. */
const streamBytes = 110
const tagsBytes = 64

/** Upper bound of what one event adds to an encoding, beyond its own bytes. */
export function eventOverhead(destination: string, limits: BatchLimits): number {
  return limits.overheadBytes + streamBytes + Buffer.byteLength(JSON.stringify(destination))
}

/** Upper bound of one event's part of an encoding. */
export function eventSize(page: Page, index: number, overhead: number): number {
  const length = (page.offsets[index + 1] as number) - (page.offsets[index] as number)
  return length + overhead + (page.tags[index] === 0 ? 0 : tagsBytes)
}
