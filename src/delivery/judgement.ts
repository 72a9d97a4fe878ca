// What follows from the verdicts on a batch: whose fault a failure is, which batches are cut, suspected or sent again, which events
// are settled, set aside or dead, and what it says about the destination's health. Sends nothing and writes nothing itself.
import type { Reason, Verdict } from '../model/verdict.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { type Answer, answerOf, isPacing } from './attempt.ts'
import { type Breaker, type Happening, nextBreaker, refusesEverything } from './breaker.ts'
import type { Moment } from './breaker.ts'
import { Fates } from './fates.ts'
import type { LearnedLimits } from './learned-limits.ts'
import type { OpenBatch } from './open-batch.ts'
import type { SettleBuffer } from './settle-buffer.ts'
import { Suspects } from './suspects.ts'

/** So many rejects in a row for one cause, with no delivery between them, are the destination's set-up. */
const rejectsToHalt = 100

export interface JudgementParts {
  readonly destination: string
  readonly scheduleMs: readonly number[]
  readonly limits: LearnedLimits
  readonly buffer: SettleBuffer
  readonly telemetry: Telemetry
  moment(): Moment
}

export class Judgement {
  breaker: Breaker
  readonly suspects = new Suspects()
  /** The health differs from what was saved. `urgent`: in more than the time of the last delivery. */
  healthChanged = false
  urgent = false
  /** The destination refuses everything: provisional dead letters must go back to waiting. */
  refusal: Reason | null = null
  /** Batches to be sent before anything new, in the order of their queue. */
  #again: OpenBatch[] = []
  #deliveries = 0
  /** Number of the newest request. */
  #sent = 0
  readonly #rejects: { count: number; code: string | null }
  readonly #fates: Fates
  readonly #parts: JudgementParts

  /** `provisional`: rejects that earlier runs saw with no delivery after them. */
  constructor(parts: JudgementParts, breaker: Breaker, provisional: number) {
    this.#parts = parts
    this.breaker = breaker
    this.#rejects = { count: provisional, code: null }
    this.#fates = new Fates(parts)
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
  }

  judge(batch: OpenBatch, verdicts: readonly Verdict[], trial: boolean): Answer {
    const answer = answerOf(verdicts)
    const reason = answer.reason
    if (answer.kind === 'delivered' || !reason) this.#delivered(batch)
    else if (answer.kind === 'mixed') this.#mixed(batch, verdicts, trial)
    else if (answer.kind === 'reject') this.#rejected(batch, reason, { split: answer.split, trial })
    else this.#failed(batch, { ...answer, reason }, trial)
    return answer
  }

  /** Nothing else is left to try, nobody to compare the suspects with. */
  stuck(): void {
    const failure = this.suspects.latest?.failure
    if (failure) this.#happened({ kind: 'stuck', reason: failure.reason, halts: failure.halts })
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
    this.#deliveries++
    this.#rejects.count = 0
    this.#happened({ kind: 'delivered' })
    const { again, guilty } = this.suspects.delivered(batch.sentAs)
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
    this.#happened({ kind: halts ? 'halted' : 'failed', reason, trial, doubted, ...asked })
  }

  #rejected(batch: OpenBatch, reason: Reason, { split, trial }: { split: boolean; trial: boolean }): void {
    if (this.breaker.reason?.code === refusesEverything && !split) return this.#refused(batch, reason, trial)
    this.#happened({ kind: 'answered' })
    if (batch.events.length === 1) return this.#bury(batch, reason, split)
    if (split) this.#parts.limits.tooLarge(batch)
    const begun = { size: batch.events.length, deliveries: this.#deliveries, rejected: 0 }
    this.sendAgain(...batch.halve(split ? null : (batch.bisection ?? begun)))
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
      provisional: !tooLarge,
    })
    batch.close()
    if (!tooLarge && this.#refusesEverything(batch, reason)) this.#halt(reason)
  }

  #halt(reason: Reason): void {
    this.refusal = reason
    this.#rejects.count = 0
    this.#happened({ kind: 'refuses_everything', reason: refusal(reason), trial: false })
  }

  /** Whether this reject makes it likelier that the destination takes nothing than that the events are bad. */
  #refusesEverything(batch: OpenBatch, reason: Reason): boolean {
    const { bisection } = batch
    // It went back to waiting for that reason once, and a delivery has shown since that the destination is well.
    if (batch.origin.queue === 'retry' && batch.events[0]?.spent === 0) return false
    const rejects = this.#rejects
    const sameCause = rejects.code === null || rejects.code === reason.code || rejects.count === 0
    rejects.count = sameCause ? rejects.count + 1 : 1
    rejects.code = reason.code
    if (rejects.count >= rejectsToHalt) return true
    if (!bisection) return false
    return ++bisection.rejected === bisection.size && bisection.deliveries === this.#deliveries
  }

  /** Verdicts differ: each is obeyed. */
  #mixed(batch: OpenBatch, verdicts: readonly Verdict[], trial: boolean): void {
    const anyDelivered = verdicts.some((verdict) => verdict.kind === 'delivered')
    for (let start = 0, end = 0; start < verdicts.length; start = end) {
      const word = wordOf(verdicts[start])
      while (end < verdicts.length && wordOf(verdicts[end]) === word) end++
      const answer = answerOf(verdicts.slice(start, end))
      const reasonAt = (index: number): Reason => reasonOf(verdicts[index]) ?? unknownReason
      if (word === 'delivered') this.#fates.delivered(batch, start, end)
      else if (word === 'reject')
        this.#fates.bury(batch, start, end, { cause: 'rejected', reasonAt, provisional: !anyDelivered })
      else if (word === 'too_large')
        this.#fates.bury(batch, start, end, { cause: 'too_large', reasonAt, provisional: false })
      else if (!anyDelivered) this.#failed(batch.part(start, end), { ...answer, reason: reasonAt(start) }, trial)
      else if (trial) this.sendAgain(batch.part(start, end))
      else this.#fates.setAside(batch, start, end, (index) => failureOf(verdicts[index]))
    }
    batch.close()
    if (anyDelivered) this.#evidence(batch)
  }

  #happened(happening: Happening): void {
    const before = this.breaker
    const moment = this.#parts.moment()
    const after = nextBreaker(before, happening, moment)
    if (after === before) return
    this.breaker = after
    this.healthChanged = true
    if (happening.kind !== 'delivered') this.urgent = true
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

function refusal(reason: Reason): Reason {
  const text = `every event is refused, so the set-up is taken to be wrong and the events go back to waiting: ${reason.text}`
  return { code: refusesEverything, text, ...(reason.status === undefined ? {} : { status: reason.status }) }
}

const unknownReason: Reason = { code: 'unknown', text: 'no answer was kept' }

/** What is done about a verdict when others of its batch differ. */
function wordOf(verdict: Verdict | undefined): 'delivered' | 'reject' | 'too_large' | 'retry' | 'halt' | undefined {
  return verdict?.kind === 'reject' && verdict.split ? 'too_large' : verdict?.kind
}

function reasonOf(verdict: Verdict | undefined): Reason | null {
  return verdict && verdict.kind !== 'delivered' ? verdict.reason : null
}

function failureOf(verdict: Verdict | undefined): { reason: Reason; afterMs?: number } | null {
  const reason = reasonOf(verdict)
  if (!reason) return null
  return verdict?.kind === 'retry' && verdict.afterMs !== undefined ? { reason, afterMs: verdict.afterMs } : { reason }
}
