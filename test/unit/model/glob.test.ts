import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesGlob } from '../../../src/model/glob.ts'

describe('matchesGlob', () => {
  test.each([
    ['auth.*', 'auth.login', true],
    ['auth.*', 'auth.', true],
    ['auth.*', 'auth', false],
    ['*', '', true],
    ['*', 'anything at all', true],
    ['', '', true],
    ['', 'a', false],
    ['*.failed', 'user.login.failed', true],
    ['*.failed', 'user.failed.login', false],
    ['user.*.changed', 'user.email.changed', true],
    ['user.*.changed', 'user.changed', false],
    ['a*b*c', 'axxbyybzzc', true],
    ['a*b*c', 'axxbyybzz', false],
    ['user.signed_in', 'user.signed_in', true],
    ['user.signed_in', 'User.signed_in', false],
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['**', 'x', true],
    ['*a', 'aaaa', true],
  ])('%j on %j is %j', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected)
  })

  test('agrees with a regular expression on small inputs', () => {
    const small = fc.array(fc.constantFrom('a', 'b', '.', '*'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(small, small, (glob, text) => {
        const pattern = glob.replaceAll('.', '\\.').replaceAll('*', '[^]*')
        expect(matchesGlob(glob, text)).toBe(new RegExp(`^${pattern}$`).test(text))
      }),
      { numRuns: 3000 },
    )
  })

  test('glob of stars: the sender of a long type gains nothing', () => {
    const started = performance.now()
    expect(matchesGlob('*a'.repeat(100) + '*b', 'a'.repeat(100_000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
