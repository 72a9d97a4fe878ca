// What becomes of single events: delivered, waiting for their next attempt, or dead. Fills the settle buffer and tells the operator.
import type { Reason } from '../model/verdict.ts'
import type { Random } from '../runtime/random.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { retryDelayMs } from './backoff.ts'
import { type AuditedDeliveries, noticesOfDelivery } from './news.ts'
import type { OpenBatch, QueuedEvent } from './open-batch.ts'
import type { SettleBuffer } from './settle-buffer.ts'

interface FatesParts {
  readonly destination: string
  readonly scheduleMs: readonly number[]
  readonly buffer: SettleBuffer
  readonly telemetry: Telemetry
  readonly audited?: AuditedDeliveries
  moment(): { readonly now: number; readonly random: Random }
}

/** The answer that an event got. */
interface Failure {
  readonly reason: Reason
  readonly afterMs?: number
}

/** `provisional` until the destination has shown that it takes anything. */
export interface Death {
  readonly cause: string
  readonly provisional: boolean
  reasonAt(index: number): Reason
}

const unknownFailure: Failure = { reason: { code: 'unknown', text: 'no answer was kept' } }

export class Fates {
  readonly #parts: FatesParts

  constructor(parts: FatesParts) {
    this.#parts = parts
  }

  delivered(batch: OpenBatch, start: number, end: number): void {
    const { buffer, audited = 'off' } = this.#parts
    buffer.delivered(batch, start, end, noticesOfDelivery(batch, [start, end], audited))
  }

  /** One attempt at each of the events `[start, end)` is spent: they wait for the next, or die when none is left. */
  setAside(batch: OpenBatch, start: number, end: number, failureAt: (index: number) => Failure | null): void {
    const { scheduleMs, buffer } = this.#parts
    const { now, random } = this.#parts.moment()
    const asides = new Tally()
    const deaths = new Tally()
    for (let index = start; index < end; index++) {
      const { reason, afterMs } = failureAt(index) ?? unknownFailure
      const aside = spent(batch, index, reason)
      const nextInMs = retryDelayMs(scheduleMs, aside.attempts, random, afterMs)
      if (nextInMs === null) buffer.dead(batch, index, { ...aside, cause: 'exhausted', provisional: false })
      else buffer.retrying(batch, index, { ...aside, nextAt: now + nextInMs })
      if (nextInMs === null) deaths.add(reason, 0)
      else asides.add(reason, nextInMs)
    }
    this.#announceAside(asides)
    this.#announceDead(deaths, 'exhausted')
  }

  /** The events `[start, end)` wait for a person. */
  bury(batch: OpenBatch, start: number, end: number, death: Death): void {
    const deaths = new Tally()
    for (let index = start; index < end; index++) {
      const reason = death.reasonAt(index)
      this.#parts.buffer.dead(batch, index, {
        ...spent(batch, index, reason),
        cause: death.cause,
        provisional: death.provisional,
      })
      deaths.add(reason, 0)
    }
    this.#announceDead(deaths, death.cause)
  }

  #announceAside(asides: Tally): void {
    const { destination, telemetry } = this.#parts
    for (const { reason, events, nextInMs } of asides)
      telemetry.emit({ type: 'set_aside', destination, events, reason, nextInMs })
  }

  #announceDead(deaths: Tally, cause: string): void {
    const { destination, telemetry } = this.#parts
    for (const { reason, events } of deaths) telemetry.emit({ type: 'died', destination, events, cause, reason })
  }
}

interface Tallied {
  readonly reason: Reason
  readonly events: number
  /** The soonest. */
  readonly nextInMs: number
}

/** Events by the code of their reason, so that the operator is told once for each and not once for every event. */
class Tally {
  readonly #byCode = new Map<string, Tallied>()

  add(reason: Reason, nextInMs: number): void {
    const known = this.#byCode.get(reason.code)
    const soonest = known ? Math.min(known.nextInMs, nextInMs) : nextInMs
    this.#byCode.set(reason.code, {
      reason: known?.reason ?? reason,
      events: (known?.events ?? 0) + 1,
      nextInMs: soonest,
    })
  }

  [Symbol.iterator](): IterableIterator<Tallied> {
    return this.#byCode.values()
  }
}

function spent(batch: OpenBatch, index: number, reason: Reason) {
  const { seq, source, first, spent: before } = batch.events[index] as QueuedEvent
  return { seq, source, attempts: before + 1, firstAttemptedAt: first.atMs, reason }
}
