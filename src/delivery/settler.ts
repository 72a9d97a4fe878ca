// Writes settlements to the store, grouped, one write at a time. Knows when the next write is due, and keeps what a full disk
// refused.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { trialDelayMs } from './backoff.ts'
import { SettleBuffer, type Sealed } from './settle-buffer.ts'

/** What is known and not yet written, at most: by time and by number of events. */
const groupMs = 20
export const groupEvents = 2_000

export interface SettlerParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Something was written; `sealed.fromRetries` are no longer out. */
  readonly written: (sealed: Sealed) => void
  /** A write failed for another reason than want of room. */
  readonly failed: (error: unknown) => void
}

export class Settler {
  readonly buffer: SettleBuffer
  readonly #destination: string
  readonly #parts: SettlerParts
  /** Taken from the buffer and not yet written. */
  #queue: Sealed[] = []
  #queuedEvents = 0
  #writing: Promise<void> | null = null
  /** Monotonic. When the present group must be written; when a refused write is tried again. */
  #groupDueAt: number | null = null
  #retryAt = 0
  #refusals = 0

  constructor(destination: string, parts: SettlerParts) {
    this.#destination = destination
    this.#parts = parts
    this.buffer = new SettleBuffer(destination)
  }

  /** Events whose fate is known but not yet in the store. */
  get unsettled(): number {
    return this.buffer.events + this.#queuedEvents
  }

  get idle(): boolean {
    return this.buffer.empty && this.#queue.length === 0
  }

  /** Monotonic time at which `step` has something to do; null when nothing waits, or when a write is running. */
  get dueAt(): number | null {
    if (this.#writing || this.idle) return null
    return Math.max(this.#retryAt, this.#queue.length > 0 ? 0 : (this.#groupDueAt ?? 0))
  }

  /** Starts a write if one is due. */
  step(): void {
    if (this.#writing || this.idle) return
    const now = this.#parts.clock.monotonic()
    if (!this.buffer.empty) this.#groupDueAt ??= now + groupMs
    const due = this.#queue.length > 0 || this.buffer.events >= groupEvents || now >= (this.#groupDueAt ?? 0)
    if (due && now >= this.#retryAt) this.#start()
  }

  /** Does not wait for the group to fill. */
  hurry(): void {
    this.#groupDueAt = 0
    this.step()
  }

  /** Writes everything, waiting for room if it must, until the signal fires; false when something was left unwritten. */
  async finish(signal: AbortSignal): Promise<boolean> {
    while (this.#writing || !this.idle) {
      if (!this.#writing && signal.aborted && this.#refusals > 0) return false
      if (!this.#writing) await this.#wait(signal)
      this.#start()
      await this.#writing
    }
    return true
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const wait = this.#retryAt - this.#parts.clock.monotonic()
    if (wait > 0) await this.#parts.clock.sleep(wait, signal).catch(() => undefined)
  }

  #start(): void {
    if (this.#writing) return
    this.#groupDueAt = null
    this.#queuedEvents += this.buffer.events
    this.#queue.push(...this.buffer.take())
    this.#writing = this.#write().finally(() => (this.#writing = null))
  }

  async #write(): Promise<void> {
    const { store, clock, random } = this.#parts
    for (let sealed = this.#queue[0]; sealed; sealed = this.#queue[0]) {
      try {
        crashPoint('before-settle')
        await store.settle(sealed.settlement, clock.now())
        crashPoint('after-settle')
      } catch (error) {
        if (!(error instanceof StateFullError)) this.#queue.length = 0
        if (!(error instanceof StateFullError)) return this.#parts.failed(error)
        this.#retryAt = clock.monotonic() + trialDelayMs(this.#refusals++, random)
        return
      }
      this.#queue.shift()
      this.#queuedEvents -= sealed.events
      this.#refusals = 0
      this.#announce(sealed)
    }
  }

  #announce(sealed: Sealed): void {
    let delivered = 0
    for (const count of sealed.settlement.delivered.values()) delivered += count
    if (delivered > 0) this.#parts.telemetry.emit({ type: 'settled', destination: this.#destination, delivered })
    this.#parts.written(sealed)
  }
}
