import { describe, expect, test } from 'vitest'
import { compileFilter } from '../../../src/filters/compile.ts'
import { Tag } from '../../../src/model/event.ts'
import { pageOf, passed } from './pages.ts'

/** Which of `events` pass, and the counts. */
function route(spec: Parameters<typeof compileFilter>[0], events: Parameters<typeof pageOf>[0]) {
  const { bitmap, ...counts } = compileFilter(spec).route(pageOf(events))
  return { passed: passed({ bitmap, ...counts }, events.length), ...counts }
}

const plain = { bypassed: 0, missing: 0, failed: [] }

describe('types and outcome', () => {
  const events = [
    { event_type: 'auth.login', outcome: 'failure' },
    { event_type: 'auth.login', outcome: 'success' },
    { event_type: 'security.alert' },
    { event_type: 'billing.invoice', outcome: 'failure' },
  ]
  test('no filter lets every event pass', () => {
    expect(route({}, events)).toEqual({ passed: [0, 1, 2, 3], matched: 4, ...plain })
  })
  test('one of the globs is enough', () => {
    expect(route({ types: ['auth.*', 'security.*'] }, events).passed).toEqual([0, 1, 2])
  })
  test('an absent outcome is unknown', () => {
    expect(route({ outcome: 'unknown' }, events).passed).toEqual([2])
    expect(route({ outcome: ['unknown', 'success'] }, events).passed).toEqual([1, 2])
  })
  test('keys are ANDed', () => {
    expect(
      route({ types: ['auth.*'], outcome: 'failure', when: 'data.x == 1' }, [
        ...events,
        { event_type: 'auth.x', outcome: 'failure', data: { x: 1 } },
      ]).passed,
    ).toEqual([4])
  })
  test('an invented type for each event does not grow the cache without end', () => {
    const filter = compileFilter({ types: ['auth.*'] })
    for (let round = 0; round < 12; round++) {
      const page = pageOf(Array.from({ length: 1000 }, (_, index) => ({ event_type: `auth.${round}.${index}` })))
      expect(filter.route(page).matched).toBe(1000)
    }
  })
  test('an empty page', () => {
    expect(route({ when: 'data.x == 1' }, [])).toEqual({ passed: [], matched: 0, ...plain })
  })
})

describe('when', () => {
  const only = (when: string, event: Record<string, unknown>) => route({ when }, [event])

  test.each([
    ['actor.kind == "user"', { actor: { kind: 'user' } }, true],
    ['actor.kind != "user"', {}, true],
    ['actor.label == ""', {}, true],
    ['actor.label == ""', { actor: { label: null } }, true],
    ['actor.label == ""', { actor: null }, true],
    ['context.ip.startsWith("10.")', {}, false],
    ['has(actor.label)', { actor: { kind: 'user' } }, false],
    ['has(actor.label)', { actor: { label: 'Ann' } }, true],
    ['has(target.kind)', {}, false],
    ['has(data.nul)', { data: { nul: null } }, true],
    ['has(data.nul)', { data: {} }, false],
    ['outcome == "unknown"', {}, true],
    ['source.name == "app" && source.type == "outbox"', { source: { name: 'forged' } }, true],
    ['event_id == "e0"', {}, true],
    ['occurred_at < timestamp("2026-05-17T08:00:01Z")', {}, true],
    ['occurred_at >= timestamp("2026-05-17T10:00:00+02:00")', {}, true],
    ['occurred_at.getHours() == 8', {}, true],
    ['data.n == 5 && data.n > 4 && data.n in [5, 6]', { data: { n: 5 } }, true],
    ['data.list.exists(item, item.name == "b")', { data: { list: [{ name: 'a' }, { name: 'b' }] } }, true],
    ['actor.kind.matches("(?i)^us")', { actor: { kind: 'USER' } }, true],
    ['["a", "b"].exists(x, actor.kind.matches("^[[:alpha:]]+$"))', { actor: { kind: 'user' } }, true],
    ['!has(data.x) || data.x.y == 1', {}, true],
  ])('%s on %j is %j', (when, event, expected) => {
    expect(only(when, event)).toEqual({ passed: expected ? [0] : [], matched: expected ? 1 : 0, ...plain })
  })

  test.each([
    ['data.email == "x"', {}],
    ['data.email == "x"', { data: { other: 1 } }],
    ['!(data.email == "x")', {}],
    ['data.list[3] == 1', { data: { list: [1] } }],
    ['actor.department == "hr"', { actor: { kind: 'user' } }],
    ['data.user.name == "x"', { data: { user: 'text' } }],
  ])('%s on %j is false because something is missing, and counted', (when, event) => {
    expect(only(when, event)).toEqual({ passed: [], matched: 0, bypassed: 0, missing: 1, failed: [] })
  })

  test.each([
    ['data.n > 4', { data: { n: 'text' } }],
    ['data.n.startsWith("x")', { data: { n: 5 } }],
    ['data.n + 1 == 6', { data: { n: 5 } }],
  ])('%s on %j cannot be answered: the event is routed and named', (when, event) => {
    expect(only(when, event)).toEqual({ passed: [0], matched: 1, bypassed: 1, missing: 0, failed: [0] })
  })

  test('row 40: integers beyond 2^53 are told apart', () => {
    const big = (value: string) =>
      `{"event_id":"a","event_type":"t","occurred_at":"2026-05-17T08:00:00Z","data":{"id":${value}}}`
    const events = [big('9007199254740993'), big('9007199254740992'), big('-9223372036854775808'), big('1e300')]
    expect(route({ when: 'data.id == 9007199254740993' }, events).passed).toEqual([0])
    expect(route({ when: 'data.id == -9223372036854775808' }, events).passed).toEqual([2])
    expect(route({ when: 'data.id > 9007199254740992' }, events).passed).toEqual([0, 3])
  })

  test('a specification with faults is refused, not run', () => {
    expect(() => compileFilter({ when: 'actr.kind == "x"' })).toThrow('unknown name "actr"')
  })
})

describe('events on which a filter cannot be trusted', () => {
  const twice = (pair: string) => `{"event_id":"a","event_type":"t","occurred_at":"2026-05-17T08:00:00Z",${pair}}`
  test.each([
    ['row 39: duplicate keys', '"outcome":"success","outcome":"failure"', Tag.duplicateKeys],
    ['row 39: duplicate keys, the other order', '"outcome":"failure","outcome":"success"', Tag.duplicateKeys],
    ['an outcome of its own', '"outcome":"denied"', Tag.nonstandard],
    ['an actor that is text', '"actor":"ann"', Tag.nonstandard],
  ])('%s: routed past every filter', (_name, pair, tag) => {
    const page = pageOf([twice(pair)])
    expect(page.tags(0)).toBe(tag)
    for (const spec of [{ types: ['nothing'] }, { outcome: 'unknown' }, { when: 'event_type == "no"' }] as const)
      expect(compileFilter(spec).route(page)).toMatchObject({ matched: 1, bypassed: 1, failed: [] })
  })
})
