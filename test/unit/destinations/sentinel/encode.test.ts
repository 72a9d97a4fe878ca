// The body of a request, and which events do not get into one.
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encode, OVERHEAD_BYTES } from '../../../../src/destinations/sentinel/encode.ts'
import { sentinelOptions } from '../../../../src/destinations/sentinel/options.ts'
import { refuse } from '../../../../src/destinations/sentinel/refuse.ts'
import type { Batch, BatchEvent } from '../../../../src/model/batch.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'

const auth = { tenant_id: 't', client_id: 'c', client_secret: 'the-s3cret-value' }
const rule = `dcr-${'0'.repeat(32)}`
const optionsOf = (change: object = {}) =>
  sentinelOptions.parse({ url: 'https://x.example', rule, stream: 'Custom-A_CL', auth, ...change })
const nowMs = Date.UTC(2026, 4, 17, 8)
const hour = 3_600_000

async function sent(
  batch: Batch,
  change: object = { gzip: false },
): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const { body = Buffer.alloc(0), headers } = await encode(batch, optionsOf(change))
  return { body: Buffer.from(body), headers }
}

const rows = ({ body }: { body: Buffer }): Record<string, unknown>[] =>
  JSON.parse(body.toString()) as Record<string, unknown>[]

it('row 48: is an array even of one event, because Azure takes an object and stores nothing', async () => {
  for (const count of [1, 2, 50]) expect(rows(await sent(batchNamed('a', count)))).toHaveLength(count)
})

it('begins each event with its time, and copies the rest', async () => {
  const text = '{"event_id":"1","data":{"big":9007199254740993,"price":1.0,"e":"\\u00e9 é"}}'
  const body = (await sent(batchOf([text]))).body.toString()
  expect(body).toMatch(
    /^\[\{"TimeGenerated":"2026-05-17T08:00:00\.000Z","event_id":"1","data":\{"big":9007199254740993,"price":1\.0,/,
  )
  expect(body).toContain(text.slice(1, -1))
})

it('leaves the time alone that an event has itself, however it is written', async () => {
  const texts = ['{"TimeGenerated":"mine"}', '{"\\u0054imeGenerated":"mine"}', '{"data":{"TimeGenerated":"inner"}}']
  expect(rows(await sent(batchOf(texts))).map((row) => row['TimeGenerated'])).toEqual([
    'mine',
    'mine',
    '2026-05-17T08:00:00.000Z',
  ])
})

it('reads an event as it waits in a queue, whose members are worked out when they are asked for', async () => {
  const page = batchNamed('a', 3)
  const lazy = page.events.map((event) => Object.create(event) as BatchEvent)
  expect((await sent({ ...page, events: lazy })).body).toEqual((await sent(page)).body)
})

it('adds the time to events of another format, and nothing else', async () => {
  const batch = { ...batchOf(['{"class_uid":3002}']), complete: true }
  expect(rows(await sent(batch))).toEqual([{ TimeGenerated: '2026-05-17T08:00:00.000Z', class_uid: 3002 }])
})

it('states what it adds at most', async () => {
  const years = ['0000-01-01', '2026-05-17', '9999-12-31', '+010000-01-01', '-000001-01-01'].map((day) =>
    Date.parse(`${day}T00:00:00Z`),
  )
  for (const timeMs of years) {
    const batch = { ...batchOf(['{"a":1}']), complete: true }
    const events = batch.events.map((event) => ({ ...event, timeMs }))
    expect((await sent({ ...batch, events })).body.length).toBeLessThanOrEqual(7 + OVERHEAD_BYTES)
  }
})

it('is compressed, unless that makes it larger', async () => {
  const many = await sent(batchNamed('a', 100), {})
  expect(many.headers['content-encoding']).toBe('gzip')
  expect(JSON.parse(gunzipSync(many.body).toString())).toHaveLength(100)
  const tiny = await sent({ ...batchOf(['{}'.replace('}', '"a":1}')]), complete: true }, {})
  expect(tiny.headers).not.toHaveProperty('content-encoding')
  expect(rows(tiny)).toHaveLength(1)
})

it('row 54: has the same id at every attempt, as a GUID', async () => {
  const [first, second] = [await sent(batchNamed('a', 2)), await sent(batchNamed('a', 2), {})]
  expect(first.headers['x-ms-client-request-id']).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  )
  expect(second.headers['x-ms-client-request-id']).toBe(first.headers['x-ms-client-request-id'])
  expect((await sent(batchNamed('b', 2))).headers).not.toMatchObject({
    'x-ms-client-request-id': first.headers['x-ms-client-request-id'],
  })
})

describe('row 28: an old event', () => {
  const [event] = batchOf([eventText('1')]).events as [BatchEvent]
  const aged = (ageMs: number): BatchEvent => ({ ...event, timeMs: nowMs - ageMs })

  it('goes, unless it is to be a dead letter', () => {
    expect(refuse(aged(1_000 * hour), optionsOf(), nowMs)).toBeUndefined()
    const options = optionsOf({ old_events: 'dead_letter' })
    expect(refuse(aged(48 * hour), options, nowMs)).toBeUndefined()
    expect(refuse(aged(48 * hour + 1), options, nowMs)).toMatchObject({ code: 'too_old' })
    expect(refuse(aged(-1_000 * hour), options, nowMs)).toBeUndefined()
  })
})

describe('row 51: a value that Azure would cut off', () => {
  const eventOf = (text: string): BatchEvent => batchOf([text]).events[0] as BatchEvent
  const value = (length: number): string => JSON.stringify('x'.repeat(length - 2))

  it('is not sent, to the byte, unless it shall be', () => {
    const at = (length: number): unknown =>
      refuse(eventOf(`{"event_id":"1","data":${value(length)}}`), optionsOf(), nowMs)
    expect(at(64_000)).toBeUndefined()
    expect(at(64_001)).toEqual({
      code: 'long_value',
      text: 'data has 64001 bytes: Azure would cut it off at 64 KB (long_values)',
    })
    expect(refuse(eventOf(`{"data":${value(99_000)}}`), optionsOf({ long_values: 'send' }), nowMs)).toBeUndefined()
  })

  it('counts the column as a whole, and each column for itself', () => {
    const nested = `{"data":{"a":${value(33_000)},"b":${value(33_000)}}}`
    expect(refuse(eventOf(nested), optionsOf(), nowMs)).toMatchObject({ code: 'long_value' })
    const apart = `{"a":${value(60_000)},"b":${value(60_000)},"c":${value(60_000)}}`
    expect(refuse(eventOf(apart), optionsOf(), nowMs)).toBeUndefined()
  })
})
