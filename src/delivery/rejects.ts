// Tells events that are bad for themselves from a destination that refuses everything: counts rejects with no delivery between them.
import type { Reason, Verdict } from '../model/verdict.ts'
import { refusesEverything } from './breaker.ts'
import type { OpenBatch } from './open-batch.ts'

/** So many rejects in a row for one cause, with no delivery between them, are the destination's set-up. */
const rejectsToHalt = 100

export class Rejects {
  #count: number
  #code: string | null = null
  #deliveries = 0

  /** `provisional`: rejects that earlier runs saw with no delivery after them. */
  constructor(provisional: number) {
    this.#count = provisional
  }

  /** Something was taken. */
  delivered(): void {
    this.#deliveries++
    this.#count = 0
  }

  /** The destination is halted for it: from here the count begins anew. */
  halted(): void {
    this.#count = 0
  }

  /** What a bisection that begins now is compared with when it ends. */
  begun(batch: OpenBatch): { size: number; deliveries: number; rejected: number } {
    return { size: batch.events.length, deliveries: this.#deliveries, rejected: 0 }
  }

  /** One more. Whether it makes it likelier that the destination takes nothing than that the events are bad. */
  accuse(batch: OpenBatch, reason: Reason): boolean {
    // It went back to waiting for that reason once, and a delivery has shown since that the destination is well.
    if (batch.origin.queue === 'retry' && batch.events[0]?.spent === 0) return false
    const sameCause = this.#code === null || this.#code === reason.code || this.#count === 0
    this.#count = sameCause ? this.#count + 1 : 1
    this.#code = reason.code
    if (this.#count >= rejectsToHalt) return true
    const { bisection } = batch
    if (!bisection) return false
    return ++bisection.rejected === bisection.size && bisection.deliveries === this.#deliveries
  }

  /** The same for several of a batch: the reason that tells it of the destination, null when none does. */
  accuseAll(batch: OpenBatch, verdicts: readonly Verdict[]): Reason | null {
    let telling: Reason | null = null
    for (const verdict of verdicts)
      if (verdict.kind === 'reject' && this.accuse(batch, verdict.reason)) telling = verdict.reason
    return telling
  }
}

/** The reason that a person reads then. */
export function refusal(reason: Reason): Reason {
  const text = `every event is refused, so the set-up is taken to be wrong and the events go back to waiting: ${reason.text}`
  return { code: refusesEverything, text, ...(reason.status === undefined ? {} : { status: reason.status }) }
}
