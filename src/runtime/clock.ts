// Time: the only door to the wall clock, the monotonic clock and timers.
import { setTimeout as sleepFor } from 'node:timers/promises'

export interface Clock {
  /** Wall clock, milliseconds since the epoch. For stamps, never for durations. */
  now(): number
  /** Monotonic, milliseconds. For durations and deadlines. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. Any length is allowed. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Node's timers fire at once beyond 2^31 - 1 ms, and a suspended machine stretches them: long waits are cut into pieces. */
const longestTimerMs = 30_000

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    const until = performance.now() + ms
    for (let left = ms; left > 0; left = until - performance.now())
      await sleepFor(Math.min(left, longestTimerMs), undefined, signal ? { signal } : {})
  },
}

/** The end of `ms` from now as text, UTC, millisecond precision. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
