// Members left out of JSON, and nothing else changed.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Without } from '../../../src/sources/without.ts'

function without(paths: readonly string[], json: string): string {
  const bytes = Buffer.from(json)
  return Buffer.from(new Without(paths).copy(bytes, 0, bytes.length)).toString()
}

test.each([
  [['b'], '{"a":1,"b":2,"c":3}', '{"a":1,"c":3}'],
  [['a'], '{ "a":1, "b":2}', '{ "b":2}'],
  [['c'], '{"a":1 , "c":3 }', '{"a":1 }'],
  [['a', 'b', 'c'], '{ "a":1,"b":2,"c":3 }', '{  }'],
  [['a', 'b'], '{"a":1,"b":2,"c":3}', '{"c":3}'],
  [['b', 'c'], '{"a":1,"b":2,"c":3}', '{"a":1}'],
  [['a', 'c'], '{"a":1,"b":2,"c":3}', '{"b":2}'],
  [['a'], '{"a":1,"b":2,"a":3}', '{"b":2}'],
  [['a'], String.raw`{"\u0061":1,"b":2}`, '{"b":2}'],
  [['a.b', 'a'], '{"a":{"b":1},"c":1.0}', '{"c":1.0}'],
  [['a', 'a.b'], '{"a":{"b":1},"c":1.0}', '{"c":1.0}'],
  [['a.b'], '{"a":{"b":1,"c":{"b":1}},"b":2}', '{"a":{"c":{"b":1}},"b":2}'],
  [['a.b'], '{"a":7,"b":2}', '{"a":7,"b":2}'],
  [['l.*.x'], '{"l":[{"x":1,"y":2},7,{"x":3}]}', '{"l":[{"y":2},7,{}]}'],
  [['l.1'], '{"l":[1,2,3]}', '{"l":[1,3]}'],
  [['l.*'], '{"l":[1,2,3]}', '{"l":[]}'],
  [[String.raw`a\.b`], '{"a.b":1,"a":{"b":2}}', '{"a":{"b":2}}'],
  [['none'], '{"a":1}', '{"a":1}'],
  [['a'], '7', '7'],
])('%j of %s', (paths, json, expected) => {
  expect(without(paths, json)).toBe(expected)
})

test('what is no JSON is cut off where the fault is, rather than shown', () => {
  expect(without(['secret'], '{"a":1,"b" 2,"secret":3}')).toBe('{"a":1')
  expect(without(['secret'], '{"secret":[1')).toBe('{')
})

test('the same as deleting members of the parsed value', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd')
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null))
  const flat = fc.dictionary(names, leaf)
  const value = fc.dictionary(names, fc.oneof(leaf, flat, fc.array(flat)))
  const path = fc.oneof(
    names,
    fc.tuple(names, names).map((pair) => pair.join('.')),
    names.map((name) => `a.*.${name}`),
  )
  fc.assert(
    fc.property(value, fc.array(path, { maxLength: 4 }), fc.constantFrom(0, 1), (json, paths, indent) => {
      const expected = structuredClone(json) as Record<string, unknown>
      for (const one of paths) remove(expected, one.split('.'))
      expect(JSON.parse(without(paths, JSON.stringify(json, null, indent)))).toEqual(
        JSON.parse(JSON.stringify(expected)),
      )
    }),
    { numRuns: 500 },
  )
})

function remove(value: unknown, [step = '', ...rest]: readonly string[]): void {
  if (Array.isArray(value)) {
    if (step === '*') for (const item of value) remove(item, rest)
  } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) {
    const object = value as Record<string, unknown>
    if (rest.length === 0) delete object[step]
    else remove(object[step], rest)
  }
}
