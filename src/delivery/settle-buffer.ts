// What a destination has learned since the last write, gathered into settlements. Pure bookkeeping; `settler.ts` writes them.
import type { Seq } from '../model/page.ts'
import type { NewNotice } from '../store/notices.ts'
import type { AttemptRecord, Queue, SeqRange, SetAside, Settlement } from '../store/store.ts'
import type { OpenBatch, QueuedEvent } from './open-batch.ts'

type Settled = Settlement['settled'][number]

/** One settlement while it grows. */
interface Group {
  readonly settled: { readonly queue: Queue; readonly range: { from: Seq; to: Seq } }[]
  readonly delivered: Map<string, number>
  readonly retried: Seq[]
  readonly retrying: (SetAside & { readonly nextAt: number })[]
  dead: (SetAside & { readonly cause: string; readonly provisional: boolean })[]
  readonly attempts: AttemptRecord[]
  readonly notices: NewNotice[]
  /** Seqs that come from the retry queue. */
  readonly fromRetries: Seq[]
  events: number
  provisional: boolean
}

/** A settlement, how many events it settles, and which of them were in the retry queue. */
export interface Sealed {
  readonly settlement: Settlement
  readonly events: number
  readonly fromRetries: readonly Seq[]
}

export class SettleBuffer {
  readonly #destination: string
  #sealed: Sealed[] = []
  #group: Group | null = null
  /** Events in it. */
  events = 0

  constructor(destination: string) {
    this.#destination = destination
  }

  get empty(): boolean {
    return this.#group === null && this.#sealed.length === 0
  }

  attempt(record: AttemptRecord): void {
    this.#open().attempts.push(record)
  }

  /** A stretch of a queue without an event to send. */
  gap(queue: Queue, range: SeqRange): void {
    addRange(this.#open(), queue, range.from, range.to)
  }

  /** Events `[start, end)` of a batch were delivered; `notices` say so. */
  delivered(batch: OpenBatch, start: number, end: number, notices: readonly NewNotice[] = []): void {
    const group = this.#settle(batch, start, end)
    group.notices.push(...notices)
    for (let index = start; index < end;) {
      const { source } = batch.events[index] as QueuedEvent
      const from = index
      while (index < end && batch.events[index]?.source === source) index++
      group.delivered.set(source, (group.delivered.get(source) ?? 0) + index - from)
    }
    if (batch.origin.queue === 'retry')
      for (let index = start; index < end; index++) group.retried.push((batch.events[index] as QueuedEvent).seq)
    if (!group.provisional) return
    group.provisional = false
    group.dead = group.dead.map((dead) => ({ ...dead, provisional: false }))
  }

  /** One event of a batch waits for its next attempt. */
  retrying(batch: OpenBatch, index: number, aside: SetAside & { readonly nextAt: number }): void {
    this.#settle(batch, index, index + 1).retrying.push(aside)
  }

  /** One event of a batch waits for a person. */
  dead(batch: OpenBatch, index: number, dead: Settlement['dead'][number]): void {
    // A delivery clears what is provisional, and in one settlement nobody could tell which of the two came first.
    if (dead.provisional && this.#group && this.#group.delivered.size > 0) this.#seal()
    const group = this.#settle(batch, index, index + 1)
    group.dead.push(dead)
    if (dead.provisional) group.provisional = true
  }

  /** Takes all that is in it, oldest first. */
  take(): Sealed[] {
    this.#seal()
    const sealed = this.#sealed
    this.#sealed = []
    this.events = 0
    return sealed
  }

  #settle(batch: OpenBatch, start: number, end: number): Group {
    const group = this.#open()
    group.events += end - start
    this.events += end - start
    const { queue } = batch.origin
    if (queue !== 'retry') addRange(group, queue, batch.stretchFrom(start), batch.stretchFrom(end))
    else for (let index = start; index < end; index++) group.fromRetries.push((batch.events[index] as QueuedEvent).seq)
    return group
  }

  #open(): Group {
    this.#group ??= {
      settled: [],
      delivered: new Map(),
      retried: [],
      retrying: [],
      dead: [],
      attempts: [],
      notices: [],
      fromRetries: [],
      events: 0,
      provisional: false,
    }
    return this.#group
  }

  #seal(): void {
    const group = this.#group
    if (!group) return
    this.#group = null
    const { delivered, retried, retrying, dead, attempts, notices } = group
    const settlement = {
      destination: this.#destination,
      settled: merged(group.settled),
      delivered,
      retried,
      retrying,
      dead,
      attempts,
      ...(notices.length > 0 && { notices }),
    }
    this.#sealed.push({ settlement, events: group.events, fromRetries: group.fromRetries })
  }
}

function addRange(group: Group, queue: Queue, from: Seq, to: Seq): void {
  const last = group.settled[group.settled.length - 1]
  if (last && last.queue === queue && last.range.to === from) last.range.to = to
  else group.settled.push({ queue, range: { from, to } })
}

/** The same stretches, sorted, those that touch made one. */
function merged(settled: Group['settled']): Settled[] {
  const sorted = settled.toSorted((a, b) =>
    a.queue === b.queue ? a.range.from - b.range.from : a.queue < b.queue ? -1 : 1,
  )
  const result: Group['settled'] = []
  for (const { queue, range } of sorted) {
    const last = result[result.length - 1]
    if (last && last.queue === queue && last.range.to === range.from) last.range.to = range.to
    else result.push({ queue, range: { ...range } })
  }
  return result
}
