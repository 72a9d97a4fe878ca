import { expect, it } from 'vitest'
import { Pace } from '../../../src/upkeep/pace.ts'

it('lets go as many as were asked for in each second, and saves no more than one second of them', () => {
  const pace = new Pace(10, 0)
  let went = 0
  for (let now = 0; now <= 10_000; now += 100) {
    const count = pace.allowed(now)
    pace.spend(count)
    went += count
  }
  expect(went).toBe(101)
  expect(pace.allowed(1_000_000)).toBe(10)
})

it('goes on with less than one a second, and without a limit', () => {
  const slow = new Pace(0.5, 0)
  expect([slow.allowed(0), slow.allowed(1000), slow.allowed(2000)]).toEqual([0, 1, 1])
  expect(new Pace(null, 0).allowed(0)).toBe(Infinity)
})
