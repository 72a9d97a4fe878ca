// How long to wait: before an event set aside is tried again, before a trial, after a Retry-After, and for a time that was saved
// by an earlier run. Pure; whoever calls knows the clock.
import type { Random } from '../runtime/random.ts'

const hourMs = 3_600_000
const shortestRetryAfterMs = 1_000
/** The longest that a receiver may make us wait. */
export const longestRetryAfterMs = hourMs

/** The first trial tells a blip (a receiver that restarts) from an outage, so it comes before the others. */
const firstTrialMs = 1_000
const shortestTrialMs = 5_000
/** Between two trials of our own choice; a longer wait was asked for by the receiver. */
export const longestTrialMs = 30_000

/** Spread of a delay: 0.8 to 1.2 of it, so that what failed together is not tried together. */
const leastJitter = 0.8
const jitterWidth = 0.4

function jittered(ms: number, random: Random): number {
  return Math.round(ms * (leastJitter + jitterWidth * random.next()))
}

/** What a receiver asked for, kept within a second and an hour; nonsense counts as a second. */
export function clampRetryAfter(afterMs: number): number {
  if (Number.isNaN(afterMs)) return shortestRetryAfterMs
  return Math.min(Math.max(afterMs, shortestRetryAfterMs), longestRetryAfterMs)
}

/** Delay before the next attempt at an event on which `spent` attempts were spent; null when none is left. */
export function retryDelayMs(
  scheduleMs: readonly number[],
  spent: number,
  random: Random,
  afterMs?: number,
): number | null {
  const delay = scheduleMs[Math.max(spent, 1) - 1]
  if (delay === undefined) return null
  const wait = jittered(delay, random)
  return afterMs === undefined ? wait : Math.max(wait, clampRetryAfter(afterMs))
}

/** Delay before a trial, after `failed` trials have failed in a row: about 1 s, then 5 s doubling up to 30 s. */
export function trialDelayMs(failed: number, random: Random): number {
  if (failed <= 0) return jittered(firstTrialMs, random)
  const delay = jittered(shortestTrialMs * 2 ** Math.min(failed - 1, 10), random)
  return Math.min(Math.max(delay, shortestTrialMs), longestTrialMs)
}

/** The longest that an event set aside can have to wait. */
export function longestRetryMs(scheduleMs: readonly number[]): number {
  return Math.max(longestRetryAfterMs, ...scheduleMs.map((delay) => delay * (leastJitter + jitterWidth)))
}

/**
 * How long to wait for a saved time. A wait longer than any that could have been saved means that a clock was changed, and must
 * not delay anything: it counts as `instead`.
 */
export function savedWaitMs(savedAt: number, now: number, longestMs: number, instead: number = longestMs): number {
  const wait = savedAt - now
  if (!(wait > 0)) return 0
  return wait > longestMs ? instead : wait
}

/** What a trial time saved by an earlier run still means. */
export function savedTrialWaitMs(nextTrialAt: number, now: number): number {
  return savedWaitMs(nextTrialAt, now, longestRetryAfterMs, longestTrialMs)
}
