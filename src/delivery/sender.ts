// Decides whether and what to send to one destination, sends it, and hands what comes back to the judgement.
import type { BatchLimits } from '../model/batch.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Answer } from './attempt.ts'
import type { Door } from './door.ts'
import { type Flight, Flights } from './flights.ts'
import type { Judgement } from './judgement.ts'
import type { LearnedLimits } from './learned-limits.ts'
import type { OpenBatch } from './open-batch.ts'
import { remarksOf } from './remarks.ts'
import { groupEvents, type Settler } from './settler.ts'
import type { Supplies } from './supplies.ts'
import { takeTrial } from './trials.ts'
import { trialOrder } from './turns.ts'

export interface SenderParts {
  readonly name: string
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly inFlight: number
  readonly timeoutMs: number
  readonly limits: BatchLimits
  readonly learned: LearnedLimits
  readonly settler: Settler
  readonly supplies: Supplies
  readonly judgement: Judgement
  readonly door: Door
  /** False once no new work may be taken. */
  readonly mayTake: () => boolean
  /** There may be something to do. */
  readonly ring: () => void
  readonly failed: (error: unknown) => void
}

export class Sender {
  readonly flights: Flights
  readonly #parts: SenderParts
  #trial: OpenBatch | null = null

  constructor(parts: SenderParts) {
    this.#parts = parts
    const { clock, timeoutMs, ring } = parts
    this.flights = new Flights({
      clock,
      timeoutMs,
      landed: (flight, verdicts) => this.#landed(flight, verdicts),
      freed: ring,
      paused: (pauseMs) => parts.judgement.paused(pauseMs),
    })
  }

  /** Sends all that may be sent now. */
  async step(): Promise<void> {
    const { judgement, supplies, learned } = this.#parts
    while (this.#maySend()) {
      const { breaker } = judgement
      const isTrial = breaker.state !== 'closed'
      const supply = await supplies.ready(learned.current, isTrial ? trialOrder(breaker.trials) : undefined)
      // While pages were read the destination may have failed, recovered or been told to stop.
      if (breaker.state !== judgement.breaker.state || !this.#maySend()) continue
      const fresh = supply ? (limits: BatchLimits) => supplies.take(supply, limits) : null
      const batch = isTrial ? this.#takeTrial(fresh) : (judgement.takeAgain() ?? fresh?.(learned.current) ?? null)
      if (!batch) return this.#nothingElse()
      this.#send(batch, isTrial)
    }
    // Looked at even so: stretches without a match are settled, and whoever asks is told whether anything waits.
    if (this.flights.running === 0) await supplies.ready(learned.current)
  }

  #takeTrial(fresh: ((limits: BatchLimits) => OpenBatch | null) | null): OpenBatch | null {
    const { judgement, inFlight, learned, door } = this.#parts
    const batch = takeTrial(judgement, { inFlight, limits: learned.current }, fresh)
    if (batch && judgement.breaker.state === 'halted') door.reopen()
    return batch
  }

  #send(batch: OpenBatch, isTrial: boolean): void {
    const { judgement, door } = this.#parts
    judgement.sending(batch)
    if (isTrial) this.#trial = batch
    this.flights.start(door.destination, batch, isTrial)
  }

  /** With nobody left to compare them with, the suspects' failure is the destination's. */
  #nothingElse(): void {
    const { judgement, ring } = this.#parts
    if (judgement.breaker.state !== 'closed' || judgement.suspects.count === 0 || this.flights.count > 0) return
    judgement.stuck()
    ring()
  }

  #maySend(): boolean {
    const { judgement, inFlight, clock, mayTake } = this.#parts
    const { breaker, refusal } = judgement
    const { running } = this.flights
    if (!mayTake() || refusal || clock.monotonic() < breaker.notBefore) return false
    // A halted destination is opened anew for each trial, so nothing may still be using the old one.
    if (breaker.state === 'halted') return running === 0
    if (breaker.state === 'open') return !this.#trial && running < inFlight
    if (running >= Math.min(inFlight, breaker.ramp) || this.flights.tooManyUnconfirmed(inFlight)) return false
    return this.#boundsDuplicates()
  }

  /** After a kill no more is sent twice than the requests in flight and one group of settlements hold. */
  #boundsDuplicates(): boolean {
    const { inFlight, limits, settler } = this.#parts
    const spare = inFlight - this.flights.running - 1
    return settler.unsettled <= spare * limits.maxEvents + groupEvents
  }

  #landed(flight: Flight, verdicts: readonly Verdict[]): void {
    const { judgement, name, ring, failed, telemetry } = this.#parts
    if (this.#trial === flight.batch) this.#trial = null
    try {
      this.#log(flight, judgement.judge(flight.batch, verdicts, flight.trial))
      for (const remark of remarksOf(verdicts)) telemetry.emit({ type: 'remarked', destination: name, ...remark })
    } catch (error) {
      failed(error)
    }
    ring()
  }

  /** One line per request. */
  #log(flight: Flight, answer: Answer): void {
    const { name, clock, telemetry, settler } = this.#parts
    const { batch, sentAt, started } = flight
    const kind = flight.trial ? 'trial' : 'attempt'
    const durationMs = clock.monotonic() - started
    const events = batch.events.length
    const outcome = { verdict: answer.kind, ...(answer.reason ? { reason: answer.reason } : {}) }
    const from = batch.events[0]?.seq ?? batch.from
    settler.buffer.attempt({ at: sentAt, batchId: batch.id, kind, from, to: batch.to, events, durationMs, ...outcome })
    telemetry.emit({
      type: 'attempt',
      destination: name,
      kind,
      batchId: batch.id,
      events,
      bytes: batch.bytes,
      durationMs,
      ...outcome,
    })
  }
}
