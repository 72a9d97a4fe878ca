// Which batch finds out whether the destination is back: a real one, in turn from the suspects, the retry queue and the queues.
import type { BatchLimits } from '../model/batch.ts'
import { comparesNext, refusesEverything } from './breaker.ts'
import type { Judgement } from './judgement.ts'
import type { OpenBatch } from './open-batch.ts'
import { maxSuspects } from './suspects.ts'

/** Until then a batch is sent again as it is, under the same id. */
const failuresToHalve = 3

/** Nothing of the batch was seen there, so nothing in it can be the cause. */
const unseen: ReadonlySet<string | undefined> = new Set([
  'unreachable',
  'connect',
  'name',
  'tls',
  'address',
  'proxy',
  'setup',
])

type Take = () => OpenBatch | null

/** `fresh` takes a batch from the queues or the retry queue within the limits; null when there is none to take. */
export function takeTrial(
  judgement: Judgement,
  parts: { readonly inFlight: number; readonly limits: BatchLimits },
  fresh: ((limits: BatchLimits) => OpenBatch | null) | null,
): OpenBatch | null {
  const { breaker } = judgement
  // Where everything is refused, one event that is bad for itself must not speak for a whole batch of good ones.
  const alone = breaker.reason?.code === refusesEverything
  const limits = alone ? { ...parts.limits, maxEvents: 1 } : parts.limits
  const again: Take = () => judgement.takeAgain()
  // Where order matters the first suspect keeps its turn, but when it is compared the turn goes round: nobody else might be left.
  const keepsOrder = parts.inFlight === 1 && !comparesNext(breaker.trials, parts.inFlight)
  const suspect: Take = () => (keepsOrder ? judgement.suspects.takeFirst() : judgement.suspects.takeOldest())
  const other: Take = () => fresh?.(limits) ?? null
  const isSole =
    fresh === null && !judgement.hasAgain && judgement.suspects.accusesOne && judgement.suspects.count < maxSuspects
  for (const take of inTurn(judgement, parts.inFlight, { again, suspect, other })) {
    const batch = take()
    if (!batch) continue
    if (alone) return firstEvent(judgement, batch)
    return isSole && take === suspect ? firstHalf(judgement, batch) : batch
  }
  return null
}

function inTurn(
  judgement: Judgement,
  inFlight: number,
  takes: { again: Take; suspect: Take; other: Take },
): readonly Take[] {
  const { again, suspect, other } = takes
  const { trials } = judgement.breaker
  const full = judgement.suspects.count >= maxSuspects
  if (comparesNext(trials, inFlight)) return full ? [again, suspect, other] : [other, again, suspect]
  return trials % 4 === 1 ? [suspect, again, other] : [again, suspect, other]
}

/** With nothing else to compare it with, a batch that failed again and again is compared with itself: one half with the other. */
function firstHalf(judgement: Judgement, batch: OpenBatch): OpenBatch {
  if (batch.events.length === 1 || batch.failures < failuresToHalve) return batch
  if (unseen.has(batch.failure?.reason.code)) return batch
  const [first, rest] = batch.halve()
  judgement.suspects.hold(rest, batch)
  return first
}

function firstEvent(judgement: Judgement, batch: OpenBatch): OpenBatch {
  if (batch.events.length === 1) return batch
  const [first, rest] = batch.cut(1)
  judgement.sendAgain(rest)
  return first
}
