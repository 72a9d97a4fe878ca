// What one request may hold, as learned from a receiver that found one too large, and slowly forgotten.
import type { BatchLimits } from '../model/batch.ts'

/** After so many deliveries the limits grow back by a tenth. */
const deliveriesToGrow = 100
const growth = 1.1

export class LearnedLimits {
  readonly #configured: BatchLimits
  #current: BatchLimits
  #deliveries = 0

  constructor(configured: BatchLimits) {
    this.#configured = configured
    this.#current = configured
  }

  get current(): BatchLimits {
    return this.#current
  }

  /** A batch of this size was too large: half of it may pass. */
  tooLarge(batch: { readonly bytes: number; readonly events: { readonly length: number } }): void {
    const { maxEvents, maxBytes } = this.#current
    this.#deliveries = 0
    this.#current = {
      ...this.#current,
      maxBytes: Math.min(maxBytes, Math.max(1, Math.floor(batch.bytes / 2))),
      maxEvents: Math.min(maxEvents, Math.max(1, batch.events.length >> 1)),
    }
  }

  /** What was learned says nothing: the receiver took no size at all. */
  forget(): void {
    this.#deliveries = 0
    this.#current = this.#configured
  }

  delivered(): void {
    if (this.#current === this.#configured || ++this.#deliveries < deliveriesToGrow) return
    this.#deliveries = 0
    const { maxEvents, maxBytes } = this.#configured
    const grown = {
      ...this.#current,
      maxBytes: Math.min(maxBytes, Math.ceil(this.#current.maxBytes * growth)),
      maxEvents: Math.min(maxEvents, Math.ceil(this.#current.maxEvents * growth)),
    }
    this.#current = grown.maxBytes === maxBytes && grown.maxEvents === maxEvents ? this.#configured : grown
  }
}
