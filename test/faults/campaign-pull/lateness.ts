// How late sources show their events: most at once, some within what a pull reaches back, some only before the last sweep.
import type { Chance } from '../campaign/chance.ts'

/** What the configuration says. */
export const SETTLE = '1s'
export const OVERLAP = '5s'
export const SWEEPS = ['1m', '3m']

const settleMs = 1_000
const overlapMs = 5_000
/** A little less than the last sweep. */
const latestMs = 170_000
/** After so much nothing is hidden, and everything is old enough to be swept. */
export const ALL_SHOWN_MS = 300_000

export function latenessMs(chance: Chance): number {
  const kind = chance.next()
  if (kind < 0.8) return chance.between(0, settleMs - 300)
  if (kind < 0.92) return chance.between(0, overlapMs)
  return chance.between(overlapMs, latestMs)
}
