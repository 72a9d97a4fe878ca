// Requests that are running, and those whose receiver acknowledges later: starts them, bounds their time, lands each exactly once.
import { UNCONFIRMED_PER_SLOT } from '../model/batch.ts'
import { forAll, type Verdict } from '../model/verdict.ts'
import type { Destination } from '../destinations/destination.ts'
import type { Clock } from '../runtime/clock.ts'
import { attempt } from './attempt.ts'
import type { OpenBatch } from './open-batch.ts'

/** A receiver that acknowledges apart has this long; the kind's own limit is usually shorter. */
const confirmationMs = 900_000

export interface Flight {
  readonly batch: OpenBatch
  readonly trial: boolean
  readonly controller: AbortController
  readonly sentAt: number
  readonly started: number
  deadline: number
}

export class Flights {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #landed: (flight: Flight, verdicts: readonly Verdict[]) => void
  readonly #freed: () => void
  readonly #paused: (pauseMs: number) => void
  /** In the order of their deadlines, since all have the same time. */
  readonly #running = new Set<Flight>()
  readonly #unconfirmed = new Set<Flight>()

  constructor(parts: {
    clock: Clock
    timeoutMs: number
    landed: (flight: Flight, verdicts: readonly Verdict[]) => void
    freed: () => void
    /** The receiver wants nothing more for so long. */
    paused: (pauseMs: number) => void
  }) {
    this.#clock = parts.clock
    this.#timeoutMs = parts.timeoutMs
    this.#landed = parts.landed
    this.#freed = parts.freed
    this.#paused = parts.paused
  }

  /** Slots in use. */
  get running(): number {
    return this.#running.size
  }

  get count(): number {
    return this.#running.size + this.#unconfirmed.size
  }

  /** Whether so many are unconfirmed that no more may be sent. */
  tooManyUnconfirmed(inFlight: number): boolean {
    return this.#unconfirmed.size >= inFlight * UNCONFIRMED_PER_SLOT
  }

  /** Monotonic time at which `expire` has something to do; null when nothing runs. */
  get dueAt(): number | null {
    const running = first(this.#running)
    const unconfirmed = first(this.#unconfirmed)
    if (!running || !unconfirmed) return (running ?? unconfirmed)?.deadline ?? null
    return Math.min(running.deadline, unconfirmed.deadline)
  }

  start(destination: Destination, batch: OpenBatch, trial: boolean): void {
    const started = this.#clock.monotonic()
    const controller = new AbortController()
    const flight = { batch, trial, controller, started, sentAt: this.#clock.now(), deadline: started + this.#timeoutMs }
    this.#running.add(flight)
    void this.#fly(destination, flight)
  }

  async #fly(destination: Destination, flight: Flight): Promise<void> {
    const reply = await attempt(destination, flight.batch, flight.controller.signal)
    if (!this.#running.has(flight)) return
    if (reply.pauseMs !== undefined) this.#paused(reply.pauseMs)
    if ('verdicts' in reply) return this.#land(flight, reply.verdicts)
    this.#running.delete(flight)
    flight.deadline = this.#clock.monotonic() + confirmationMs
    this.#unconfirmed.add(flight)
    this.#freed()
    this.#land(flight, await reply.later)
  }

  /** What comes after the time was up, or after `abandon`, is no longer heard. */
  #land(flight: Flight, verdicts: readonly Verdict[]): void {
    if (this.#running.delete(flight) || this.#unconfirmed.delete(flight)) this.#landed(flight, verdicts)
  }

  /** Ends those whose time is up. */
  expire(): void {
    const now = this.#clock.monotonic()
    for (const flights of [this.#running, this.#unconfirmed])
      for (const flight of flights) {
        if (flight.deadline > now) break
        flight.controller.abort(new DOMException('the time for this request is up', 'TimeoutError'))
        this.#land(flight, timedOut(flight.batch, Math.round(now - flight.started)))
      }
  }

  /** Ends all of them without a verdict: they were never attempts. */
  abandon(): void {
    for (const flights of [this.#running, this.#unconfirmed]) {
      for (const flight of flights) flight.controller.abort(new DOMException('the relay is stopping', 'AbortError'))
      flights.clear()
    }
  }
}

function first<T>(set: Set<T>): T | undefined {
  for (const item of set) return item
  return undefined
}

function timedOut(batch: OpenBatch, afterMs: number): readonly Verdict[] {
  const reason = { code: 'timeout', text: `no answer within ${afterMs} ms` }
  return forAll(batch.events.length, { kind: 'retry', reason })
}
