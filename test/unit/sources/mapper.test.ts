// Records of other shapes, put into the canonical form byte by byte.
import { describe, expect, test } from 'vitest'
import { Tag } from '../../../src/model/event.ts'
import { FieldsSchema } from '../../../src/sources/fields.ts'
import { Mapper } from '../../../src/sources/mapper.ts'
import { rfc3339Of } from '../../../src/sources/moment.ts'
import { parsePath } from '../../../src/sources/path.ts'
import { lines, Workspace } from './outbox/workspace.ts'

const place = { identity: 'app\0part\0' + '0', offset: 0 }
const base = { event_id: 'id', event_type: 'action', occurred_at: 'ts' }

function mapped(fields: Record<string, unknown>, record: string): string {
  const mapper = new Mapper(FieldsSchema.parse(fields))
  const bytes = Buffer.from(record)
  const result = mapper.map(bytes, 0, bytes.length, place)
  if (result === true) return mapper.bytes.toString('utf8', 0, mapper.length)
  return result === false ? 'no object' : result.detail
}

function event(fields: Record<string, unknown>, record: string): Record<string, unknown> {
  return JSON.parse(mapped(fields, record)) as Record<string, unknown>
}

describe('values', () => {
  const record = '{"id":"7","action":"login","ts":"2026-05-17T08:00:00Z","user":{"name":"ann","a.b":"dotted"},"n":1}'

  test('paths, and the whole record as data, byte for byte', () => {
    expect(mapped(base, record)).toBe(
      `{"event_id":"7","event_type":"login","occurred_at":"2026-05-17T08:00:00Z","data":${record}}`,
    )
  })

  test('parts of objects, constants, escaped dots, in the canonical order', () => {
    const fields = {
      ...base,
      data: 'user',
      'actor.id': 'user.name',
      'actor.label': String.raw`user.a\.b`,
      'actor.kind': { value: 'user' },
    }
    expect(mapped(fields, record)).toBe(
      '{"event_id":"7","event_type":"login","occurred_at":"2026-05-17T08:00:00Z",' +
        '"actor":{"kind":"user","id":"ann","label":"dotted"},"data":{"name":"ann","a.b":"dotted"}}',
    )
  })

  test('row 40: a 64-bit number as an id is text with its digits intact, and stays a number in data', () => {
    const big = '{"id":9223372036854775807,"action":"x","ts":"2026-05-17T08:00:00Z","m":1.10}'
    expect(mapped(base, big)).toBe(
      `{"event_id":"9223372036854775807","event_type":"x","occurred_at":"2026-05-17T08:00:00Z","data":${big}}`,
    )
  })

  test('prefix, suffix and word lists', () => {
    const fields = {
      ...base,
      event_type: { path: 'action', prefix: 'app.', suffix: '!' },
      outcome: { path: 'n', map: { 1: 'success', 0: 'failure' }, else: 'unknown' },
    }
    expect(event(fields, record)).toMatchObject({ event_type: 'app.login!', outcome: 'success' })
    expect(event(fields, record.replace('"n":1', '"n":3'))).toMatchObject({ outcome: 'unknown' })
    expect(event(fields, record.replace(',"n":1', ''))).toMatchObject({ outcome: 'unknown' })
  })

  test('elements of lists by their index', () => {
    const fields = { ...base, 'target.id': 'list.1.id', 'target.kind': 'list.x', 'actor.id': 'user.0' }
    const listed = record.replace('"n":1', '"list":[{"id":"a"},{"id":9007199254740993}]').replace('"name"', '"0"')
    expect(event(fields, listed)).toMatchObject({ target: { id: '9007199254740993' }, actor: { id: 'ann' } })
    expect(event(fields, listed)['target']).not.toHaveProperty('kind')
  })

  test('the first of several that says anything', () => {
    const fields = {
      ...base,
      'actor.label': { any: ['user.mail', { template: '{{user.name}}@{{n}}' }, { value: '?' }] },
    }
    expect(event(fields, record)).toMatchObject({ actor: { label: 'ann@1' } })
    expect(event(fields, record.replace('"name"', '"mail"'))).toMatchObject({ actor: { label: 'ann' } })
    expect(event(fields, record.replace('"name":"ann"', '"mail":""'))).toMatchObject({ actor: { label: '?' } })
  })

  test('a word for whatever is there, another for nothing', () => {
    const fields = { ...base, outcome: { path: 'error', present: 'failure', else: 'success' } }
    expect(event(fields, record)).toMatchObject({ outcome: 'success' })
    expect(event(fields, record.replace('"n":1', '"error":"bad"'))).toMatchObject({ outcome: 'failure' })
    expect(event(fields, record.replace('"n":1', '"error":null'))).toMatchObject({ outcome: 'success' })
  })

  test('a word list does not know the words of Object', () => {
    const fields = { ...base, outcome: { path: 'n', map: { ok: 'success' } } }
    expect(event(fields, record.replace('"n":1', '"n":"constructor"'))).toMatchObject({ outcome: 'constructor' })
  })

  test('row 39: of a repeated key the last counts, as every parser has it, and the event is tagged', async () => {
    using work = new Workspace()
    work.write('a.jsonl', '{"id":"1","action":"a","ts":"2026-05-17T08:00:00Z","d":{},"id":"2"}\n')
    work.open({ path: 'a.jsonl', fields: { ...base, data: 'd' } })
    const got = await work.read()
    expect(got.ids).toEqual(['2'])
    expect(got.first?.tags(0)).toBe(Tag.duplicateKeys)
  })

  test('row 39: so too in an object within the record', () => {
    const twice = record.replace('"name":"ann"', '"name":"ann","name":"bo"')
    expect(event({ ...base, 'actor.id': 'user.name' }, twice)).toMatchObject({ actor: { id: 'bo' } })
  })

  test('a key written with escapes is found', () => {
    expect(event(base, record.replace('"id"', String.raw`"\u0069d"`))).toMatchObject({ event_id: '7' })
  })

  test('unusual text survives: escapes, quotes, lone surrogates, row 42 keys', () => {
    const odd = String.raw`{"id":"a\"\\\ud800\u0000","action":"ß😀","ts":"2026-05-17T08:00:00Z","__proto__":{"x":1},"constructor":2}`
    expect(mapped({ ...base, 'actor.id': { path: 'id', prefix: '>' } }, odd)).toContain(
      String.raw`"event_id":"a\"\\\ud800\u0000","event_type":"ß😀"`,
    )
    expect(event(base, odd)['data']).toEqual(JSON.parse(odd))
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test.each([
    [
      'event_id',
      '{"action":"x","ts":"2026-05-17T08:00:00Z"}',
      'event_id cannot be made: the record has no text or number at "id"',
    ],
    [
      'event_type',
      '{"id":"1","action":null,"ts":"2026-05-17T08:00:00Z"}',
      'event_type cannot be made: the record has no text or number at "action"',
    ],
    [
      'event_type',
      '{"id":"1","action":{"a":1},"ts":"2026-05-17T08:00:00Z"}',
      'event_type cannot be made: the record has no text or number at "action"',
    ],
    ['occurred_at', '{"id":"1","action":"x"}', 'occurred_at cannot be made: the record has no text or number at "ts"'],
  ])('missing %s names the path', (_, record, message) => {
    expect(mapped(base, record)).toBe(message)
  })

  test('what is optional and missing is left out', () => {
    const fields = { ...base, 'actor.id': 'user.name', 'tenant.id': 'user.name.deeper', target: 'nothing', data: 'n' }
    expect(mapped(fields, '{"id":"1","action":"x","ts":"2026-05-17T08:00:00Z","user":"text","n":null}')).toBe(
      '{"event_id":"1","event_type":"x","occurred_at":"2026-05-17T08:00:00Z"}',
    )
  })

  test.each(['[]', '1', '"x"', '{', ''])('%s is no object', (record) => {
    expect(mapped(base, record)).toBe('no object')
  })

  test('the same mapper serves records one after the other', () => {
    const mapper = new Mapper(FieldsSchema.parse({ ...base, 'actor.id': 'user.name' }))
    for (const name of ['ann', 'bo', 'x'.repeat(200_000), 'c']) {
      const bytes = Buffer.from(`{"id":"1","action":"x","ts":"2026-05-17T08:00:00Z","user":{"name":"${name}"}}`)
      expect(mapper.map(bytes, 0, bytes.length, place)).toBe(true)
      const made = JSON.parse(mapper.bytes.toString('utf8', 0, mapper.length)) as { actor: unknown }
      expect(made.actor).toEqual({ id: name })
    }
  })
})

describe('times', () => {
  test.each([
    ['1779004800', 'unix_s', '2026-05-17T08:00:00Z'],
    ['1779004800.5', 'unix_s', '2026-05-17T08:00:00.5Z'],
    ['1779004800.123456789', 'unix_s', '2026-05-17T08:00:00.123456789Z'],
    ['1779004800001', 'unix_ms', '2026-05-17T08:00:00.001Z'],
    ['1779004800001.25', 'unix_ms', '2026-05-17T08:00:00.00125Z'],
    ['1779004800000001', 'unix_us', '2026-05-17T08:00:00.000001Z'],
    ['1779004800000000001', 'unix_ns', '2026-05-17T08:00:00.000000001Z'],
    ['1.7790048e9', 'unix_s', '2026-05-17T08:00:00Z'],
    ['-1', 'unix_s', '1969-12-31T23:59:59Z'],
    ['-0.5', 'unix_s', '1969-12-31T23:59:59.5Z'],
    ['0', 'unix_ms', '1970-01-01T00:00:00Z'],
    ['99999999999999', 'unix_s', undefined],
    ['true', 'unix_s', undefined],
    ['', 'unix_s', undefined],
    ['1e400', 'unix_s', undefined],
  ] as const)('%s %s is %s', (text, form, expected) => {
    expect(rfc3339Of(text, form)).toBe(expected)
  })

  test.each([
    ['2026-05-17T08:00:00', 'utc', '2026-05-17T08:00:00Z'],
    ['2026-05-17 08:00:00.123456789', 'utc', '2026-05-17T08:00:00.123456789Z'],
    ['2026-05-17 08:00', 'utc', '2026-05-17T08:00:00Z'],
    ['2026-05-17 08:00:00,5', 'utc', '2026-05-17T08:00:00.5Z'],
    ['2026-05-17T08:00:00+0200', 'utc', '2026-05-17T08:00:00+02:00'],
    ['2026-05-17T08:00:00-02', 'utc', '2026-05-17T08:00:00-02:00'],
    ['2026-05-17T08:00:00.1+05:30', 'utc', '2026-05-17T08:00:00.1+05:30'],
    ['2026-05-17 08:00:00 UTC', 'utc', '2026-05-17T08:00:00Z'],
    ['2026-05-17T08:00:00Z', 'utc', '2026-05-17T08:00:00Z'],
    ['2026-05-17', 'utc', undefined],
    ['17.05.2026 08:00', 'utc', undefined],
    ['2026-05-17T08:00:00 Z0', 'utc', undefined],
    ['2026-05-17', 'date', '2026-05-17T00:00:00Z'],
    ['2026-05-17T08:00:00Z', 'date', undefined],
  ] as const)('%s as %s is %s', (text, form, expected) => {
    expect(rfc3339Of(text, form)).toBe(expected)
  })

  test('a date that does not exist is no time', async () => {
    using work = new Workspace()
    work.write('a.jsonl', '{"id":"1","action":"x","ts":"2026-02-30"}\n')
    work.open({ path: 'a.jsonl', fields: { ...base, occurred_at: { path: 'ts', as: 'date' } } })
    expect((await work.read()).quarantined[0]?.detail).toContain('not an RFC 3339 time')
  })

  test('the first of several times, each in its form', () => {
    const fields = { ...base, occurred_at: { any: [{ path: 'ms', as: 'unix_ms' }, 'ts'] } }
    const alike = { ...base, occurred_at: { any: ['a', { path: 'b', as: 'unix_s' }, 'c'], as: 'unix_ms' } }
    expect(event(alike, '{"id":"1","action":"x","c":1779004800001}')['occurred_at']).toBe('2026-05-17T08:00:00.001Z')
    expect(event(alike, '{"id":"1","action":"x","b":1779004800}')['occurred_at']).toBe('2026-05-17T08:00:00Z')
    expect(event(fields, '{"id":"1","action":"x","ms":1779004800001}')['occurred_at']).toBe('2026-05-17T08:00:00.001Z')
    expect(event(fields, '{"id":"1","action":"x","ms":"","ts":"2026-05-17T08:00:00Z"}')['occurred_at']).toBe(
      '2026-05-17T08:00:00Z',
    )
    expect(mapped(fields, '{"id":"1","action":"x"}')).toBe(
      'occurred_at cannot be made: the record has no text or number at "ms", or at "ts"',
    )
  })

  test('a time joined from two parts', () => {
    const fields = { ...base, occurred_at: { template: '{{d}} {{t}}', as: 'utc' } }
    expect(event(fields, '{"id":"1","action":"x","d":"2026-05-17","t":"08:00"}')['occurred_at']).toBe(
      '2026-05-17T08:00:00Z',
    )
  })

  test('numbers and digits in quotes; a suffix gives a zone to a time that has none', () => {
    const fields = { ...base, occurred_at: { path: 'ts', as: 'unix_ms' } }
    for (const ts of ['1779004800001', '"1779004800001"'])
      expect(event(fields, `{"id":"1","action":"x","ts":${ts}}`)).toMatchObject({
        occurred_at: '2026-05-17T08:00:00.001Z',
      })
    expect(
      event(
        { ...base, occurred_at: { path: 'ts', suffix: 'Z' } },
        '{"id":"1","action":"x","ts":"2026-05-17 08:00:00"}',
      ),
    ).toMatchObject({ occurred_at: '2026-05-17 08:00:00Z' })
    expect(mapped(fields, '{"id":"1","action":"x","ts":"soon"}')).toBe(
      'occurred_at cannot be made: the record has no unix_ms time at "ts"',
    )
  })
})

describe('ids made by the relay (row 43)', () => {
  const fields = { event_type: 'action', occurred_at: 'ts' }
  const record = '{"action":"login_failed","ts":"2026-05-17T08:00:00Z"}\n'

  test('two identical records stay two, and reading them again gives the same ids', async () => {
    using work = new Workspace()
    work.write('a.jsonl', record + record)
    work.open({ path: 'a.jsonl', fields })
    const once = await work.read()
    expect(new Set(once.ids).size).toBe(2)
    work.cursors.clear()
    work.reopen()
    expect((await work.read()).ids).toEqual(once.ids)
  })

  test('a rename does not change them, another file or generation does', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', record)
    work.open({ path: 'out/*.jsonl', fields })
    const [first] = (await work.read()).ids
    work.write('out/b.jsonl', record)
    const [other] = (await work.read()).ids
    expect(other).not.toBe(first)
    work.cursors.clear()
    work.reopen()
    const before = await work.read()
    const { renameSync, truncateSync } = await import('node:fs')
    renameSync(work.at('out/a.jsonl'), work.at('out/c.jsonl'))
    work.cursors.clear()
    work.reopen()
    expect([...(await work.read()).ids].toSorted()).toEqual([...before.ids].toSorted())
    truncateSync(work.at('out/c.jsonl'), 0)
    await work.read()
    work.append('out/c.jsonl', record)
    const [regrown] = (await work.read()).ids
    expect([first, other]).not.toContain(regrown)
  })
})

describe('in a source', () => {
  test('what cannot be mapped is quarantined with the line as it was; the rest goes on', async () => {
    using work = new Workspace()
    work.write(
      'a.jsonl',
      `{"id":"1","action":"x","ts":"2026-05-17T08:00:00Z"}\r\n{"id":"2"}\n${lines('canonical')}oops\n`,
    )
    work.open({ path: 'a.jsonl', fields: base })
    const got = await work.read()
    expect(got.ids).toEqual(['1'])
    expect(got.quarantined.map(({ reason }) => reason)).toEqual(['unmappable', 'unmappable', 'not_json'])
    expect(Buffer.from(got.quarantined[0]?.bytes ?? []).toString()).toBe('{"id":"2"}')
  })

  test('the fingerprint covers the line, not what was made of it', async () => {
    using work = new Workspace()
    const one = '{"id":"1","action":"x","ts":"2026-05-17T08:00:00Z","n":'
    work.write('a.jsonl', `${one}1}\n${one}2}\n`)
    work.open({ path: 'a.jsonl', fields: { ...base, data: 'none' } })
    const prints = Buffer.from((await work.read()).first?.page().fingerprints ?? [])
    expect(prints.subarray(0, 8)).not.toEqual(prints.subarray(8, 16))
  })
})

describe('the fields block', () => {
  test.each([
    [{ event_id: 'id' }, 'it must say where event_type comes from'],
    [{ ...base, actr: 'x' }, 'Unrecognized key'],
    [{ ...base, event_id: 'a..b' }, 'a path has a name between any two dots'],
    [{ ...base, event_id: 'a.' }, 'a path has a name between any two dots'],
    [{ ...base, event_id: '.a' }, 'a path has a name between any two dots'],
    [{ ...base, actor: 'who', 'actor.id': 'x' }, 'actor is already taken as a whole'],
    [{ ...base, occurred_at: { path: 'ts', as: 'epoch' } }, 'unix_ms'],
    [{ ...base, event_id: { template: 'x' } }, 'expected paths in it'],
    [{ ...base, event_id: { template: '{{a' } }, 'every {{ needs its }}'],
    [{ ...base, event_id: { template: '{{a..b}}' } }, 'a path has a name between any two dots'],
    [{ ...base, event_id: { template: '{{}}' } }, 'expected a path such as user.name'],
    [{ ...base, event_id: { derived: false } }, 'expected true'],
    [{ ...base, event_id: { derived: true, prefix: 'x' } }, 'prefix does nothing beside derived'],
    [{ ...base, event_type: { derived: true } }, 'Unrecognized key'],
    [{ ...base, outcome: { any: [] } }, 'expected at least one path'],
    [{ ...base, outcome: { prefix: 'x' } }, 'it must say where the value comes from'],
    [{ ...base, outcome: { value: 'x', map: {} } }, 'map does nothing beside value'],
    [{ ...base, outcome: { path: 'a', value: 'b' } }, 'path and value exclude each other'],
  ])('%j is refused', (fields, message) => {
    const result = FieldsSchema.safeParse(fields)
    expect(JSON.stringify(result.error?.issues)).toContain(message)
  })

  test('paths', () => {
    expect(parsePath(String.raw`a.b\.c\\.d`).map(({ name }) => name.toString())).toEqual(['a', 'b.c\\', 'd'])
    expect(parsePath('.')).toEqual([])
  })
})
