// When a source is pulled next, and whether `run --once` has to.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstInMs, isDue, nextInMs, periodMs } from '../../../src/polling/schedule.ts'
import type { PullRecord } from '../../../src/store/store.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = Date.UTC(2026, 4, 17, 8, 2)
const nightly = { everyMs: 1000, cron: '0 3 * * *' }
const every5 = { everyMs: 5 * minute }

function pull(at: number, more: Partial<PullRecord> = {}): PullRecord {
  return { at, ok: true, error: null, notices: [], ...more }
}

describe('the next pull', () => {
  it('comes `every` after the last began, at once when that took longer, and only once', () => {
    expect(nextInMs(every5, minute, now)).toBe(4 * minute)
    expect(nextInMs(every5, 50 * minute, now)).toBe(0)
  })

  it('row 27: comes at the next tick of the cron after the end, in UTC, whatever was missed meanwhile', () => {
    expect(nextInMs({ everyMs: 1, cron: '*/5 * * * *' }, 50 * minute, now)).toBe(3 * minute)
    expect(nextInMs(nightly, 0, Date.UTC(2026, 4, 17, 3))).toBe(day)
    expect(periodMs(nightly, now)).toBe(18 * hour + 58 * minute)
  })
})

describe('a relay that starts', () => {
  it('waits for what is left, made up once when it has passed', () => {
    expect(firstInMs(every5, pull(now - minute, { nextAt: now + 4 * minute }), now)).toBe(4 * minute)
    expect(firstInMs(every5, pull(now - day), now)).toBe(0)
    expect(firstInMs(nightly, pull(now - 4 * hour), now)).toBe(18 * hour + 58 * minute)
    expect(firstInMs(nightly, pull(now - 30 * hour), now)).toBe(0)
  })

  it('pulls at once for the first time, after a failure, and what is read more often than once a minute', () => {
    expect(firstInMs(every5, null, now)).toBe(0)
    expect(firstInMs(every5, pull(now - 1, { ok: false, nextAt: now + hour }), now)).toBe(0)
    expect(firstInMs({ everyMs: 30_000 }, pull(now - 1, { nextAt: now + 30_000 }), now)).toBe(0)
  })

  it('row 24: never waits longer than a period, whatever a clock has written', () => {
    const times = fc.integer({ min: now - 500 * day, max: now + 500 * day })
    const property = fc.property(times, times, (at, nextAt) => {
      expect(firstInMs(every5, pull(at, { nextAt }), now)).toBeLessThanOrEqual(every5.everyMs)
      expect(firstInMs(nightly, pull(at, { nextAt }), now)).toBeLessThanOrEqual(day)
    })
    fc.assert(property)
  })
})

describe('run --once', () => {
  it('pulls what is due since the last pull, with a little grace for a cron that is not on time', () => {
    expect(isDue(every5, null, now)).toBe(true)
    expect(isDue(every5, pull(now - 2 * minute, { nextAt: now + 3 * minute }), now)).toBe(false)
    expect(isDue(every5, pull(now - 5 * minute + 3000, { nextAt: now + 500 }), now)).toBe(true)
    expect(isDue(nightly, pull(now - hour), now)).toBe(false)
    expect(isDue(nightly, pull(now - 6 * hour), now)).toBe(true)
    expect(isDue({ everyMs: 59_999 }, pull(now - 1), now)).toBe(true)
  })

  it('tries one that has failed at once: whoever reads the exit code must hear of it each time', () => {
    expect(isDue(every5, pull(now - 1, { ok: false, nextAt: now + minute }), now)).toBe(true)
    expect(isDue(nightly, pull(now - 1, { ok: false, nextAt: now + minute }), now)).toBe(true)
  })

  it('leaves a source alone that has asked for it, an hour at most', () => {
    const failed = pull(now - minute, { ok: false, limited: true, nextAt: now + 10 * minute })
    expect(isDue(every5, failed, now)).toBe(false)
    expect(isDue(every5, failed, now + 10 * minute)).toBe(true)
    expect(isDue(every5, { ...failed, nextAt: now + 500 * day }, now + hour)).toBe(true)
    expect(isDue(every5, pull(now + 500 * day), now)).toBe(true)
  })
})
