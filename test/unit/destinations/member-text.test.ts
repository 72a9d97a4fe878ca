// The id and the type of an event, found in its bytes: what a parser would give, or nothing.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_ID, EVENT_TYPE, LONGEST_TEXT_BYTES, TextFinder } from '../../../src/destinations/member-text.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf } from '../../fakes/batches.ts'

const ids = new TextFinder(EVENT_ID)
const types = new TextFinder(EVENT_TYPE)

function found(text: string, complete = false, tags = 0): readonly [unknown, unknown] {
  const [event] = batchOf([text], () => ({ tags })).events
  const read = (literal: string | undefined): unknown => (literal === undefined ? undefined : JSON.parse(literal))
  return event ? [read(ids.literal(event, complete)), read(types.literal(event, complete))] : [0, 0]
}

it.each([
  ['both in front', '{"event_id":"a","event_type":"t","x":1}', 'a', 't'],
  ['the id alone in front', '{"event_id":"a","x":1,"event_type":"t"}', 'a', 't'],
  ['the type in front', '{"event_type":"t","event_id":"a"}', 'a', 't'],
  ['at the end', '{"data":{"event_id":"no","event_type":"no"},"event_id":"a","event_type":"t"}', 'a', 't'],
  ['with escapes', '{"event_id":"\\u0041\\"","event_type":"t\\n"}', 'A"', 't\n'],
  ['with blanks', '{ "event_id" : "a" , "event_type" : "t" }', 'a', 't'],
  ['empty', '{"event_id":"","event_type":""}', undefined, undefined],
  ['no texts', '{"event_id":1,"event_type":{"a":"t"}}', undefined, undefined],
  ['of another form, in an event that is not', '{"id":"a","type":"t"}', undefined, undefined],
])('%s', (_name, text, id, type) => {
  expect(found(text)).toEqual([id, type])
})

it.each([
  ['ocsf', '{"metadata":{"uid":"a","event_code":"t"}}'],
  ['ecs', '{"event":{"id":"a","action":"t"}}'],
  ['cloudevents', '{"id":"a","type":"t"}'],
  ['canonical', '{"type":"no","id":"no","event_id":"a","event_type":"t"}'],
])('in the form %s', (_name, text) => {
  expect(found(text, true)).toEqual(['a', 't'])
})

it('of two members of one name it is the last', () => {
  const text = '{"event_id":"a","event_type":"t","event_id":"b","event_type":"u"}'
  expect(found(text, false, Tag.duplicateKeys)).toEqual(['b', 'u'])
})

describe('the longest', () => {
  it.each([
    ['plain', 'x'.repeat(LONGEST_TEXT_BYTES - 2), ''],
    ['behind another member', 'x'.repeat(LONGEST_TEXT_BYTES - 2), '"first":1,'],
  ])('%s', (_name, text, before) => {
    expect(found(`{${before}"event_id":"${text}","event_type":"t"}`)).toEqual([text, 't'])
    expect(found(`{${before}"event_id":"${text}x","event_type":"t"}`)).toEqual([undefined, 't'])
    expect(found(`{${before}"event_id":"a","event_type":"${text}"}`)).toEqual(['a', text])
    expect(found(`{${before}"event_id":"a","event_type":"${text}x"}`)).toEqual(['a', undefined])
  })
})

it('is what a parser finds, for any event', () => {
  const key = fc.constantFrom('event_id', 'event_type', 'data', 'id', 'event_i', 'event_idx')
  const entries = fc.uniqueArray(fc.tuple(key, fc.oneof(fc.string({ maxLength: 20 }), fc.json())), {
    selector: ([name]) => name,
    minLength: 1,
  })
  fc.assert(
    fc.property(entries, (given) => {
      const event = Object.fromEntries(given)
      const usable = (value: unknown): unknown => (value === '' ? undefined : value)
      const fits = Object.values(event).every((value) => Buffer.byteLength(JSON.stringify(value)) <= LONGEST_TEXT_BYTES)
      fc.pre(fits)
      expect(found(JSON.stringify(event))).toEqual([usable(event['event_id']), usable(event['event_type'])])
    }),
  )
})
