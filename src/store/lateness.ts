// How late the events came that a source revealed only after their time had been read: a histogram. Pure; both stores use it.

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Up to how late the events of each bucket came, ms, the bound included; one more bucket holds what came later than the last. */
export const LATENESS_BOUNDS: readonly number[] = [
  minute,
  5 * minute,
  15 * minute,
  hour,
  6 * hour,
  day,
  3 * day,
  7 * day,
]

/** How many late events a lane has read, by bucket. */
export interface Lateness {
  readonly lane: string
  readonly buckets: readonly number[]
}

export function noLateness(): number[] {
  return Array.from({ length: LATENESS_BOUNDS.length + 1 }, () => 0)
}

/** New events from before `lateBefore`, by how long before `now` they occurred. */
export function latenessOf(times: Float64Array, lateBefore: number, now: number): readonly number[] {
  const buckets = noLateness()
  for (const time of times) {
    if (time >= lateBefore) continue
    const bound = LATENESS_BOUNDS.findIndex((most) => now - time <= most)
    const bucket = bound < 0 ? LATENESS_BOUNDS.length : bound
    buckets[bucket] = (buckets[bucket] as number) + 1
  }
  return buckets
}

/** Two histograms as one. */
export function addLateness(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((count, bucket) => count + (b[bucket] ?? 0))
}
