// Whole batches that failed and may not be to blame: they wait, unsettled and uncharged, for evidence. Evidence is another batch,
// sent after the failure and delivered.
import type { OpenBatch } from './open-batch.ts'

/** Failures, each followed by the delivery of another batch, that make a batch guilty; a part of a guilty one needs only one. */
const strikesToConvict = 2

/** Batches that are known to fail are held in memory; with so many of them trials are taken from among them. */
export const maxSuspects = 8

/** What evidence says of the suspects that it concerns. */
export interface Findings {
  /** To be sent again: the failure may have been the destination's. */
  readonly again: readonly OpenBatch[]
  /** They fail while others are delivered. */
  readonly guilty: readonly OpenBatch[]
}

const nothing: Findings = { again: [], guilty: [] }

export class Suspects {
  #batches: OpenBatch[] = []
  /** Whose parts failed since the last delivery. */
  #accused: OpenBatch['origin'] | 'several' | null = null

  get count(): number {
    return this.#batches.length
  }

  /** All that failed since the last delivery was one batch, or parts of it: anything else would tell whose fault it is. */
  get accusesOne(): boolean {
    return this.#accused !== null && this.#accused !== 'several'
  }

  /** It failed as a whole; `newest`: number of the newest request. */
  add(batch: OpenBatch, newest: number, strike: boolean): void {
    batch.failedAt = newest
    batch.failures++
    this.#accused = (this.#accused ?? batch.origin) === batch.origin ? batch.origin : 'several'
    if (strike) batch.strikes++
    this.#batches.push(batch)
  }

  /** A part of one that failed, which has not been sent alone yet. */
  hold(part: OpenBatch, whole: OpenBatch): void {
    part.failedAt = whole.failedAt
    part.failure = whole.failure
    this.#batches.push(part)
  }

  /** The only one, if it is known to hold a culprit and can be cut. */
  takeToCut(): OpenBatch | null {
    const [only] = this.#batches
    if (!only || this.#batches.length > 1 || !only.suspected || only.events.length === 1) return null
    this.#batches = []
    return only
  }

  /** It was delivered. */
  delivered({ sentAs, origin }: OpenBatch): Findings {
    this.#accused = null
    if (this.#batches.length === 0) return nothing
    const concerned = this.#batches.filter((batch) => batch.failedAt < sentAs)
    this.#batches = this.#batches.filter((batch) => batch.failedAt >= sentAs)
    const isGuilty = (batch: OpenBatch): boolean => batch.strikes >= (batch.suspected ? 1 : strikesToConvict)
    const [again, guilty] = [concerned.filter((batch) => !isGuilty(batch)), concerned.filter(isGuilty)]
    // Of a batch that failed as a whole one part was taken: the culprit is in another.
    for (const batch of again) batch.suspected ||= batch.origin === origin && batch.events.length > 1
    return { again, guilty }
  }

  /** The destination itself is failing: a failure of these days is no evidence against a part of a guilty batch. */
  doubtAll(): void {
    for (const batch of this.#batches) batch.suspected = false
  }

  /** The one that has waited longest, for a trial. */
  takeOldest(): OpenBatch | null {
    return this.#batches.shift() ?? null
  }

  /** The first in the order of the queue, for a trial where order matters. */
  takeFirst(): OpenBatch | null {
    const first = this.#batches.toSorted((a, b) => a.from - b.from)[0]
    if (!first) return null
    this.#batches = this.#batches.filter((batch) => batch !== first)
    return first
  }

  /** The last failure among them. */
  get latest(): OpenBatch | undefined {
    return this.#batches[this.#batches.length - 1]
  }
}
