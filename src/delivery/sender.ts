// Decides whether and what to send to one destination, sends it, and hands what comes back to the judgement.
import type { BatchLimits } from '../model/batch.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Clock } from '../runtime/clock.ts'
import { QUEUES } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Answer } from './attempt.ts'
import { refusesEverything } from './breaker.ts'
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

/** Where little comes, the next event is often near: so long it may take until suspects are compared with nothing. */
const comparisonMs = 1_000

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
  /** Monotonic; until then something may come that suspects can be compared with. */
  #stuckAt: number | null = null

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

  /** Monotonic; null when nothing falls due by itself. */
  get dueAt(): number | null {
    return this.#stuckAt
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
    await this.#compare()
    // Looked at even so: stretches without a match are settled, and whoever asks is told whether anything waits.
    if (this.flights.running === 0) await supplies.ready(learned.current)
  }

  /** Where one batch alone has failed, what is new need not wait for the next trial: it is the comparison. */
  async #compare(): Promise<void> {
    if (!this.#mayCompare()) return
    const { judgement, supplies, learned, door } = this.#parts
    const supply = await supplies.ready(learned.current, QUEUES)
    if (!supply || !this.#mayCompare()) return
    const batch = supplies.take(supply, learned.current)
    if (!batch) return
    if (judgement.breaker.state === 'halted') door.reopen()
    this.#send(batch, true)
  }

  #mayCompare(): boolean {
    const { judgement, inFlight, clock, mayTake } = this.#parts
    const { state, reason, restUntil, pacedUntil } = judgement.breaker
    // With one request at a time the oldest keeps its turn.
    if (state === 'closed' || inFlight === 1 || !judgement.suspects.accusesOne) return false
    if (!mayTake() || reason?.code === refusesEverything || this.flights.count > 0) return false
    return clock.monotonic() >= Math.max(restUntil, pacedUntil)
  }

  #takeTrial(fresh: ((limits: BatchLimits) => OpenBatch | null) | null): OpenBatch | null {
    const { judgement, inFlight, learned, door } = this.#parts
    const batch = takeTrial(judgement, { inFlight, limits: learned.current }, fresh)
    if (batch && judgement.breaker.state === 'halted') door.reopen()
    return batch
  }

  #send(batch: OpenBatch, isTrial: boolean): void {
    const { judgement, door } = this.#parts
    this.#stuckAt = null
    judgement.sending(batch)
    if (isTrial) this.#trial = batch
    this.flights.start(door.destination, batch, isTrial)
  }

  /** With nobody to compare them with, not even after a moment, the suspects' failure is the destination's. */
  #nothingElse(): void {
    const { judgement, clock, ring } = this.#parts
    if (judgement.breaker.state !== 'closed' || judgement.suspects.count === 0 || this.flights.count > 0) return
    const now = clock.monotonic()
    this.#stuckAt ??= now + comparisonMs
    if (now < this.#stuckAt) return
    this.#stuckAt = null
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
