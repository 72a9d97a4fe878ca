// Each guard around the expression engine, under the attack that it is there for.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { checkFilter } from '../../../src/filters/check.ts'
import { compileFilter } from '../../../src/filters/compile.ts'
import { pageOf, passed } from './pages.ts'

function passing(when: string, events: Parameters<typeof pageOf>[0]): number[] {
  return passed(compileFilter({ when }).route(pageOf(events)), events.length)
}

const event = (fields: string) => `{"event_id":"a","event_type":"t","occurred_at":"2026-05-17T08:00:00Z",${fields}}`

describe('Maps', () => {
  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'])(
    '%s key hides an event',
    (key) => {
      const events = [
        event(`"actor":{"kind":"user","${key}":1}`),
        event(`"actor":{"kind":"user","${key}":{"kind":"service"}}`),
        event(`"actor":{"kind":"service","${key}":{"kind":"user"}}`),
      ]
      const routed = compileFilter({ when: 'actor.kind == "user"' }).route(pageOf(events))
      expect(routed).toMatchObject({ failed: [], missing: 0, bypassed: 0 })
      expect(passed(routed, 3)).toEqual([0, 1])
    },
  )

  test('row 42: constructor and __proto__ deep inside data, in objects and in arrays', () => {
    const data = '"data":{"a":{"b":[{"constructor":{"x":1},"__proto__":{"c":2},"c":1}]}}'
    expect(passing('data.a.b.exists(item, item.c == 1)', [event(data)])).toEqual([0])
    expect(passing('data.a.b[0].constructor.x == 1', [event(data)])).toEqual([0])
  })

  test('row 42: nothing reaches the prototype of all objects', () => {
    passing('data.polluted == 1', [
      event('"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    ])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('a key of the prototype is not a key of the event', () => {
    expect(compileFilter({ when: 'data.constructor == 1' }).route(pageOf([event('"data":{}')]))).toMatchObject({
      matched: 0,
      missing: 1,
    })
    expect(compileFilter({ when: 'data["__proto__"] == 1' }).route(pageOf([event('"data":{}')]))).toMatchObject({
      matched: 0,
      missing: 1,
    })
  })

  test('objects made by the sender cannot enter through json()', () => {
    expect(checkFilter({ when: 'bytes(actor.label).json().x == 1' })[0]?.message).toContain('not available')
  })
})

describe('linear matches', () => {
  afterEach(() => vi.restoreAllMocks())

  test('catastrophic matches: 100,000 characters of (a+)+ end at once', () => {
    const started = performance.now()
    expect(passing('actor.label.matches("^(a+)+$")', [{ actor: { label: 'a'.repeat(100_000) + '!' } }])).toEqual([])
    expect(performance.now() - started).toBeLessThan(400)
  })

  test('wherever matches stands, it is the linear one', () => {
    const places = [
      'actor.label.matches("(?i)^ANN")',
      '!actor.label.matches("(?i)^BOB")',
      'true && (false || actor.label.matches("(?i)^ANN"))',
      'actor.label.matches("(?i)^ANN") ? true : false',
      '[actor.label].exists(x, x.matches("(?i)^ANN"))',
      '[actor.label].all(x, x.matches("(?i)^ANN"))',
      '[actor.label].exists_one(x, x.matches("(?i)^ANN"))',
      '[actor.label].filter(x, x.matches("(?i)^ANN")).size() == 1',
      '[actor.label].map(x, x.matches("(?i)^ANN"))[0] == true',
      '[actor.label].map(x, x.matches("(?i)^ANN"), x).size() == 1',
      '{"m": actor.label.matches("(?i)^ANN")}["m"]',
      'cel.bind(m, actor.label.matches("(?i)^ANN"), m == true)',
      '(actor.label + "").lowerAscii().matches("(?i)^ANN")',
      'string(actor.label.matches("(?i)^ANN")) == "true"',
    ]
    // The engine's own throws on (?i), which would count as failed.
    for (const when of places) {
      expect(checkFilter({ when }), when).toEqual([])
      expect(compileFilter({ when }).route(pageOf([{ actor: { label: 'ann' } }])), when).toMatchObject({
        matched: 1,
        failed: [],
      })
    }
  })

  test('a pattern that comes with the event is refused', () => {
    expect(checkFilter({ when: 'actor.label.matches(data.pattern)' })[0]).toMatchObject({ start: 20, end: 32 })
  })

  test.each(['(?=a)', '(a)\\\\1', '(', 'a{1001}', '((a{100}){100}){100}'])(
    'pattern %s is refused when it is checked',
    (pattern) => {
      const [fault] = checkFilter({ when: `actor.label.matches("${pattern}")` })
      expect(fault?.message).toContain('not a regular expression')
      expect(fault?.start).toBe(20)
    },
  )
})

describe('the clock', () => {
  const many = Array.from({ length: 3000 }, (_, index) => index)
  const nested = 'data.xs.all(a, data.xs.all(b, data.xs.all(c, a + b + c >= 0.0)))'
  const limits = { pageMs: 60, eventMs: 30, maxTimeouts: 2 }

  test('nested macros stop the relay: the culprit is routed and named, its neighbours are judged', () => {
    const filter = compileFilter({ when: nested }, limits)
    const page = pageOf([
      { data: { xs: [-1] } },
      { data: { xs: many } },
      { data: { xs: [1, 2] } },
      { data: { xs: [-5] } },
    ])
    const started = performance.now()
    const routed = filter.route(page)
    expect(performance.now() - started).toBeLessThan(1500)
    expect(passed(routed, 4)).toEqual([1, 2])
    expect(routed).toMatchObject({ failed: [1], bypassed: 1 })
    expect(filter.route(pageOf([{ data: { xs: [-1] } }, { data: { xs: [1] } }])), 'works on afterwards').toMatchObject({
      matched: 1,
      failed: [],
    })
  })

  test('a page full of such events takes a bounded time and hides nothing', () => {
    const events = Array.from({ length: 200 }, () => ({ data: { xs: many } }))
    const started = performance.now()
    const routed = compileFilter({ when: nested }, limits).route(pageOf(events))
    expect(performance.now() - started).toBeLessThan(2500)
    expect(routed).toMatchObject({ matched: 200, bypassed: 200 })
    expect(routed.failed).toHaveLength(200)
  })
})

describe('limits', () => {
  test.each([
    ['ten thousand parentheses', '('.repeat(10_000) + 'true' + ')'.repeat(10_000)],
    ['two thousand parentheses', '('.repeat(2000) + 'true' + ')'.repeat(2000)],
    ['a thousand negations', '!'.repeat(1001) + 'true'],
    ['a long chain of keys', 'data' + '.a'.repeat(1500) + ' == 1'],
    ['a thousand alternatives', Array(400).fill('outcome == "x"').join(' || ').slice(0, 4090)],
    ['nested lists', '['.repeat(500) + ']'.repeat(500) + ' == []'],
  ])('%s', (_name, when) => {
    expect(checkFilter({ when })).toHaveLength(1)
  })

  test.each([
    'globalThis.x == 1',
    'process.x == 1',
    'constructor == 1',
    '__proto__ == 1',
    'this == 1',
    'event_type.constructor == 1',
  ])('nothing of the program can be reached from %s', (when) => {
    expect(checkFilter({ when })).toHaveLength(1)
  })

  test.each([
    'actor.label.constructor.name == "String"',
    'data.xs.constructor.name == "Array"',
    'actor.constructor.name == "Map"',
    'data.xs["length"] == 1.0',
  ])('nothing of the program can be read with %s', (when) => {
    const events = [{ actor: { label: 'x' }, data: { xs: [1] } }]
    expect(compileFilter({ when }).route(pageOf(events))).toMatchObject({ matched: 0, missing: 1, failed: [] })
  })
})
