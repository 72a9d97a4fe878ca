// When a source is pulled next: `every` so often, or by `cron` (UTC). Pure. The next time is worked out after a pull has ended, so that
// pulls never overlap and ticks that were missed come to one pull.
import { tickAfter } from '../model/cron.ts'
import type { PullRecord } from '../store/overview.ts'

export interface Schedule {
  readonly everyMs: number
  /** Instead of `everyMs`. */
  readonly cron?: string
}

/** A source that is pulled as often is due whenever the relay starts. */
const oftenMs = 60_000
/** `run --once` comes from a cron that is never quite on time: it need not wait the last part of a period. */
const earlyShare = 0.1
const earlyMs = 60_000
/** No backoff is longer. */
const longestBackoffMs = 3_600_000
/** For an expression without another tick. */
const neverMs = 86_400_000

/** From one pull to the next when it takes no time at all, ms. */
export function periodMs({ everyMs, cron }: Schedule, now: number): number {
  return cron === undefined ? everyMs : untilTick(cron, now)
}

/** After a pull that began `elapsedMs` ago and has just ended. */
export function nextInMs({ everyMs, cron }: Schedule, elapsedMs: number, now: number): number {
  return cron === undefined ? Math.max(everyMs - elapsedMs, 0) : untilTick(cron, now)
}

/** How long a relay that starts waits, by the last pull that the state knows. One that failed is tried again at once. */
export function firstInMs(schedule: Schedule, last: PullRecord | null, now: number): number {
  return last?.ok ? leftMs(schedule, last, now) : 0
}

/** Whether `run --once` pulls. One that failed is tried again at once, but a source that has asked to be left alone for a while is. */
export function isDue(schedule: Schedule, last: PullRecord | null, now: number): boolean {
  if (!last || last.at > now) return true
  if (!last.ok) return !last.limited || now >= Math.min(last.nextAt ?? 0, last.at + longestBackoffMs)
  const left = leftMs(schedule, last, now)
  return left <= (schedule.cron === undefined ? Math.min(schedule.everyMs * earlyShare, earlyMs) : 0)
}

/** Never longer than a period, whatever clocks and files have done meanwhile. */
function leftMs({ everyMs, cron }: Schedule, { at, nextAt }: PullRecord, now: number): number {
  if (cron !== undefined) {
    const tick = tickAfter(cron, Math.min(at, now))
    return tick === null ? neverMs : Math.max(tick - now, 0)
  }
  if (everyMs < oftenMs || at > now) return 0
  return Math.max(Math.min(nextAt ?? Infinity, at + everyMs) - now, 0)
}

function untilTick(cron: string, now: number): number {
  const tick = tickAfter(cron, now)
  return tick === null ? neverMs : tick - now
}
