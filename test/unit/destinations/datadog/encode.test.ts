// The bytes that Datadog is sent: an entry is right for any event, the event's own bytes are its own, and no limit is passed by one byte.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode, entryOverheadBytes, tooLarge } from '../../../../src/destinations/datadog/encode.ts'
import { datadogOptions } from '../../../../src/destinations/datadog/options.ts'
import type { Batch, BatchEvent } from '../../../../src/model/batch.ts'
import { Tag } from '../../../../src/model/event.ts'
import { streamOf } from '../../../../src/model/stream.ts'
import { batchOf, eventText, type EventChange } from '../../../fakes/batches.ts'
import { entriesIn } from '../../../fakes/datadog-entry.ts'

const given = { site: 'datadoghq.eu', api_key: '0123456789abcdef0123456789abcdef', gzip: false }
const now = Date.UTC(2026, 4, 17, 8)
const hour = 3_600_000

async function bodyOf(batch: Batch, change: object = {}): Promise<string> {
  const request = await encode(batch, datadogOptions.parse({ ...given, ...change }), now)
  return Buffer.from(request.body ?? '').toString()
}

async function entryOf(text: string, change: EventChange = {}, complete = false): Promise<Record<string, unknown>> {
  const batch = batchOf([text], () => change)
  return (JSON.parse(await bodyOf({ ...batch, complete })) as Record<string, unknown>[])[0] ?? {}
}

function dated(timeMs: number): Batch {
  const batch = batchOf([eventText('a')])
  return { ...batch, events: batch.events.map((event) => ({ ...event, timeMs })) }
}

describe('the time', () => {
  it.each([
    ['now', 0, true],
    ['17 h 45 min ago', -17.75 * hour, true],
    ['a millisecond more', -17.75 * hour - 1, false],
    ['a year ago', -8_760 * hour, false],
    ['1 h 45 min ahead', 1.75 * hour, true],
    ['a millisecond more, ahead', 1.75 * hour + 1, false],
  ])('%s', async (_name, offset, own) => {
    const [entry] = JSON.parse(await bodyOf(dated(now + offset))) as Record<string, unknown>[]
    expect(entry?.['timestamp']).toBe(own ? now + offset : undefined)
    expect(entry?.['original_time']).toBe(own ? undefined : new Date(now + offset).toISOString())
  })

  it('is in whole milliseconds', async () => {
    const [entry] = JSON.parse(await bodyOf(dated(now - 0.25))) as Record<string, unknown>[]
    expect(entry?.['timestamp']).toBe(now - 1)
  })

  it.each([-62_135_596_800_000, 0, 253_402_300_799_999])('of any year (%d) can be written', async (timeMs) => {
    const [entry] = JSON.parse(await bodyOf(dated(timeMs))) as Record<string, unknown>[]
    expect(Date.parse(entry?.['original_time'] as string)).toBe(timeMs)
  })
})

describe('the message', () => {
  it.each([
    ['second', '{"event_id":"a","event_type":"t","x":1}', 't'],
    ['after an id with escapes', '{"event_id":"\\"","event_type":"t"}', 't'],
    ['last', '{"data":{"event_type":"no"},"event_id":"a","event_type":"t"}', 't'],
    ['within the id', '{"event_id":"a\\",\\"event_type\\":\\"no","event_type":"t"}', 't'],
    ['with blanks', '{ "event_id" : "a", "event_type" : "t u" }', 't u'],
    ['with escapes', '{"event_id":"a","event_type":"\\u0041\\"\\\\\\n"}', 'A"\\\n'],
    ['outside ASCII', '{"event_id":"a","event_type":"é𝒳"}', 'é𝒳'],
    ['a number', '{"event_id":"a","event_type":17}', 'audit event'],
    ['empty', '{"event_id":"a","event_type":""}', 'audit event'],
    ['called otherwise', '{"event_id":"a","type":"no","event":{"action":"no"}}', 'audit event'],
    ['only further in', '{"event_id":"a","data":{"event_type":"no"}}', 'audit event'],
    ['very long', `{"event_id":"a","event_type":"${'x'.repeat(300)}"}`, 'audit event'],
    ['behind a long id', `{"event_id":"${'x'.repeat(300)}","event_type":"t"}`, 't'],
  ])('is the type: %s', async (_name, text, expected) => {
    expect((await entryOf(text))['message']).toBe(expected)
  })

  it('of an event that has two types is the one that readers see', async () => {
    const text = '{"event_id":"a","event_type":"first","event_type":"second"}'
    expect(await entryOf(text, { tags: Tag.duplicateKeys })).toMatchObject({
      message: 'second',
      audit: { event_type: 'second' },
    })
  })

  it.each([
    ['ocsf', '{"class_uid":3002,"status":"Failure","time":1,"metadata":{"uid":"a","event_code":"t"}}'],
    ['ecs', '{"@timestamp":"2001-05-17T08:00:00Z","message":"x","event":{"action":"t","id":"a"}}'],
    ['cloudevents', '{"specversion":"1.0","id":"a","source":"/s","type":"t","data":{"event_type":"no"}}'],
    ['canonical, redacted', '{"event_id":"a","event_type":"t","type":"no"}'],
  ])('of an event in another form (%s), which is not touched', async (_name, text) => {
    const entry = await entryOf(text, {}, true)
    expect(entry).toEqual({
      ddsource: 'audit-relay',
      service: 'audit-relay',
      timestamp: now,
      message: 't',
      audit: JSON.parse(text) as unknown,
    })
  })

  it('is found for whatever an event is', async () => {
    const type = fc.string({ minLength: 1, maxLength: 40 })
    const others = fc.dictionary(
      fc.string().filter((name) => !name.startsWith('event_')),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(type, others, fc.boolean(), async (event_type, more, last) => {
        const event = last ? { ...more, event_type } : { event_id: 'a', event_type, ...more }
        const [entry] = JSON.parse(await bodyOf(batchOf([JSON.stringify(event)]))) as Record<string, unknown>[]
        return entry?.['message'] === event_type
      }),
    )
  })
})

describe('an entry', () => {
  it('holds the bytes of the event as they are, under one attribute', async () => {
    const text = '{"event_id":"a","status":"x","date":"2001-01-01","n":9007199254740993,"f":1.0,"s":"\\u00e9"}'
    const stream = '"stream":{"destination_id":"archive","attempt":1,"first_attempted_at":"2026-05-17T08:00:00.000Z"}'
    expect(await bodyOf(batchOf([text]), { attribute: 'trail' })).toContain(
      `,"message":"audit event","trail":${text.slice(0, -1)},${stream}}}]`,
    )
  })

  it('has what the options say, and no member twice', async () => {
    const options = { service: 'svc', source: 'acme', hostname: 'h-1', tags: { env: 'prod' } }
    const [entry = ''] = entriesIn(await bodyOf(batchOf([eventText('a')]), options)) ?? []
    expect(JSON.parse(entry)).toMatchObject({ service: 'svc', ddsource: 'acme', hostname: 'h-1', ddtags: 'env:prod' })
    for (const name of Object.keys(JSON.parse(entry) as object)) expect(entry.split(`"${name}":`)).toHaveLength(2)
  })

  it('adds no more than the limits promise', async () => {
    const tags = Array.from({ length: 100 }, (_, index) => `é${'"'.repeat(200)}${index}`)
    const type = 'é'.repeat(127)
    for (const change of [{}, { tags, hostname: 'ü'.repeat(100), attribute: 'a'.repeat(49) }]) {
      const text = JSON.stringify({ event_id: 'a', event_type: type })
      const batch = batchOf([text])
      const events = [{ ...(batch.events[0] as BatchEvent), timeMs: -62_135_596_800_000 }]
      const stream = `,"stream":${JSON.stringify(streamOf('archive', events[0] as BatchEvent))}`
      const added = Buffer.byteLength(await bodyOf({ ...batch, events }, change)) - Buffer.byteLength(text + stream)
      const promised = entryOverheadBytes(datadogOptions.parse({ ...given, ...change }))
      expect(added).toBeLessThanOrEqual(promised)
      expect(promised - added).toBeLessThan(100)
    }
  })
})

describe('row 51: the longest entry', () => {
  const options = datadogOptions.parse(given)
  /** "Maximum size for a single log: 1MB". */
  const longest = 1_000_000

  /** A batch of one whose entry has so many bytes. */
  async function sized(bytes: number, complete: boolean, pad = 'x'): Promise<Batch> {
    const empty = { ...batchOf([eventText('a', '')]), complete }
    const left = bytes - (Buffer.byteLength(await bodyOf(empty)) - 2)
    const fill = pad.repeat(Math.floor(left / Buffer.byteLength(pad)))
    return { ...batchOf([eventText('a', fill + 'x'.repeat(left - Buffer.byteLength(fill)))]), complete }
  }

  it.each([
    ['a byte less', -1, false],
    ['as long as may be', 0, false],
    ['a byte more', 1, true],
  ])('%s, to the byte', async (_name, more, refused) => {
    for (const complete of [false, true])
      for (const pad of ['x', 'é', '𝒳']) {
        const batch = await sized(longest + more, complete, pad)
        const [entry = ''] = entriesIn(await bodyOf(batch)) ?? []
        expect(Buffer.byteLength(entry)).toBe(longest + more)
        const reason = tooLarge(batch.events[0] as BatchEvent, batch, options, now)
        expect(reason?.code).toBe(refused ? 'too_large' : undefined)
      }
  })

  it('is measured with what its own tags and attempts add', async () => {
    const batch = await sized(longest, false)
    const event = { ...(batch.events[0] as BatchEvent), attempt: 10 }
    expect(tooLarge(event, batch, options, now)).toMatchObject({ code: 'too_large' })
  })
})
