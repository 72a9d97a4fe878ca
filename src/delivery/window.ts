// How far dispatch runs ahead of a queue's position, counted in batches, so that what may be settled above the position stays short.

/** Batches that may be dispatched from the oldest unsettled one on. */
const batchesAhead = 64

export class Window {
  /** Unsettled parts of each batch, by the batch's place in the order; Maps keep that order. */
  readonly #parts = new Map<number, number>()
  #next = 0

  /** The place of the next batch. */
  take(): number {
    return this.#next++
  }

  add(ordinal: number): void {
    this.#parts.set(ordinal, (this.#parts.get(ordinal) ?? 0) + 1)
  }

  remove(ordinal: number): void {
    const left = (this.#parts.get(ordinal) ?? 0) - 1
    if (left > 0) this.#parts.set(ordinal, left)
    else this.#parts.delete(ordinal)
  }

  get full(): boolean {
    if (this.#parts.size === 0) return false
    const oldest = this.#parts.keys().next().value as number
    return this.#next - oldest >= batchesAhead
  }
}
