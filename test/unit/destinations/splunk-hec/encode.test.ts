// The bytes that a collector is sent: the envelope is right for any event, and the event's own bytes are its own.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode, envelopeBytes } from '../../../../src/destinations/splunk-hec/encode.ts'
import { splunkHecOptions } from '../../../../src/destinations/splunk-hec/options.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import { Tag } from '../../../../src/model/event.ts'
import { batchOf, eventText, type EventChange } from '../../../fakes/batches.ts'

const given = { url: 'https://splunk.example:8088', token: '12345678-90ab-cdef-1234-567890abcdef', gzip: false }

async function bodyOf(batch: Batch, options: object = {}): Promise<string> {
  const request = await encode(batch, splunkHecOptions.parse({ ...given, ...options }))
  return Buffer.from(request.body ?? '').toString()
}

async function envelopeOf(text: string, change: EventChange = {}, complete = false): Promise<Record<string, unknown>> {
  const batch = batchOf([text], () => change)
  return JSON.parse(await bodyOf({ ...batch, complete })) as Record<string, unknown>
}

describe('time', () => {
  it.each([
    [1747468800123, '1747468800.123'],
    [1747468800000, '1747468800.000'],
    [1747468800001, '1747468800.001'],
    [1747468800999, '1747468800.999'],
    [0, '0.000'],
    [7, '0.007'],
    [-1, '-0.001'],
    [-1500, '-1.500'],
    [253402300799999, '253402300799.999'],
  ])('%d is written as %s', async (timeMs, expected) => {
    const batch = batchOf([eventText('a')])
    const events = batch.events.map((event) => ({ ...event, timeMs }))
    expect(await bodyOf({ ...batch, events })).toContain(`{"time":${expected},`)
  })

  it('is the very millisecond, whichever it is', async () => {
    const batch = batchOf([eventText('a')])
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1e13, max: 1e14 }), async (timeMs) => {
        const body = await bodyOf({ ...batch, events: batch.events.map((event) => ({ ...event, timeMs })) })
        const [, whole = '', part = ''] = /"time":(-?\d+)\.(\d{3}),/.exec(body) ?? []
        return BigInt(`${whole}${part}`) === BigInt(timeMs)
      }),
    )
  })
})

describe('the id beside the event', () => {
  it.each([
    ['first', '{"event_id":"a","event_type":"t"}', 'a'],
    ['last', '{"event_type":"t","data":{"event_id":"no"},"event_id":"a"}', 'a'],
    ['with blanks', '{ "event_id" : "a b", "x": 1 }', 'a b'],
    ['with escapes', '{"event_id":"\\u0041\\"\\\\\\n","x":1}', 'A"\\\n'],
    ['with an escaped key', '{"event_\\u0069d":"a","x":1}', undefined],
    ['outside ASCII', '{"event_id":"é𝒳","x":1}', 'é𝒳'],
    ['a number', '{"event_id":17,"x":1}', undefined],
    ['absent', '{"id":"no","metadata":{"uid":"no"}}', undefined],
    ['very long', `{"event_id":"${'x'.repeat(300)}"}`, undefined],
  ])('%s', async (_name, text, expected) => {
    const { fields } = await envelopeOf(text)
    expect(fields).toEqual(expected === undefined ? undefined : { event_id: expected })
  })

  it('of an event that has two is the one that readers see', async () => {
    const text = '{"event_id":"first","event_id":"second"}'
    const envelope = await envelopeOf(text, { tags: Tag.duplicateKeys })
    expect(envelope).toMatchObject({ fields: { event_id: 'second' }, event: { event_id: 'second' } })
  })

  it.each([
    ['ocsf', '{"class_uid":3002,"metadata":{"uid":"a","version":"1.8.0"}}'],
    ['ecs', '{"@timestamp":"2026-05-17T08:00:00Z","event":{"action":"x","id":"a"}}'],
    ['cloudevents', '{"specversion":"1.0","id":"a","source":"/x"}'],
    ['with a member of the same name elsewhere', '{"event":"login","metadata":[],"event_id":5,"id":"a"}'],
    ['canonical, redacted', '{"event_type":"x","event_id":"a"}'],
  ])('is found in the form %s, to which nothing is added', async (_name, text) => {
    const { fields, event } = await envelopeOf(text, {}, true)
    expect(fields).toEqual({ event_id: 'a' })
    expect(event).toEqual(JSON.parse(text))
  })
})

describe('the envelope', () => {
  it('says where an event came from, unless told otherwise; what is not given is left to the token', async () => {
    const text = eventText('a')
    expect(await envelopeOf(text, { source: 'zitadel-prod' })).toMatchObject({
      source: 'zitadel-prod',
      sourcetype: 'audit-relay',
    })
    expect(Object.keys(await envelopeOf(text))).toEqual(['time', 'source', 'sourcetype', 'fields', 'event'])
    const all = JSON.parse(
      await bodyOf(batchOf([text]), {
        host: 'relay-1',
        source: 'audit',
        sourcetype: 'acme:audit',
        index: 'security',
        fields: { team: 'blue "x"' },
      }),
    ) as object
    expect(all).toMatchObject({
      host: 'relay-1',
      source: 'audit',
      sourcetype: 'acme:audit',
      index: 'security',
      fields: { event_id: 'a', team: 'blue "x"' },
    })
  })

  it('never adds more than the limits say', async () => {
    const options = { host: 'h', index: 'i', fields: { team: 'é'.repeat(40), other: '"'.repeat(40) } }
    const bound = envelopeBytes(splunkHecOptions.parse({ ...given, ...options }))
    for (const id of ['a', 'x'.repeat(252), '\\"'.repeat(126), 'x'.repeat(2000)]) {
      const text = `{"event_id":"${id}"}`
      const batch = { ...batchOf([text], () => ({ source: 's'.repeat(64) })), complete: true }
      const events = batch.events.map((event) => ({ ...event, timeMs: -62135596800000 }))
      const body = await bodyOf({ ...batch, events }, options)
      expect(Buffer.byteLength(body) - text.length).toBeLessThanOrEqual(bound)
    }
  })
})
