import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addLateness, LATENESS_BOUNDS, latenessOf, noLateness } from '../../../src/store/lateness.ts'

const minute = 60_000

it('row 19: puts each late event into the first bucket that it does not exceed', () => {
  const now = 100 * 86_400_000
  const ago = (ms: number) => now - ms
  const times = Float64Array.of(ago(minute), ago(minute + 0.5), ago(5 * minute), ago(8 * 86_400_000), ago(-5), now)
  expect(latenessOf(times, now, now)).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 1])
  expect(latenessOf(times, ago(5 * minute), now)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1])
})

it('counts every late event once, and adds up', () => {
  const times = fc.array(fc.integer({ min: 0, max: 2 * (LATENESS_BOUNDS.at(-1) as number) }), { maxLength: 50 })
  fc.assert(
    fc.property(times, fc.nat(1e9), (given, lateBefore) => {
      const buckets = latenessOf(Float64Array.from(given), lateBefore, 1e9)
      const sum = addLateness(buckets, addLateness(noLateness(), buckets)).reduce((a, b) => a + b, 0)
      return sum === 2 * given.filter((time) => time < lateBefore).length
    }),
  )
})
