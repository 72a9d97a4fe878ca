// Events that a destination would not take, or would take and spoil, are not sent: the rest of their batch is.
import type { Batch, BatchEvent } from '../model/batch.ts'
import type { Outcome, Reason, Verdict } from '../model/verdict.ts'

type Decided = Outcome & { readonly verdicts: readonly Verdict[] }

/** Sends what is not refused, and gives a verdict for every event of `batch`, in its order. */
export async function withoutRefused(
  batch: Batch,
  refuse: (event: BatchEvent) => Reason | undefined,
  send: (rest: Batch) => Promise<Decided>,
): Promise<Decided> {
  const reasons = batch.events.map(refuse)
  if (reasons.every((reason) => reason === undefined)) return send(batch)
  const rest = batch.events.filter((_, index) => reasons[index] === undefined)
  const outcome: Decided = rest.length === 0 ? { verdicts: [] } : await send({ ...batch, events: rest })
  let place = 0
  const verdicts = reasons.map((reason): Verdict =>
    reason === undefined ? (outcome.verdicts[place++] as Verdict) : { kind: 'reject', reason, local: true },
  )
  return { ...outcome, verdicts }
}
