// The retry queue of one destination as a supply of batches: knows when the next event falls due and which are out being tried.
import type { BatchLimits } from '../model/batch.ts'
import type { Seq } from '../model/page.ts'
import { type Clock, isoTime } from '../runtime/clock.ts'
import type { RetryEvent, Store } from '../store/store.ts'
import { longestRetryMs, savedWaitMs } from './backoff.ts'
import { eventOverhead, eventSize, OpenBatch, QueuedEvent } from './open-batch.ts'

/** Events taken from the store at once: each is a page of its own and may be large. */
const maxLoaded = 100

export class Retries {
  readonly #destination: string
  readonly #store: Store
  readonly #clock: Clock
  readonly #longestMs: number
  readonly #loaded: RetryEvent[] = []
  /** Loaded or in a batch, until what became of them is in the store. */
  readonly #taken = new Set<Seq>()
  #known = false
  #nextAt = 0
  #dueAt: number | null = null

  constructor(destination: string, parts: { store: Store; clock: Clock; scheduleMs: readonly number[] }) {
    this.#destination = destination
    this.#store = parts.store
    this.#clock = parts.clock
    this.#longestMs = longestRetryMs(parts.scheduleMs)
  }

  /** Monotonic time at which the next event that is not taken falls due; null when there is none. */
  get dueAt(): number | null {
    return this.#dueAt
  }

  get ready(): boolean {
    return this.#loaded.length > 0
  }

  /** Events set aside have changed in the store. */
  changed(): void {
    this.#known = false
  }

  /** What became of these is in the store. */
  release(seqs: Iterable<Seq>): void {
    for (const seq of seqs) this.#taken.delete(seq)
    this.#known = false
  }

  /** Learns when the next event falls due, if that may have changed. */
  async look(): Promise<void> {
    while (!this.#known) {
      this.#known = true
      const nextAt = await this.#store.nextRetryAt(this.#destination, this.#taken)
      this.#nextAt = nextAt ?? 0
      this.#dueAt =
        nextAt === null ? null : this.#clock.monotonic() + savedWaitMs(nextAt, this.#clock.now(), this.#longestMs)
    }
  }

  /** Loads what is due. True when there is anything to take. */
  async fill(): Promise<boolean> {
    if (this.#loaded.length > 0) return true
    if (this.#dueAt === null || this.#dueAt > this.#clock.monotonic()) return false
    // Waited for on the monotonic clock: a wall clock that was set back must not make it wait again.
    const now = Math.max(this.#clock.now(), this.#nextAt)
    const due = await this.#store.dueRetries(this.#destination, now, maxLoaded, this.#taken)
    for (const event of due) {
      this.#taken.add(event.seq)
      this.#loaded.push(event)
    }
    this.#known = false
    await this.look()
    return this.#loaded.length > 0
  }

  /** The earliest due events within the limits, at least one; null when none is loaded. */
  take(limits: BatchLimits): OpenBatch | null {
    const overhead = eventOverhead(this.#destination, limits)
    let bytes = 0
    let count = 0
    for (const { page } of this.#loaded) {
      const size = eventSize(page, 0, overhead)
      if (count > 0 && (count >= limits.maxEvents || bytes + size > limits.maxBytes)) break
      bytes += size
      count++
    }
    if (count === 0) return null
    const events = this.#loaded.splice(0, count).map(queued)
    const origin = { destination: this.#destination, queue: 'retry', ordinal: 0, window: null } as const
    return new OpenBatch(origin, events, { from: (events[0] as QueuedEvent).seq, bytes })
  }
}

function queued({ seq, source, page, attempts, firstAttemptedAt }: RetryEvent): QueuedEvent {
  return new QueuedEvent(
    { seq, source, page, index: 0 },
    { atMs: firstAttemptedAt, text: isoTime(firstAttemptedAt) },
    attempts,
  )
}
