// Where a destination's batches come from: its queues and its retry queue, asked in turn.
import type { BatchLimits } from '../model/batch.ts'
import { type Clock, isoTime } from '../runtime/clock.ts'
import { QUEUES, type Queue, type Store } from '../store/store.ts'
import { Batcher } from './batcher.ts'
import type { OpenBatch } from './open-batch.ts'
import { Retries } from './retries.ts'
import type { SettleBuffer } from './settle-buffer.ts'
import { order, type Supply } from './turns.ts'

export interface SuppliesParts {
  readonly store: Store
  readonly clock: Clock
  readonly scheduleMs: readonly number[]
  readonly buffer: SettleBuffer
}

export class Supplies {
  readonly retries: Retries
  readonly #clock: Clock
  readonly #buffer: SettleBuffer
  readonly #batchers: ReadonlyMap<Queue, Batcher>
  #turn = 0

  private constructor(parts: SuppliesParts, batchers: ReadonlyMap<Queue, Batcher>, retries: Retries) {
    this.#clock = parts.clock
    this.#buffer = parts.buffer
    this.#batchers = batchers
    this.retries = retries
  }

  /** Goes on where the last run stopped. */
  static async load(destination: string, parts: SuppliesParts): Promise<Supplies> {
    const { store } = parts
    const batchers = new Map<Queue, Batcher>()
    for (const progress of await store.progress(destination)) {
      const read = (from: number) => store.nextPage(destination, progress.queue, from)
      batchers.set(progress.queue, new Batcher(destination, progress, read))
    }
    return new Supplies(parts, batchers, new Retries(destination, parts))
  }

  /** A page was committed. */
  wake(): void {
    for (const batcher of this.#batchers.values()) batcher.wake()
  }

  /** Which supply the next batch comes from, when each is asked in this order; its pages are read. Null when none has anything. */
  async ready(limits: BatchLimits, asked: readonly Supply[] = order(this.#turn)): Promise<Supply | null> {
    for (const supply of asked) if (await this.#fill(supply, limits)) return supply
    return null
  }

  async #fill(supply: Supply, limits: BatchLimits): Promise<boolean> {
    if (supply === 'retry') return this.retries.fill()
    const batcher = this.#batchers.get(supply)
    if (!batcher || batcher.window.full) return false
    const filled = await batcher.fill(limits)
    this.#settleGaps(batcher)
    return filled
  }

  /** A batch from a supply that is ready. */
  take(supply: Supply, limits: BatchLimits): OpenBatch | null {
    this.#turn++
    if (supply === 'retry') return this.retries.take(limits)
    const batcher = this.#batchers.get(supply)
    if (!batcher || batcher.window.full) return null
    const now = this.#clock.now()
    const batch = batcher.take(limits, { atMs: now, text: isoTime(now) })
    this.#settleGaps(batcher)
    return batch
  }

  /** Whether a batch lies at hand, or everything has been looked at and none does. */
  get drained(): boolean {
    return QUEUES.every((queue) => this.#batchers.get(queue)?.drained ?? true)
  }

  #settleGaps(batcher: Batcher): void {
    for (const gap of batcher.takeGaps()) this.#buffer.gap(batcher.queue, gap)
  }
}
