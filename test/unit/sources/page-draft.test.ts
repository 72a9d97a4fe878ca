// Canonical events on bytes: what passes unchanged, what is tagged, what is refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Tag } from '../../../src/model/event.ts'
import { Identity } from '../../../src/model/identity.ts'
import { eventBytes } from '../../../src/model/page.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'

const identity = new Identity(new Uint8Array(32).fill(9))
const draft = () => new PageDraft({ name: 'app', type: 'outbox' }, identity)
const required = '"event_id":"e1","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z"'
const ours = '"source":{"name":"app","type":"outbox"}'

function add(text: string, into = draft()): PageDraft {
  const bytes = Buffer.from(text)
  expect(into.add(bytes, 0, bytes.length)).toBeUndefined()
  return into
}

function refusal(text: string) {
  const bytes = Buffer.from(text)
  return draft().add(bytes, 0, bytes.length)
}

describe('a canonical event passes byte for byte, but for source and stream', () => {
  it.each([
    [`{${required}}`, `{${required},${ours}}`],
    [` { ${required} } \r`, `{${required},${ours}}`],
    [`{"source":"x",${required}}`, `{${required},${ours}}`],
    [`{${required},"source":{"name":"forged"}}`, `{${required},${ours}}`],
    [`{"stream":{"attempt":9},${required} , "data":{"a" : 1.0}}`, `{${required} , "data":{"a" : 1.0},${ours}}`],
    [`{"stream":1,"source":2,${required},"source":3,"x":1e2,"stream":4}`, `{${required},"x":1e2,${ours}}`],
    [`{${required},"s\\u006furce":{"name":"forged"}}`, `{${required},${ours}}`],
  ])('%s', (given, expected) => expect(add(given).json(0)).toBe(expected))

  it('row 40: 64-bit integers, decimals, key order and unusual text survive', () => {
    const data =
      '"data":{"z":9223372036854775807,"10":-0,"2":1.0,"e":1E400,"s":"\\u2028\\/ \\ud800 é 💡\\u0000","a":[ ]}'
    expect(add(`{${required},${data}}`).json(0)).toBe(`{${required},${data},${ours}}`)
  })

  it('any JSON in data survives, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(3), (value, place) => {
        const members = [required, '"source":1', '"stream":{"a":[{}]}']
        const data = `"data":{"value":${JSON.stringify(value)}}`
        members.splice(place, 0, data)
        const page = add(`{${members.join(' ,\t')}}`)
        expect(page.json(0)).toContain(data)
        expect(page.field(0, 'data')).toBe(data.slice('"data":'.length))
        const event = JSON.parse(page.json(0)) as Record<string, unknown>
        expect(event['source']).toEqual({ name: 'app', type: 'outbox' })
        expect(event).not.toHaveProperty('stream')
      }),
    )
  })
})

describe('tags', () => {
  it.each([
    ['plain', `{${required}}`, 0],
    ['row 39: a repeated key', `{${required},"outcome":"success","outcome":"failure"}`, Tag.duplicateKeys],
    ['row 39: a repeated key deep inside', `{${required},"data":{"a":[{"b":1,"b":2}]}}`, Tag.duplicateKeys],
    ['an outcome of its own', `{${required},"outcome":"FAILURE"}`, Tag.nonstandard],
    ['an outcome that is a number', `{${required},"outcome":1}`, Tag.nonstandard],
    ['an actor that is text', `{${required},"actor":"bob"}`, Tag.nonstandard],
    ['null counts as absent', `{${required},"actor":null,"outcome":null}`, 0],
    [
      'row 42: __proto__ and constructor are keys like others',
      `{${required},"actor":{"__proto__":{"kind":"x"},"constructor":1}}`,
      0,
    ],
  ])('%s', (_, text, tags) => expect(add(text).tags(0)).toBe(tags))

  it('the outcome is read', () => {
    const outcomes = ['success', 'failure', 'unknown'].map((outcome) =>
      add(`{${required},"outcome":"${outcome}"}`).outcome(0),
    )
    expect(outcomes).toEqual(['success', 'failure', 'unknown'])
    expect(add(`{${required}}`).outcome(0)).toBe('unknown')
  })

  it('row 42: no prototype was touched', () => expect(({} as Record<string, unknown>)['kind']).toBeUndefined())
})

describe('refusals', () => {
  it.each([
    ['{', 'not_json'],
    [`{${required}} x`, 'not_json'],
    ['[1]', 'not_an_object'],
    ['"text"', 'not_an_object'],
    ['{}', 'unmappable'],
    [`{${required.replace('e1', '')}}`, 'unmappable'],
    [`{${required.replace('"e1"', '7')}}`, 'unmappable'],
    [`{${required.replace('e1', 'e'.repeat(1025))}}`, 'unmappable'],
    [`{${required.replace('08:00', '28:00')}}`, 'unmappable'],
    [`{${required},"data":${'['.repeat(250)}${']'.repeat(250)}}`, 'too_deep'],
  ])('%s', (text, reason) => {
    const found = refusal(text)
    expect(found?.reason).toBe(reason)
    expect(found?.detail).not.toContain('e1')
  })
})

describe('identity', () => {
  it('is the value of event_id, however it is spelled', () => {
    const [a, b, c] = ['"e1"', '"\\u0065\\u0031"', '"e2"'].map((id) => add(`{${required.replace('"e1"', id)}}`).page())
    expect(a?.keys).toEqual(b?.keys)
    expect(a?.keys).not.toEqual(c?.keys)
    expect(a?.fingerprints).not.toEqual(b?.fingerprints)
  })

  it('depends on the key of the state', () => {
    const other = new PageDraft({ name: 'app', type: 'outbox' }, new Identity(new Uint8Array(32)))
    const line = `{${required}}`
    expect(add(line, other).page().keys).not.toEqual(add(line).page().keys)
  })
})

it('columns grow, and a draft that was reset starts afresh', () => {
  const page = draft()
  for (const round of [1, 2]) {
    for (let n = 0; n < 3000; n++)
      add(`{${required.replace('e1', `e${round}-${n}`)},"data":{"text":"${'x'.repeat(n % 700)}"}}`, page)
    const columns = page.page()
    expect(columns.count).toBe(3000)
    const last = JSON.parse(Buffer.from(eventBytes(columns, 2999)).toString()) as Record<string, unknown>
    expect(last['event_id']).toBe(`e${round}-2999`)
    page.reset()
    expect(page.count).toBe(0)
  }
})
