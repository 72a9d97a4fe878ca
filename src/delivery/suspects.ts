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

  get count(): number {
    return this.#batches.length
  }

  /** It failed as a whole; `newest`: number of the newest request. */
  add(batch: OpenBatch, newest: number, strike: boolean): void {
    batch.failedAt = newest
    if (strike) batch.strikes++
    this.#batches.push(batch)
  }

  /** Request number `sentAs` was delivered. */
  delivered(sentAs: number): Findings {
    if (this.#batches.length === 0) return nothing
    const concerned = this.#batches.filter((batch) => batch.failedAt < sentAs)
    this.#batches = this.#batches.filter((batch) => batch.failedAt >= sentAs)
    const isGuilty = (batch: OpenBatch): boolean => batch.strikes >= (batch.suspected ? 1 : strikesToConvict)
    return { again: concerned.filter((batch) => !isGuilty(batch)), guilty: concerned.filter(isGuilty) }
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
