import { expect, test } from 'vitest'
import { hoist } from '../../../src/config/hoist.ts'

type Json = Record<string, unknown>

const long = (name: string, more: Json = {}): Json => ({
  type: 'object',
  properties: { [name]: { type: 'string', description: name.repeat(300) }, ...more },
})

/** A schema with every reference put back. */
function whole(node: unknown, defs: Json): unknown {
  if (Array.isArray(node)) return node.map((entry) => whole(entry, defs))
  if (typeof node !== 'object' || node === null) return node
  if ('$ref' in node) return whole(defs[String(node.$ref).slice('#/$defs/'.length)], defs)
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, whole(value, defs)]))
}

test('what is repeated is written once, by the name of its key, and says the same', () => {
  const inner = long('deep')
  const schema = {
    type: 'object',
    properties: {
      one: long('a', { inner }),
      two: { anyOf: [long('a', { inner }), { type: 'null' }] },
      page: long('b'),
    },
  }
  const { $defs, ...rest } = hoist(schema) as { $defs: Json }
  expect(Object.keys($defs)).toEqual(['one'])
  expect(rest).toMatchObject({
    properties: { one: { $ref: '#/$defs/one' }, two: { anyOf: [{ $ref: '#/$defs/one' }, {}] } },
  })
  expect(whole(rest, $defs)).toEqual(schema)
})

test('what stands in two different ones is written once, too; two of one name get a number', () => {
  const schema = {
    properties: {
      a: long('x', { page: long('deep') }),
      b: long('y', { page: long('deep') }),
      c: { properties: { page: long('other') } },
      d: { items: long('other') },
    },
  }
  const { $defs, ...rest } = hoist(schema) as { $defs: Json }
  expect(Object.keys($defs)).toEqual(['page', 'page_2'])
  expect(whole(rest, $defs)).toEqual(schema)
})

test('what is short, or stands there once, stays where it is', () => {
  const schema = { properties: { a: { type: 'string' }, b: { type: 'string' }, c: long('c') } }
  expect(hoist(schema)).toEqual(schema)
})
