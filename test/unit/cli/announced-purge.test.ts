import { expect, it } from 'vitest'
import { purgeJson, purgeText } from '../../../src/cli/announced-purge.ts'

const day = 86_400_000

it.each([
  [40, { letters: 31, inMs: day / 4 }, '31 of 40 dead letters will be purged in 6h at the earliest'],
  [1200, { letters: 1200, inMs: day }, 'all 1,200 dead letters will be purged in 1d at the earliest'],
  [1, { letters: 1, inMs: 0 }, 'its dead letter will be purged now'],
  [2, null, null],
])('of %i: %o', (dead, purge, text) => {
  expect(purgeText({ name: 'siem', dead, purge })).toBe(text)
})

it('counts whole seconds for scripts, never more than are left', () => {
  expect(purgeJson({ purge: { letters: 3, inMs: 1999 } })).toEqual({ letters: 3, in_seconds: 1 })
  expect(purgeJson({ purge: null })).toBeNull()
})
