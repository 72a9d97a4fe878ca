import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clampRetryAfter,
  longestRetryAfterMs,
  longestRetryMs,
  retryDelayMs,
  savedTrialWaitMs,
  savedWaitMs,
  trialDelayMs,
} from '../../../src/delivery/backoff.ts'
import { seeded } from './rig.ts'

const schedule = [30_000, 120_000, 600_000, 3_600_000, 14_400_000]
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const always = (value: number) => ({ next: () => value, hex: () => '' })

describe('the delay before the next attempt', () => {
  it('follows the schedule within a fifth, and ends after its last delay', () => {
    fc.assert(
      fc.property(chance, fc.integer({ min: 1, max: 8 }), (value, spent) => {
        const delay = retryDelayMs(schedule, spent, always(value))
        const planned = schedule[spent - 1]
        if (planned === undefined) return delay === null
        return delay !== null && delay >= planned * 0.8 && delay <= planned * 1.2
      }),
    )
  })

  it('is the first one for an event on which nothing was spent', () => {
    expect(retryDelayMs([1_000, 9_000], 0, always(0.5))).toBe(1_000)
  })

  it('honours a longer Retry-After, and not a shorter one', () => {
    expect(retryDelayMs(schedule, 1, always(0.5), 100_000)).toBe(100_000)
    expect(retryDelayMs(schedule, 2, always(0.5), 1_000)).toBe(120_000)
  })

  it('differs between events that failed together', () => {
    const random = seeded(1)
    const delays = Array.from({ length: 100 }, () => retryDelayMs(schedule, 1, random))
    expect(new Set(delays).size).toBeGreaterThan(90)
  })
})

describe('row 44: an absurd Retry-After', () => {
  for (const [asked, kept] of [
    [0, 1_000],
    [-1, 1_000],
    [Number.NaN, 1_000],
    [1_500, 1_500],
    [1e12, longestRetryAfterMs],
    [Infinity, longestRetryAfterMs],
    [-Infinity, 1_000],
  ] as const)
    it(`${asked} counts as ${kept} ms`, () => expect(clampRetryAfter(asked)).toBe(kept))
})

describe('the delay before a trial', () => {
  it('is about a second at first, then 5 to 30 s', () => {
    fc.assert(
      fc.property(chance, fc.integer({ min: 0, max: 1e6 }), (value, failed) => {
        const delay = trialDelayMs(failed, always(value))
        return failed === 0 ? delay >= 800 && delay <= 1_200 : delay >= 5_000 && delay <= 30_000
      }),
    )
  })

  it('grows', () => {
    expect([0, 1, 2, 3, 4, 5].map((failed) => trialDelayMs(failed, always(0.5)))).toEqual([
      1_000, 5_000, 10_000, 20_000, 30_000, 30_000,
    ])
  })
})

describe('row 24: a saved time', () => {
  it('never makes anybody wait longer than it could have been saved for', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (savedAt, now) => {
        const wait = savedTrialWaitMs(savedAt, now)
        return wait >= 0 && wait <= longestRetryAfterMs
      }),
    )
  })

  it('is kept when it is plausible, and forgotten when a clock was changed', () => {
    expect(savedTrialWaitMs(1_020, 1_000)).toBe(20)
    expect(savedTrialWaitMs(900, 1_000)).toBe(0)
    expect(savedTrialWaitMs(1_000 + 365 * 86_400_000, 1_000)).toBe(30_000)
    expect(savedWaitMs(50_000_000, 0, longestRetryMs(schedule))).toBe(longestRetryMs(schedule))
  })
})
