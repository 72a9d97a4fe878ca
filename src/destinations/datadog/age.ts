// Which times Datadog takes. "Log Date Remapper": up to 18 hours in the past and two hours in the future. "Logs Troubleshooting": what is
// dated further in the past is dropped at intake; the sender has had its 202 by then.
import type { Reason } from '../../model/verdict.ts'

const hourMs = 3_600_000
/** What Datadog takes with its own time. */
export const PAST_MS = 18 * hourMs
export const AHEAD_MS = 2 * hourMs
/** For what lies between our clock and theirs: the way, their queues, clocks that differ. */
export const MARGIN_MS = hourMs / 4
const oldestMs = PAST_MS - MARGIN_MS
const newestMs = AHEAD_MS - MARGIN_MS

/** Can an event be sent with its own time? */
export function isDated(timeMs: number, nowMs: number): boolean {
  return nowMs - timeMs <= oldestMs && timeMs - nowMs <= newestMs
}

export function tooOld(timeMs: number, nowMs: number): Reason | undefined {
  if (nowMs - timeMs <= oldestMs) return undefined
  const hours = Math.floor((nowMs - timeMs) / hourMs)
  const text = `it is ${hours} h old, and Datadog drops what is dated more than 18 h ago: it was not sent (old_events: send would date it at its arrival)`
  return { code: 'too_old', text }
}
