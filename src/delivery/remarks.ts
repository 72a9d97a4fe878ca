// What a destination remarks about events that it counts as delivered: that they were taken otherwise than asked for.
import type { Reason, Verdict } from '../model/verdict.ts'

interface Remark {
  readonly reason: Reason
  events: number
}

/** Each remark once, with how many events it was made about. Nearly always there are none. */
export function remarksOf(verdicts: readonly Verdict[]): readonly Remark[] {
  const remarks: Remark[] = []
  for (const verdict of verdicts) {
    if (verdict.kind !== 'delivered' || verdict.remark === undefined) continue
    const { remark: reason } = verdict
    const known = remarks.find((remark) => remark.reason.code === reason.code)
    if (known) known.events++
    else remarks.push({ reason, events: 1 })
  }
  return remarks
}
