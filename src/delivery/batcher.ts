// One queue of one destination as a supply of batches: reads pages, keeps the place, and takes matched events in order, across
// pages, within the limits. What became of a batch is not its business.
import type { BatchLimits } from '../model/batch.ts'
import { bitSet, type Seq } from '../model/page.ts'
import type { Queue, QueueProgress, RoutedPage, SeqRange } from '../store/store.ts'
import { eventOverhead, eventSize, OpenBatch, QueuedEvent, type Stamp } from './open-batch.ts'
import { Window } from './window.ts'

/** Where a filter lets little through, pages are held for few events: no more bytes of pages than this, or one batch's, at a time. */
const heldBytes = 2 * 1024 * 1024

interface LoadedPage {
  readonly routed: RoutedPage
  /** Which of its events are to be sent. */
  readonly indexes: Uint32Array
  at: number
}

export class Batcher {
  readonly queue: Queue
  readonly window = new Window()
  readonly #destination: string
  readonly #read: (from: Seq) => Promise<RoutedPage | { readonly end: Seq }>
  /** Everything before it lies in a batch or in a gap. */
  #covered: Seq
  /** Where the store is asked next. */
  #next: Seq
  readonly #above: SeqRange[]
  readonly #pages: LoadedPage[] = []
  #available = 0
  #held = 0
  /** The store had no more, and no page has been committed since. */
  #atEnd = false
  #wakes = 0
  /** Stretches without an event to send that no batch covers. */
  #gaps: SeqRange[] = []

  constructor(
    destination: string,
    progress: QueueProgress,
    read: (from: Seq) => Promise<RoutedPage | { readonly end: Seq }>,
  ) {
    this.#destination = destination
    this.queue = progress.queue
    this.#covered = progress.position
    this.#next = progress.position
    this.#above = [...progress.above]
    this.#read = read
  }

  /** A page was committed: there may be more. */
  wake(): void {
    this.#wakes++
    this.#atEnd = false
  }

  get ready(): boolean {
    return this.#available > 0
  }

  /** Everything that the store had is taken. */
  get drained(): boolean {
    return this.#atEnd && this.#available === 0
  }

  /** Reads ahead until a whole batch is at hand or the queue ends. True when there is anything to take. */
  async fill(limits: BatchLimits): Promise<boolean> {
    while (!this.#atEnd && this.#available < limits.maxEvents && this.#held < Math.max(heldBytes, limits.maxBytes)) {
      const wakes = this.#wakes
      const read = await this.#read(this.#next)
      if ('end' in read) {
        this.#next = Math.max(this.#next, read.end)
        this.#atEnd = wakes === this.#wakes
        if (this.#available === 0) this.#cover(this.#next)
      } else this.#load(read)
    }
    return this.#available > 0
  }

  #load(routed: RoutedPage): void {
    this.#next = Math.max(this.#next, routed.firstSeq + routed.page.count)
    const indexes = indexesToSend(routed, this.#covered, this.#above)
    if (indexes.length === 0) return
    this.#pages.push({ routed, indexes, at: 0 })
    this.#available += indexes.length
    this.#held += routed.page.bytes.length
  }

  /** The next events within the limits, at least one; null when none is loaded. An event that is too big alone is taken alone. */
  take(limits: BatchLimits, first: Stamp): OpenBatch | null {
    this.#skipSettled()
    const from = this.#covered
    const events: QueuedEvent[] = []
    const overhead = eventOverhead(this.#destination, limits)
    const barrier = this.#above[0]?.from ?? Infinity
    let bytes = 0
    while (events.length < limits.maxEvents && this.#available > 0) {
      const loaded = this.#pages[0] as LoadedPage
      const { routed, indexes } = loaded
      const index = indexes[loaded.at] as number
      const seq = routed.firstSeq + index
      const size = eventSize(routed.page, index, overhead)
      if (seq >= barrier || (events.length > 0 && bytes + size > limits.maxBytes)) break
      events.push(new QueuedEvent({ seq, source: routed.source, page: routed.page, index }, first, 0))
      bytes += size
      this.#advance(loaded)
    }
    if (events.length === 0) return null
    const origin = {
      destination: this.#destination,
      queue: this.queue,
      ordinal: this.window.take(),
      window: this.window,
    }
    const batch = new OpenBatch(origin, events, { from, bytes })
    this.#covered = batch.to
    if (this.drained) this.#cover(this.#next)
    return batch
  }

  #advance(loaded: LoadedPage): void {
    this.#available--
    if (++loaded.at < loaded.indexes.length) return
    this.#pages.shift()
    this.#held -= loaded.routed.page.bytes.length
  }

  /** A batch covers one stretch, so what was settled above the position by an earlier run ends a batch before it. */
  #skipSettled(): void {
    const loaded = this.#pages[0]
    const next = loaded ? loaded.routed.firstSeq + (loaded.indexes[loaded.at] as number) : this.#next
    while (this.#above[0] && this.#above[0].from <= next) this.#cover(this.#above[0].to)
  }

  /** Moves on to `to` over a stretch that holds nothing to send. */
  #cover(to: Seq): void {
    let settled = this.#above[0]
    while (settled && settled.from < to) {
      this.#gap(settled.from)
      this.#covered = Math.max(this.#covered, settled.to)
      this.#above.shift()
      settled = this.#above[0]
    }
    this.#gap(to)
  }

  #gap(to: Seq): void {
    if (to <= this.#covered) return
    this.#gaps.push({ from: this.#covered, to })
    this.#covered = to
  }

  /** Stretches that need no sending and no more reading, since the last call. */
  takeGaps(): readonly SeqRange[] {
    if (this.#gaps.length === 0) return this.#gaps
    const gaps = this.#gaps
    this.#gaps = []
    return gaps
  }
}

/** The matched events of a page from `from` on that are not settled already. */
function indexesToSend(routed: RoutedPage, from: Seq, above: readonly SeqRange[]): Uint32Array {
  const { page, bitmap, firstSeq } = routed
  const indexes = new Uint32Array(page.count)
  let count = 0
  for (let index = Math.max(0, from - firstSeq); index < page.count; index++)
    if (bitSet(bitmap, index) && !isSettled(firstSeq + index, above)) indexes[count++] = index
  return count === page.count ? indexes : indexes.slice(0, count)
}

function isSettled(seq: Seq, above: readonly SeqRange[]): boolean {
  for (const range of above) if (seq < range.to) return seq >= range.from
  return false
}
