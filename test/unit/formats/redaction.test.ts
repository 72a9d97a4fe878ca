// What is redacted is gone, however it is spelled and wherever it stands; everything else stays byte for byte.
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dressing, FORMATS } from '../../../src/formats/format.ts'
import { type RedactionPaths, redactionOf } from '../../../src/formats/redaction.ts'
import { pathFault, pathTree, stepsAfter, stepsInto, WAYS } from '../../../src/formats/redaction-paths.ts'
import { batchOf } from '../../fakes/batches.ts'

const hashKey = '0123456789abcdef'
const none = { drop: [], mask: [], hash: [], hashKey: null }

function redacted(text: string, paths: Partial<RedactionPaths>): string | undefined {
  const bytes = Buffer.from(`##${text}##`)
  const made = redactionOf({ ...none, ...paths }).apply(bytes, 2, bytes.length - 2)
  return made && Buffer.from(made).toString()
}

describe('drop', () => {
  it.each([
    ['{"a":1,"b":2,"c":3}', ['b'], '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['a'], '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['c'], '{"a":1,"b":2}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'b'], '{"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['b', 'c'], '{"a":1}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'c'], '{"b":2}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'b', 'c'], '{}'],
    [' { "a" : 1 , "b" : [ 1 , 2 ] } ', ['a'], ' { "b" : [ 1 , 2 ] } '],
    ['{"a":1,"a":2,"b":3,"a":{"x":4}}', ['a'], '{"b":3}'],
    ['{"\\u0061":1,"b":2}', ['a'], '{"b":2}'],
    ['{"d":[{"e":1},{"e":2,"f":3}]}', ['d.e'], '{"d":[{},{"f":3}]}'],
    ['{"d":[{"e":1},{"e":2,"f":3}]}', ['d.*.e'], '{"d":[{},{"f":3}]}'],
    ['{"d":[1,2,3]}', ['d.1'], '{"d":[1,3]}'],
    ['{"d":[1,2,3]}', ['d.*'], '{"d":[]}'],
    ['{"d":{"x.y":1,"z":2}}', ['d.x.y'], '{"d":{"z":2}}'],
    ['{"d.x":{"y":1},"z":2}', ['d.x.y'], '{"d.x":{},"z":2}'],
    [
      '{"d":{"u":{"mail":"a","n":1},"v":{"mail":"b"},"mail":"c"}}',
      ['d.*.mail'],
      '{"d":{"u":{"n":1},"v":{},"mail":"c"}}',
    ],
    ['{"a":"}\\"],{","b":"\\\\"}', ['b'], '{"a":"}\\"],{"}'],
    ['{"a":{"b":1}}', ['a.b.c', 'x'], '{"a":{"b":1}}'],
  ])('%s without %j', (text, drop, expected) => {
    expect(redacted(text, { drop })).toBe(expected)
  })
})

describe('mask and hash', () => {
  it.each([
    ['{"a":"x","b":2}', '{"a":"***","b":2}'],
    ['{"a":null}', '{"a":"***"}'],
    ['{"a":{"b":[1,{"c":"x"}]},"d":-1.5e3}', '{"a":"***","d":-1.5e3}'],
    ['{"a" : [1] , "a":true}', '{"a" : "***" , "a":"***"}'],
  ])('mask %s', (text, expected) => {
    expect(redacted(text, { mask: ['a'] })).toBe(expected)
  })

  it('a hash is the HMAC of what a text says, however it is spelled, and of the JSON of anything else', () => {
    const hmac = (of: string): string =>
      `hmac-sha256:${createHmac('sha256', hashKey).update(of).digest('hex').slice(0, 32)}`
    const text = '{"a":"\\u00e9","b":"é","c":12,"d":{"x": 1}}'
    expect(JSON.parse(redacted(text, { hash: ['a', 'b', 'c', 'd'], hashKey }) as string)).toEqual({
      a: hmac('é'),
      b: hmac('é'),
      c: hmac('12'),
      d: hmac('{"x": 1}'),
    })
    expect(hmac('é')).toMatch(/^hmac-sha256:[0-9a-f]{32}$/)
  })

  it('without the key a hash is a mask', () => {
    expect(redacted('{"a":1}', { hash: ['a'] })).toBe('{"a":"***"}')
  })

  it('the strongest way is done where several are meant, the outer one where one lies in another', () => {
    expect(redacted('{"d":{"a":1,"b":2}}', { drop: ['d.*'], mask: ['d.a'], hash: ['d.b'], hashKey })).toBe('{"d":{}}')
    expect(redacted('{"d":{"a":1,"b":2}}', { mask: ['d.*'], drop: ['d.a'] })).toBe('{"d":{"b":"***"}}')
    expect(redacted('{"d":{"a":1}}', { mask: ['d'], drop: ['d.a'] })).toBe('{"d":"***"}')
  })
})

it('what cannot be walked through is not let out', () => {
  for (const text of ['{"a":', '[1]', '"a"', '{"a":1}x', `${'['.repeat(300)}`])
    expect(redacted(text, { drop: ['z'] })).toBeUndefined()
})

it.each([
  ['actor.label', undefined],
  ['data.*.email', undefined],
  ['data', undefined],
  ['outcome', undefined],
  ['event_id', 'event_id cannot be redacted: events are told apart and found by it'],
  ['source.name', 'source cannot be redacted: events are told apart and found by it'],
  ['*', 'the first part must be the name of a field, such as actor, target, data or context'],
  ['*.label', 'the first part must be the name of a field, such as actor, target, data or context'],
  ['data..x', 'expected names parted by single dots, such as actor.label or data.*.email'],
  ['', 'expected names parted by single dots, such as actor.label or data.*.email'],
  ['data.mail*', 'a * stands for a whole part of a path'],
  ['stream.attempt', 'stream is what the relay says of the delivery; there is nothing in it to redact'],
])('path %s', (path, fault) => expect(pathFault(path)).toBe(fault))

describe('no trace is left', () => {
  const canary = 'cänary-7f3a'
  const names = ['actor', 'target', 'tenant', 'context', 'data', 'outcome', 'custom'] as const
  const inner = ['id', 'label', 'kind', 'slug', 'ip', 'user_agent', 'request_id', 'e.mail', 'x']

  /** A key or a text in one of the spellings that mean the same. */
  function spelled(text: string, escaped: boolean): string {
    if (!escaped) return JSON.stringify(text)
    const units = Array.from(text).map((one) => `\\u${(one.codePointAt(0) as number).toString(16).padStart(4, '0')}`)
    return `"${units.join('')}"`
  }

  const cases = fc.record({
    first: fc.constantFrom(...names),
    second: fc.option(fc.constantFrom(...inner), { nil: null }),
    way: fc.constantFrom(...WAYS),
    format: fc.constantFrom(...FORMATS),
    escapes: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    wrap: fc.constantFrom('plain', 'list', 'object', 'twice', 'listed'),
    star: fc.boolean(),
  })

  it('of a canary in any field, redacted in any way, in any format', () => {
    fc.assert(
      fc.property(cases, ({ first, second, way, format, escapes, wrap, star }) => {
        const word = spelled(canary, escapes[2])
        const value = { plain: word, twice: word, listed: word, list: `[1,${word}]`, object: `{"deep":[${word}]}` }[
          wrap
        ]
        const held = second === null ? value : `{${spelled(second, escapes[1])}:${value},"kept":1}`
        const listed = wrap === 'listed' && second !== null ? `[${held}]` : held
        const member = `${spelled(first, escapes[0])}:${listed}`
        const text = `{"event_id":"1",${member},"event_type":"user.signed_in",${wrap === 'twice' ? `${member},` : ''}"occurred_at":"2026-05-17T08:00:00Z"}`
        const path = second === null ? first : `${first}.${star && second !== 'e.mail' ? '*' : second}`
        const redaction = redactionOf({ ...none, [way]: [path], hashKey })
        const event = batchOf([text]).events[0]
        const made = Buffer.from((event && dressing(format, redaction).write(event, 'siem')) ?? '').toString()
        expect(made).toContain('"1"')
        const says = JSON.stringify(JSON.parse(made)).normalize()
        expect(says).not.toContain(canary)
        expect(says).not.toContain(JSON.stringify(canary).slice(1, -1))
        // The one character that only the canary has, in its other spelling, whether or not that is escaped once more.
        expect(made).not.toContain('u00e4')
      }),
      { numRuns: 3000 },
    )
  })

  it('and everything else stays as it was', () => {
    const object = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
    fc.assert(
      fc.property(object, fc.subarray(['a', 'b', 'c', 'd']), (one, drop) => {
        const expected = Object.fromEntries(Object.entries(one).filter(([key]) => !drop.includes(key)))
        expect(redacted(JSON.stringify(one), { drop })).toBe(JSON.stringify(expected))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the walk is at each place once', () => {
  const tree = pathTree({ ...none, drop: ['data.*.*.*.email'] })
  /** `data` and the three places behind it, reached by ever more ways. */
  const places = 4

  it('in lists in lists', () => {
    let steps = stepsAfter([tree], 'data')
    for (let depth = 0; depth < 190; depth++) {
      steps = stepsInto(steps, 0)
      expect(steps.length).toBeLessThanOrEqual(places)
    }
    const [open, close] = ['['.repeat(190), ']'.repeat(190)]
    expect(redacted(`{"data":${open}{"email":1,"b":2}${close}}`, { drop: ['data.*.*.*.email'] })).toBe(
      `{"data":${open}{"b":2}${close}}`,
    )
  })

  it('after keys that hold dots', () => {
    const twice = pathTree({ ...none, drop: ['a.*.*.x', 'a.b.*.x', 'a.*.b.x'] })
    const steps = stepsAfter(stepsInto(stepsInto(stepsAfter([twice], 'a'), 0), 0), 'b.b')
    expect(steps).toHaveLength(new Set(steps).size)
    let deep = stepsAfter([tree], 'data')
    for (let depth = 0; depth < 20; depth++) {
      deep = stepsAfter(stepsInto(deep, 0), 'k.k')
      expect(deep.length).toBeLessThanOrEqual(places)
    }
  })
})
