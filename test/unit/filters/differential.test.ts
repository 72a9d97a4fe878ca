// A second opinion on every expression: the conforming engine, given the same events in its own way.
import { celEnv, isCelError, parse, plan, run } from '@bufbuild/cel'
import { expect, test } from 'vitest'
import { checkFilter } from '../../../src/filters/check.ts'
import { compileFilter } from '../../../src/filters/compile.ts'
import { bitSet } from '../../../src/model/page.ts'
import { pageOf } from './pages.ts'

const expressions = 1000
const seed = 20260517

const events: Record<string, unknown>[] = [
  {},
  { actor: { kind: 'user', id: 'u1', label: 'Ann Lee' }, outcome: 'success', data: { n: 5, s: 'alpha', b: true } },
  {
    actor: { kind: 'service', id: '' },
    event_type: 'auth.login.failed',
    outcome: 'failure',
    data: { n: -1.5, list: [1, 2, 3] },
  },
  { actor: { kind: 'user', constructor: 'x' }, event_type: 'test.ping', data: { constructor: 1, s: '' } },
  { target: { kind: 'session', id: 's-9' }, context: { ip: '10.0.0.7', user_agent: 'curl/8' }, data: { list: [] } },
  { data: { o: { s: 'deep', n: 3, list: ['a', 'b'] }, n: 0 }, tenant: { id: 't1', slug: 'acme' } },
  {
    data: {
      list: [
        { s: 'a', n: 1 },
        { s: 'b', n: 2 },
      ],
      s: 'ünïcode ✓',
    },
    outcome: 'failure',
  },
  { data: { n: 1e20, s: 'a.b*c', o: {} }, event_type: 'auth.login' },
  { actor: { label: 'admin', roles: ['admin', 'root'] }, data: { list: ['admin'], n: 2147483648 } },
  { occurred_at: '2024-02-29T23:59:59.999Z', data: { b: false, n: 4.25 } },
  { occurred_at: '2026-12-31T23:00:00Z', outcome: 'success', data: { list: [[1], [2, 3]] } },
  { context: { ip: '2001:db8::1' }, data: { s: 'alpha', t: '2026-01-01T00:00:00Z', list: [5, 'x', true] } },
]

const canonical = [
  'tenant.id',
  'tenant.slug',
  'actor.kind',
  'actor.id',
  'actor.label',
  'target.kind',
  'target.id',
  'target.label',
  'context.ip',
  'context.user_agent',
  'context.request_id',
]
const texts = ['event_type', 'event_id', 'outcome', 'source.name', ...canonical, 'data.s', 'data.o.s', 'data.nothing']
const words = ['"user"', '"a"', '""', '"auth."', '"failure"', '"admin"', '"10."', '"alpha"', '"e"']
const numbers = ['data.n', 'data.o.n', 'data.missing', 'data.list[0]', 'data.list[7]']
const patterns = ['"^a"', '"(?i)USER|admin"', '"[[:alpha:]]+[.]"', '"^$"', '"l{2,3}"', '"\\\\d+"']
const lists = ['data.list', 'data.o.list', 'actor.roles']

class Draw {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }
  of(list: readonly string[]): string {
    return list[this.below(list.length)] as string
  }
}

/** A random expression, `has` of canonical keys written as HAS(…) so that each side can say it in its own way. */
function expression(draw: Draw, depth: number): string {
  const inner = (): string => expression(draw, depth - 1)
  const forms: (() => string)[] = [
    () => `${draw.of(texts)} ${draw.of(['==', '!=', '<', '>='])} ${draw.of([...words, ...texts])}`,
    () => `${draw.of(texts)}.${draw.of(['startsWith', 'endsWith', 'contains'])}(${draw.of(words)})`,
    () => `${draw.of(texts)}.matches(${draw.of(patterns)})`,
    () => `${draw.of(texts)} in [${draw.of(words)}, ${draw.of(words)}]`,
    () =>
      `${draw.of(numbers)} ${draw.of(['==', '!=', '<', '<=', '>', '>='])} ${draw.of(['5', '0', '-1.5', '2.0', '100'])}`,
    () => `has(${draw.of(['data.n', 'data.s', 'data.o.s', 'data.b', 'data.list', 'data.constructor', 'actor.roles'])})`,
    () => `HAS(${draw.of(canonical)})`,
    () => `size(${draw.of([...texts, ...lists])}) ${draw.of(['==', '>', '<'])} ${draw.of(['0', '1', '3'])}`,
    () =>
      `occurred_at ${draw.of(['<', '>', '>=', '=='])} timestamp("${draw.of(['2026-05-17T08:00:00Z', '2025-01-01T00:00:00Z'])}")`,
    () =>
      `occurred_at.${draw.of(['getHours', 'getFullYear', 'getMonth', 'getDayOfWeek', 'getDayOfMonth'])}() ${draw.of(['==', '>'])} ${draw.of(['4', '8', '2025'])}`,
    () => `occurred_at - timestamp("2026-01-01T00:00:00Z") > duration("${draw.of(['1h', '24h', '3000h'])}")`,
    () => `"admin" in ${draw.of(lists)}`,
    () => `data.b == ${draw.of(['true', 'false'])}`,
  ]
  if (depth > 0)
    forms.push(
      () => `(${inner()}) && (${inner()})`,
      () => `(${inner()}) || (${inner()})`,
      () => `!(${inner()})`,
      () => `(${inner()}) ? (${inner()}) : (${inner()})`,
      () =>
        `${draw.of(lists)}.${draw.of(['all', 'exists', 'exists_one'])}(x, ${draw.of(['x == 1', 'x == "admin"', 'x.s == "a"', 'x != 2', 'x == 1 || x == data.n'])})`,
      () => `${draw.of(lists)}.filter(x, x == "admin").size() > 0`,
      () => `[1, 2].${draw.of(['all', 'exists'])}(x, ${inner()})`,
    )
  return (forms[draw.below(forms.length)] as () => string)()
}

/** What the other engine is told: plain values, canonical keys filled with "". */
function bindings(event: Record<string, unknown>, index: number): Record<string, unknown> {
  const object = (field: string) => (event[field] ?? {}) as Record<string, unknown>
  const values: Record<string, unknown> = {
    event_id: `e${index}`,
    event_type: event['event_type'] ?? 'user.signed_in',
    outcome: event['outcome'] ?? 'unknown',
    occurred_at: run(`timestamp("${(event['occurred_at'] as string | undefined) ?? '2026-05-17T08:00:00Z'}")`),
    source: { name: 'app', type: 'outbox' },
    data: deepMap(object('data')),
  }
  for (const field of ['tenant', 'actor', 'target', 'context']) {
    const preset = canonical
      .filter((path) => path.startsWith(`${field}.`))
      .map((path) => [path.slice(field.length + 1), ''])
    values[field] = deepMap({ ...Object.fromEntries(preset), ...object(field) })
  }
  return values
}

function deepMap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepMap)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, item]) => [key, deepMap(item)]))
}

test(`agrees with the conforming engine on ${expressions} random expressions over ${events.length} events`, () => {
  const draw = new Draw(seed)
  const page = pageOf(events)
  const bound = events.map(bindings)
  const seen = { yes: 0, no: 0, error: 0, refused: 0 }
  for (let round = 0; round < expressions; round++) {
    const text = expression(draw, 3)
    const when = text.replaceAll('HAS(', 'has(')
    if (checkFilter({ when }).length > 0) {
      seen.refused++
      continue
    }
    const theirs = plan(celEnv(), parse(text.replaceAll(/HAS\(([\w.]+)\)/g, '($1 != "")')))
    const routed = compileFilter({ when }).route(page)
    let unanswered = 0
    for (const [index, values] of bound.entries()) {
      const result = theirs(values as never)
      const ours = bitSet(routed.bitmap, index) && !routed.failed.includes(index)
      expect(ours, `seed ${seed}, event ${index}: ${when}`).toBe(result === true)
      if (isCelError(result)) unanswered++
      seen[isCelError(result) ? 'error' : result ? 'yes' : 'no']++
    }
    expect(routed.missing + routed.failed.length, `seed ${seed}: ${when}`).toBe(unanswered)
  }
  // The comparison is worth nothing when it only ever sees one kind of answer.
  expect(Math.min(seen.yes, seen.no, seen.error)).toBeGreaterThan(expressions)
  expect(seen.refused).toBeLessThan(expressions / 4)
}, 60_000)
