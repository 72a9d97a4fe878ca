// What follows from the verdicts on a batch: whose fault a failure is, which batches are cut, suspected or sent again, which events
// are settled, set aside or dead, and what it says about the destination's health. Sends nothing and writes nothing itself.
import type { Reason, Verdict } from '../model/verdict.ts'
import type { Health } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { type Answer, answerOf, isPacing } from './attempt.ts'
import { type Breaker, type Happening, type Moment, nextBreaker, refusesEverything } from './breaker.ts'
import { Fates } from './fates.ts'
import type { LearnedLimits } from './learned-limits.ts'
import { type AuditedDeliveries, Outages } from './news.ts'
import type { OpenBatch } from './open-batch.ts'
import { refusal, Rejects } from './rejects.ts'
import type { SettleBuffer } from './settle-buffer.ts'
import { Suspects } from './suspects.ts'
import { deathOf, failureAt, partedBySending, reasonAt, stretchesOf } from './unlike-verdicts.ts'

export interface JudgementParts {
  readonly destination: string
  readonly scheduleMs: readonly number[]
  readonly limits: LearnedLimits
  readonly buffer: SettleBuffer
  readonly telemetry: Telemetry
  readonly audited?: AuditedDeliveries
  /** As the last run saved it. */
  readonly health?: Health | null
  moment(): Moment
}

export class Judgement {
  breaker: Breaker
  readonly suspects = new Suspects()
  readonly outages: Outages
  /** The health differs from what was saved. `urgent`: in more than the time of the last delivery. */
  healthChanged = false
  urgent = false
  /** The destination refuses everything: provisional dead letters must go back to waiting. */
  refusal: Reason | null = null
  /** Batches to be sent before anything new, in the order of their queue. */
  #again: OpenBatch[] = []
  /** Number of the newest request. */
  #sent = 0
  /** Monotonic, when it began. */
  #sentAt = 0
  readonly #rejects: Rejects
  readonly #fates: Fates
  readonly #parts: JudgementParts

  /** `provisional`: rejects that earlier runs saw with no delivery after them. */
  constructor(parts: JudgementParts, breaker: Breaker, provisional: number) {
    this.#parts = parts
    this.breaker = breaker
    this.#rejects = new Rejects(provisional)
    this.#fates = new Fates(parts)
    this.outages = new Outages(parts.destination, parts.health ?? null)
  }

  get hasAgain(): boolean {
    return this.#again.length > 0
  }

  takeAgain(): OpenBatch | null {
    return this.#again.shift() ?? null
  }

  /** A request begins. */
  sending(batch: OpenBatch): void {
    batch.sentAs = ++this.#sent
    this.#sentAt = this.#parts.moment().monotonic
  }

  judge(batch: OpenBatch, verdicts: readonly Verdict[], trial: boolean): Answer {
    const parts = partedBySending(verdicts)
    if (!parts) return this.#obey(batch, verdicts, trial)
    // The receiver has said nothing of what it was not sent: that tells nothing of its health.
    for (const { start, end, cause } of parts)
      if (cause === null) this.#obey(batch.part(start, end), verdicts.slice(start, end), trial)
      else
        this.#fates.bury(batch, start, end, {
          cause,
          reasonAt: (index) => reasonAt(verdicts, index),
          provisional: false,
        })
    batch.close()
    return answerOf(verdicts)
  }

  #obey(batch: OpenBatch, verdicts: readonly Verdict[], trial: boolean): Answer {
    const answer = answerOf(verdicts)
    const reason = answer.reason
    if (answer.kind === 'delivered' || !reason) this.#delivered(batch)
    else if (answer.kind === 'mixed') this.#mixed(batch, verdicts, trial)
    else if (answer.kind === 'reject') this.#rejected(batch, reason, { split: answer.split, trial })
    else this.#failed(batch, { ...answer, reason }, trial)
    this.outages.look(this.breaker, batch)
    return answer
  }

  /** The receiver took what it was sent, and wants to be left alone for so long. */
  paused(pauseMs: number): void {
    this.#happened({ kind: 'paused', pauseMs })
  }

  /** Nothing else is left to try, nobody to compare the suspects with but the parts of one. */
  stuck(): void {
    const known = this.suspects.takeToCut()
    if (known) return this.#convict(known)
    const { latest } = this.suspects
    if (!latest?.failure) return
    const { reason, halts } = latest.failure
    this.#happened({ kind: 'stuck', reason, halts })
    this.outages.look(this.breaker, latest)
  }

  /** To be sent again as it is, in its place. */
  sendAgain(...batches: readonly OpenBatch[]): void {
    if (batches.length === 0) return
    this.#again.push(...batches)
    this.#again.sort((a, b) => a.from - b.from)
  }

  #delivered(batch: OpenBatch): void {
    this.#fates.delivered(batch, 0, batch.events.length)
    batch.close()
    this.#parts.limits.delivered()
    this.#evidence(batch)
  }

  /** Something was delivered: the destination is well, and those that failed before can be told from it. */
  #evidence(batch: OpenBatch): void {
    this.#rejects.delivered()
    this.#happened({ kind: 'delivered' })
    const { again, guilty } = this.suspects.delivered(batch)
    this.sendAgain(...again)
    for (const suspect of guilty) this.#convict(suspect)
  }

  /** It fails while others are delivered: cut until the culprit is alone, which is set aside with the answer it got. */
  #convict(batch: OpenBatch): void {
    if (batch.events.length === 1) {
      this.#fates.setAside(batch, 0, 1, () => batch.failure)
      batch.close()
      return
    }
    for (const half of batch.halve()) {
      half.suspected = true
      this.sendAgain(half)
    }
  }

  #failed(batch: OpenBatch, answer: Answer & { readonly reason: Reason }, trial: boolean): void {
    const { reason, afterMs } = answer
    const halts = answer.kind === 'halt'
    const asked = afterMs === undefined ? {} : { afterMs }
    if (!halts && isPacing(answer)) {
      this.sendAgain(batch)
      return this.#happened({ kind: 'paced', reason, ...asked })
    }
    const triedBefore = batch.origin.queue === 'retry' && (batch.events[0]?.spent ?? 0) > 0
    const doubted = batch.strikes > 0 || batch.suspected || triedBefore
    batch.failure = { reason, halts, ...asked }
    this.suspects.add(batch, this.#sent, this.breaker.state === 'closed')
    // Of trials only one runs at a time, so that it is the newest request.
    const took = trial ? { tookMs: this.#parts.moment().monotonic - this.#sentAt } : {}
    this.#happened({ kind: halts ? 'halted' : 'failed', reason, trial, doubted, ...asked, ...took })
  }

  #rejected(batch: OpenBatch, reason: Reason, { split, trial }: { split: boolean; trial: boolean }): void {
    const alone = batch.events.length === 1
    const refusesAll = this.breaker.reason?.code === refusesEverything
    if (refusesAll && (alone || !split)) return this.#refused(batch, reason, trial)
    this.#happened({ kind: 'answered' })
    if (alone) return this.#bury(batch, reason, split)
    if (split && !refusesAll) this.#parts.limits.tooLarge(batch)
    this.sendAgain(...batch.halve(batch.bisection ?? this.#rejects.begun(batch)))
  }

  #refused(batch: OpenBatch, reason: Reason, trial: boolean): void {
    batch.failure = { reason, halts: true }
    this.suspects.add(batch, this.#sent, false)
    this.#happened({ kind: 'refuses_everything', reason: refusal(reason), trial })
  }

  /** One event is refused for itself. */
  #bury(batch: OpenBatch, reason: Reason, tooLarge: boolean): void {
    this.#fates.bury(batch, 0, 1, {
      cause: tooLarge ? 'too_large' : 'rejected',
      reasonAt: () => reason,
      provisional: true,
    })
    batch.close()
    if (this.#rejects.accuse(batch, reason)) this.#halt(reason)
  }

  #halt(reason: Reason): void {
    this.refusal = reason
    this.#rejects.halted()
    // Whoever takes nothing has not said how much it takes.
    this.#parts.limits.forget()
    this.#happened({ kind: 'refuses_everything', reason: refusal(reason), trial: false })
  }

  /** Verdicts differ: each is obeyed. */
  #mixed(batch: OpenBatch, verdicts: readonly Verdict[], trial: boolean): void {
    const anyDelivered = verdicts.some((verdict) => verdict.kind === 'delivered')
    let refused: Reason | null = null
    const failure = (index: number) => failureAt(verdicts, index)
    for (const { start, end, word } of stretchesOf(verdicts)) {
      if (word === 'delivered') this.#fates.delivered(batch, start, end)
      else if (word === 'reject' || word === 'too_large') {
        this.#fates.bury(batch, start, end, deathOf(word, verdicts, !anyDelivered))
        if (!anyDelivered) refused = this.#rejects.accuseAll(batch, verdicts.slice(start, end)) ?? refused
      } else if (word === 'untried') this.sendAgain(batch.part(start, end))
      else if (!anyDelivered) {
        const answer = { ...answerOf(verdicts.slice(start, end)), reason: reasonAt(verdicts, start) }
        this.#failed(batch.part(start, end), answer, trial)
      } else if (trial) this.sendAgain(batch.part(start, end))
      else this.#fates.setAside(batch, start, end, failure)
    }
    batch.close()
    if (anyDelivered) this.#evidence(batch)
    if (refused) this.#halt(refused)
  }

  #happened(happening: Happening): void {
    const before = this.breaker
    const moment = this.#parts.moment()
    const after = nextBreaker(before, happening, moment)
    if (after === before) return
    this.breaker = after
    this.healthChanged = true
    // Lost in a crash, a pause costs one request that is turned away; written down each time, a write for every request.
    if (happening.kind !== 'delivered' && happening.kind !== 'paused') this.urgent = true
    if (after.state === before.state && after.reason?.code === before.reason?.code) return
    this.urgent = true
    if (before.state === 'closed') this.suspects.doubtAll()
    const nextTrialInMs = Math.max(0, after.notBefore - moment.monotonic)
    const { destination, telemetry } = this.#parts
    telemetry.emit({
      type: 'health_changed',
      destination,
      from: before.state,
      to: after.state,
      reason: after.reason,
      nextTrialInMs,
    })
  }
}
