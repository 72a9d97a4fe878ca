import fc from 'fast-check'
import { expect, it } from 'vitest'
import { spanOf, spanOfTimes, uncovered } from '../../../src/store/spans.ts'

const hour = 3_600_000

it('reads windows whatever the precision and the offset of their ends', () => {
  const window = { from: '2026-05-17T08:00:00.250Z', to: '2026-05-17T11:00:00+02:00' }
  expect(spanOf(window)).toEqual({ from: Date.UTC(2026, 4, 17, 8, 0, 0, 250), to: Date.UTC(2026, 4, 17, 9) })
  expect(() => spanOf({ from: 'yesterday', to: window.to })).toThrow('must be a time in RFC 3339, not "yesterday"')
})

it('joins what lies near, and leaves out what is covered', () => {
  const times = Float64Array.of(10 * hour, 5, 3 * hour, 0, hour + 5, 7 * hour)
  expect(uncovered(times, [{ from: 3 * hour, to: 7 * hour }])).toEqual([
    { from: 0, to: hour + 5 },
    { from: 10 * hour, to: 10 * hour },
  ])
  expect(spanOfTimes(times)).toEqual({ from: 0, to: 10 * hour })
})

it('covers every time in spans that lie apart', () => {
  const times = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 40 })
  fc.assert(
    fc.property(times, (given) => {
      const spans = uncovered(Float64Array.from(given), [])
      const apart = spans.every((span, index) => index === 0 || span.from - (spans[index - 1]?.to ?? 0) > hour)
      return apart && given.every((time) => spans.some(({ from, to }) => time >= from && time <= to))
    }),
  )
})
