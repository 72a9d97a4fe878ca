// A clock that moves only when a test says so. Sleeps end in the order of their times; between two of them everything that
// was waiting on a promise runs, so that what a test sees does not depend on the machine.
import type { Clock } from '../../src/runtime/clock.ts'

interface Sleep {
  readonly at: number
  readonly order: number
  wake(): void
}

export class TestClock implements Clock {
  #wall: number
  #monotonic = 0
  #order = 0
  readonly #sleeps = new Set<Sleep>()
  readonly #turns: number

  /** `turns`: how often a turn of the event loop is given away before the present moment counts as quiet; 1 will do where all are promises. */
  constructor(startMs: number = Date.UTC(2026, 4, 17, 8), turns = 4) {
    this.#wall = startMs
    this.#turns = turns
  }

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** How many sleeps have not ended. */
  get pending(): number {
    return this.#sleeps.size
  }

  /** When the next sleep ends on the monotonic clock, or null when nobody sleeps. */
  get nextAt(): number | null {
    return this.#first()?.at ?? null
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const sleep: Sleep = {
        at: this.#monotonic + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          this.#sleeps.delete(sleep)
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      }
      const stop = (): void => {
        this.#sleeps.delete(sleep)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#sleeps.add(sleep)
    })
  }

  /** Moves both clocks by `ms`, ending each sleep that falls due at its own time and letting its followers run first. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms
    await this.settle()
    for (let next = this.#first(); next && next.at <= until; next = this.#first()) {
      this.#moveTo(next.at)
      next.wake()
      await this.settle()
    }
    this.#moveTo(until)
    await this.settle()
  }

  /** Moves to the end of the next sleep. False when nobody sleeps. */
  async advanceToNext(): Promise<boolean> {
    await this.settle()
    const next = this.#first()
    if (!next) return false
    await this.advance(next.at - this.#monotonic)
    return true
  }

  /** The wall clock jumps (an operator, NTP); elapsed time does not. */
  jump(ms: number): void {
    this.#wall += ms
  }

  /** Runs everything that can run without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }

  #first(): Sleep | undefined {
    let first: Sleep | undefined
    for (const sleep of this.#sleeps)
      if (!first || sleep.at < first.at || (sleep.at === first.at && sleep.order < first.order)) first = sleep
    return first
  }
}
