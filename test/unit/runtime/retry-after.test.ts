import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONGEST_WAIT_MS, retryAfterMs, SHORTEST_WAIT_MS } from '../../../src/runtime/retry-after.ts'

const now = Date.UTC(2026, 4, 17, 8)
const shortest = SHORTEST_WAIT_MS
const longest = LONGEST_WAIT_MS

describe('row 44: Retry-After', () => {
  it.each<[string, number | undefined]>([
    ['120', 120_000],
    [' 120 ', 120_000],
    ['1.5', 1500],
    ['0', shortest],
    ['-1', shortest],
    ['-999999999999', shortest],
    ['+5', 5000],
    ['1e12', undefined],
    ['1000000000000', longest],
    ['9'.repeat(18), longest],
    ['9'.repeat(400), longest],
    ['5, 10', 5000],
    ['Sun, 17 May 2026 08:02:00 GMT', 120_000],
    ['Sunday, 17-May-26 08:02:00 GMT', 120_000],
    ['Sun May 17 08:02:00 2026', 120_000],
    ['2026-05-17T08:02:00Z', 120_000],
    ['2026-05-17T10:02:00+02:00', 120_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', shortest],
    ['Fri, 31 Dec 9999 23:59:59 GMT', longest],
    ['Sun, 99 May 2026 08:02:00 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['0x10', undefined],
    ['May 17', undefined],
    ['Sun, ' + 'x'.repeat(10_000), undefined],
  ])('%s', (text, expected) => {
    expect(retryAfterMs({ 'retry-after': text }, now)).toBe(expected)
  })

  it('absent is undefined', () => {
    expect(retryAfterMs({}, now)).toBeUndefined()
  })

  it('a date is taken relative to the clock of the receiver where it names it', () => {
    const headers = { 'retry-after': 'Sun, 17 May 2026 10:01:00 GMT', date: 'Sun, 17 May 2026 10:00:00 GMT' }
    expect(retryAfterMs(headers, now)).toBe(60_000)
    expect(retryAfterMs({ ...headers, date: 'nonsense' }, now)).toBe(longest)
  })

  it('whatever is sent, the wait lies between a second and an hour', () => {
    const text = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    )
    fc.assert(
      fc.property(text, (value) => {
        const wait = retryAfterMs({ 'retry-after': value }, now)
        if (wait !== undefined) expect(wait >= shortest && wait <= longest && Number.isInteger(wait)).toBe(true)
      }),
    )
  })
})
