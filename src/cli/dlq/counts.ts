// The sums of a replay or a purge: `chosen = taken + skipped` once it is through, `taken = delivered + dead + dropped + waiting`.
import { unsettledOf } from '../../store/going-through.ts'
import type { RequestCounts, StoredRequest } from '../../store/requests.ts'
import { counted, countText } from '../../telemetry/units.ts'

/** Taken back and not settled yet. Below zero when the sums do not add up. */
export const waitingOf: (counts: RequestCounts) => number = unsettledOf

/** `1,000 replayed: 990 delivered, 10 dead again, 0 waiting`. */
export function replaySentence(counts: RequestCounts): string {
  const { taken, delivered, dead, dropped, skipped } = counts
  const parts = [
    `${countText(delivered)} delivered`,
    `${countText(dead)} dead again`,
    ...(dropped > 0 ? [`${countText(dropped)} dropped`] : []),
    `${countText(Math.max(0, waitingOf(counts)))} waiting`,
  ]
  const left = skipped === 0 ? '' : `; ${countText(skipped)} skipped (no longer dead, or waiting there already)`
  return `${countText(taken)} replayed: ${parts.join(', ')}${left}`
}

/** `1,000 sent again: 990 delivered, 10 dead, 0 waiting`. */
export function againSentence(counts: RequestCounts): string {
  const { taken, delivered, dead, dropped, skipped } = counts
  const parts = [
    `${countText(delivered)} delivered`,
    `${countText(dead)} dead`,
    ...(dropped > 0 ? [`${countText(dropped)} dropped`] : []),
    `${countText(Math.max(0, waitingOf(counts)))} waiting`,
  ]
  const left = skipped === 0 ? '' : `; ${countText(skipped)} skipped (waiting there, dead letters, or kept no longer)`
  return `${countText(taken)} sent again: ${parts.join(', ')}${left}`
}

/** `1,000 dead letters removed`. */
export function purgeSentence({ dropped, skipped }: RequestCounts): string {
  const left = skipped === 0 ? '' : `; ${countText(skipped)} skipped (no longer dead)`
  return `${counted(dropped, 'dead letter')} removed${left}`
}

/** What does not add up in a request that is done; undefined when all is accounted for. */
export function imbalanceOf({ counts, state }: StoredRequest): string | undefined {
  const { chosen, taken, skipped } = counts
  const waiting = waitingOf(counts)
  if (waiting < 0) return `${countText(-waiting)} more were settled than taken`
  if (state !== 'done') return undefined
  if (waiting > 0) return `${countText(waiting)} still wait although it is done`
  if (taken + skipped !== chosen)
    return `${countText(chosen)} were chosen, but ${countText(taken)} taken and ${countText(skipped)} skipped`
  return undefined
}
