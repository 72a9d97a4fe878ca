// The part of a store that delivery uses, in memory, with the assertions that matter: nothing is settled twice, every event ends in
// exactly one place. Each verb takes a turn of the event loop, as a real one does.
import type { Page } from '../../../src/model/page.ts'
import { bitSet, countBits, type Seq } from '../../../src/model/page.ts'
import type { NewNotice } from '../../../src/store/notices.ts'
import type {
  Health,
  Queue,
  QueueProgress,
  RetryEvent,
  RoutedPage,
  SeqRange,
  SetAside,
  Settlement,
  Store,
} from '../../../src/store/store.ts'

type Dead = SetAside & { cause: string; provisional: boolean }
type Retrying = SetAside & { nextAt: number }

interface StoredPage extends RoutedPage {
  readonly queue: Queue
}

export class FakeStore {
  readonly pages: StoredPage[] = []
  readonly settlements: Settlement[] = []
  readonly retrying = new Map<Seq, Retrying>()
  readonly dead = new Map<Seq, Dead>()
  readonly delivered = new Set<Seq>()
  saved: Health | null = null
  /** What came with the health. */
  readonly noticed: NewNotice[] = []
  readonly savedWith: string[] = []
  /** Called before each verb that writes; may throw. */
  onWrite: (verb: string) => void = () => undefined
  readonly #settled = new Map<Queue, Uint8Array>()
  readonly #seen = new Map<Queue, SeqRange[]>()
  #end = 1

  get port(): Store {
    return this as unknown as Store
  }

  /** Commits a page; returns its first ordinal. */
  commit(page: Page, options: { queue?: Queue; bitmap?: Uint8Array; source?: string } = {}): Seq {
    const { queue = 'live', bitmap = new Uint8Array((page.count + 7) >> 3).fill(0xff), source = 'app' } = options
    const firstSeq = this.#end
    this.pages.push({ queue, source, firstSeq, page, bitmap })
    this.#end += page.count
    return firstSeq
  }

  async progress(): Promise<readonly QueueProgress[]> {
    await turn()
    return (['live', 'catch_up', 'replay'] as const).map((queue) => this.#progress(queue))
  }

  #progress(queue: Queue): QueueProgress {
    const ranges = (this.#seen.get(queue) ?? []).toSorted((a, b) => a.from - b.from)
    let position = 1
    const above: SeqRange[] = []
    for (const range of ranges) {
      const last = above[above.length - 1]
      if (range.from === position && above.length === 0) position = range.to
      else if (last && last.to === range.from) above[above.length - 1] = { from: last.from, to: range.to }
      else above.push(range)
    }
    return { queue, position, above }
  }

  async nextPage(_destination: string, queue: Queue, from: Seq): Promise<RoutedPage | { end: Seq }> {
    const end = this.#end
    await turn()
    for (const stored of this.pages) {
      if (stored.queue !== queue || stored.firstSeq + stored.page.count <= from || stored.firstSeq >= end) continue
      for (let index = Math.max(0, from - stored.firstSeq); index < stored.page.count; index++)
        if (bitSet(stored.bitmap, index)) return stored
    }
    return { end }
  }

  async settle(settlement: Settlement): Promise<void> {
    await turn()
    this.onWrite('settle')
    this.settlements.push(settlement)
    for (const { queue, range } of settlement.settled) this.#settle(queue, range)
    for (const seq of settlement.retried) {
      if (!this.retrying.delete(seq)) throw new Error(`event ${seq} was not retrying`)
      this.#deliver(seq)
    }
    for (const aside of settlement.retrying) this.#place(aside.seq, () => this.retrying.set(aside.seq, aside))
    for (const dead of settlement.dead) this.#place(dead.seq, () => this.dead.set(dead.seq, dead))
    this.#countDelivered(settlement)
    const total = [...settlement.delivered.values()].reduce((sum, count) => sum + count, 0)
    const provisional = settlement.dead.some((dead) => dead.provisional)
    if (total > 0 && provisional) throw new Error('a delivery and a provisional dead letter in one settlement')
    if (total > 0) for (const [seq, dead] of this.dead) this.dead.set(seq, { ...dead, provisional: false })
  }

  #settle(queue: Queue, range: SeqRange): void {
    if (!(range.from < range.to)) throw new Error(`empty range ${range.from}..${range.to}`)
    const marks = this.#marks(queue, range.to)
    for (let seq = range.from; seq < range.to; seq++) {
      if (marks[seq]) throw new Error(`event ${seq} of ${queue} is settled twice`)
      marks[seq] = 1
    }
    const seen = this.#seen.get(queue) ?? []
    seen.push({ ...range })
    this.#seen.set(queue, seen)
  }

  #marks(queue: Queue, to: Seq): Uint8Array {
    const marks = this.#settled.get(queue) ?? new Uint8Array(0)
    if (marks.length >= to) return marks
    const grown = new Uint8Array(to * 2)
    grown.set(marks)
    this.#settled.set(queue, grown)
    return grown
  }

  #place(seq: Seq, put: () => void): void {
    if (this.dead.has(seq) || this.delivered.has(seq)) throw new Error(`event ${seq} has ended already`)
    this.retrying.delete(seq)
    put()
  }

  #deliver(seq: Seq): void {
    if (this.delivered.has(seq) || this.dead.has(seq)) throw new Error(`event ${seq} has ended already`)
    this.delivered.add(seq)
  }

  /** Settled and neither set aside nor dead means delivered; the settlement's own count must agree. */
  #countDelivered(settlement: Settlement): void {
    const elsewhere = new Set([...settlement.retrying, ...settlement.dead].map(({ seq }) => seq))
    let count = settlement.retried.length
    for (const { queue, range } of settlement.settled)
      for (const stored of this.pages) {
        if (stored.queue !== queue) continue
        const from = Math.max(range.from, stored.firstSeq)
        const to = Math.min(range.to, stored.firstSeq + stored.page.count)
        for (let seq = from; seq < to; seq++) {
          if (!bitSet(stored.bitmap, seq - stored.firstSeq) || elsewhere.has(seq)) continue
          this.#deliver(seq)
          count++
        }
      }
    const said = [...settlement.delivered.values()].reduce((sum, each) => sum + each, 0)
    if (said !== count) throw new Error(`the settlement says ${said} delivered, its ranges say ${count}`)
  }

  async dueRetries(_destination: string, now: number, limit: number, except: ReadonlySet<Seq>): Promise<RetryEvent[]> {
    await turn()
    return [...this.retrying.values()]
      .filter((aside) => aside.nextAt <= now && !except.has(aside.seq))
      .toSorted((a, b) => a.nextAt - b.nextAt || a.seq - b.seq)
      .slice(0, limit)
      .map(({ seq, source, attempts, firstAttemptedAt, nextAt }) => {
        return { seq, source, attempts, firstAttemptedAt, nextAt, page: this.#alone(seq) }
      })
  }

  #alone(seq: Seq): Page {
    const stored = this.pages.find(({ firstSeq, page }) => seq >= firstSeq && seq < firstSeq + page.count) as StoredPage
    const { page, firstSeq } = stored
    const index = seq - firstSeq
    const start = page.offsets[index] as number
    const end = page.offsets[index + 1] as number
    return {
      count: 1,
      bytes: page.bytes.slice(start, end),
      offsets: Uint32Array.of(0, end - start),
      times: page.times.slice(index, index + 1),
      keys: page.keys.slice(index * 16, index * 16 + 16),
      fingerprints: page.fingerprints.slice(index * 8, index * 8 + 8),
      tags: page.tags.slice(index, index + 1),
    }
  }

  async nextRetryAt(_destination: string, except: ReadonlySet<Seq>): Promise<number | null> {
    await turn()
    const times = [...this.retrying.values()].filter(({ seq }) => !except.has(seq)).map(({ nextAt }) => nextAt)
    return times.length === 0 ? null : Math.min(...times)
  }

  async exhume(_destination: string, now: number): Promise<number> {
    await turn()
    this.onWrite('exhume')
    const raised = [...this.dead.values()].filter((dead) => dead.provisional)
    for (const { seq, source, firstAttemptedAt, reason } of raised) {
      this.dead.delete(seq)
      this.retrying.set(seq, { seq, source, firstAttemptedAt, reason, attempts: 0, nextAt: now })
    }
    return raised.length
  }

  async provisional(): Promise<ReadonlyMap<string, number>> {
    await turn()
    const counts = new Map<string, number>()
    for (const { cause, provisional } of this.dead.values())
      if (provisional) counts.set(cause, (counts.get(cause) ?? 0) + 1)
    return counts
  }

  async health(): Promise<Health | null> {
    await turn()
    return this.saved
  }

  async saveHealth(
    _destination: string,
    health: Health,
    _now: number,
    notices: readonly NewNotice[] = [],
  ): Promise<void> {
    await turn()
    this.onWrite('saveHealth')
    this.saved = health
    this.noticed.push(...notices)
    if (notices.length > 0) this.savedWith.push(`${health.state} with ${notices.length}`)
  }

  /** Matched events that are neither delivered nor set aside nor dead. */
  get waiting(): number {
    const matched = this.pages.reduce((sum, { bitmap, page }) => sum + countBits(bitmap, page.count), 0)
    return matched - this.delivered.size - this.retrying.size - this.dead.size
  }

  /** Where a queue's position stands. */
  position(queue: Queue = 'live'): Seq {
    return this.#progress(queue).position
  }

  get end(): Seq {
    return this.#end
  }
}

/** A turn of microtasks, as an asynchronous store takes. */
async function turn(): Promise<void> {
  await Promise.resolve()
}
