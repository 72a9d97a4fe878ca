import { describe, expect, test } from 'vitest'
import { checkFilter } from '../../../src/filters/check.ts'
import { filterSchema } from '../../../src/filters/schema.ts'

describe('checkFilter', () => {
  test('says nothing about a good filter', () => {
    expect(checkFilter({ types: ['auth.*'], outcome: 'failure', when: 'actor.kind == "user"' })).toEqual([])
    expect(checkFilter({})).toEqual([])
  })

  test.each([
    ['actr.kind == "x"', 'unknown name "actr"', 'did you mean "actor"?', 'actr'],
    ['actor.kind == "a" && event_typ == "x"', 'unknown name "event_typ"', 'did you mean "event_type"?', 'event_typ'],
    [
      'event_type.startWith("x")',
      'unknown function startWith()',
      'did you mean "startsWith"?',
      'event_type.startWith("x")',
    ],
    [
      'event_type.startsWith(1)',
      'startsWith() does not take these types: string.startsWith(int)',
      undefined,
      'event_type.startsWith(1)',
    ],
    [
      'actor.kind',
      'the expression may give something other than true or false',
      'compare it, for example actor.kind == true',
      'actor.kind',
    ],
    ['event_type', 'the expression gives a value of type string, not true or false', undefined, 'event_type'],
    ['event_type + 1 == "x"', 'no such overload: string + int', undefined, 'event_type + 1'],
    [
      'occurred_at == "2026-01-01T00:00:00Z"',
      'no such overload: google.protobuf.Timestamp == string',
      undefined,
      'occurred_at == "2026-01-01T00:00:00Z"',
    ],
  ])('%s', (when, message, hint, marked) => {
    const [fault] = checkFilter({ when })
    expect(fault).toMatchObject({ key: 'when', severity: 'error', message })
    expect(fault?.hint).toBe(hint)
    expect(when.slice(fault?.start, fault?.end)).toBe(marked)
  })

  test('a fault at the end of the text has a place', () => {
    expect(checkFilter({ when: 'event_type ==' })[0]).toMatchObject({ start: 13, end: 14 })
  })

  test('a glob that looks like another kind of pattern is a warning', () => {
    expect(checkFilter({ types: ['auth.*', '^auth', 'a?'] })).toMatchObject([
      { key: 'types', index: 1, severity: 'warning' },
      { key: 'types', index: 2, severity: 'warning' },
    ])
  })
})

describe('filterSchema', () => {
  test.each([
    [{ types: [] }],
    [{ types: 'auth.*' }],
    [{ outcome: 'failed' }],
    [{ outcome: [] }],
    [{ when: '' }],
    [{ whn: 'x' }],
    [{ when: 'x'.repeat(4097) }],
  ])('refuses %j', (spec) => {
    expect(filterSchema.safeParse(spec).success).toBe(false)
  })
  test('takes one outcome or several', () => {
    expect(filterSchema.parse({ outcome: 'failure' })).toEqual({ outcome: 'failure' })
    expect(filterSchema.parse({ outcome: ['failure', 'unknown'], types: ['a'], when: 'true' })).toBeTruthy()
  })
})
