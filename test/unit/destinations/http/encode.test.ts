// The bodies of all forms and templates: whatever an event holds, it arrives as it is and breaks out of nothing.
import { createHmac } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { bodyOf, encode } from '../../../../src/destinations/http/encode.ts'
import { http } from '../../../../src/destinations/http/index.ts'
import { type HttpOptions } from '../../../../src/destinations/http/options.ts'
import { PRESET_NAMES } from '../../../../src/destinations/http/presets/names.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import { Tag } from '../../../../src/model/event.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'

const url = 'https://receiver.example/ingest'
const parse = (options: object): HttpOptions => http.options.parse({ url, ...options })
const text = (batch: Batch, options: HttpOptions): string =>
  Buffer.from(bodyOf(options.stream ? batch : { ...batch, complete: true }, options.body)).toString()

function templated(event: string, more: object = {}): HttpOptions {
  return parse({ body: { form: 'template', template: { event, ...more }, content_type: 'text/plain' } })
}

const forms: readonly (readonly [string, HttpOptions])[] = [
  ['array', parse({})],
  ['lines', parse({ body: { form: 'lines' } })],
  ['key', parse({ body: { key: 'a"b' } })],
  ['copied, fixed head', templated('{"e":{{event}}}', { batch: '{"all":[{{events}}]}', separator: ',' })],
  [
    'copied, head of its own',
    templated('{"t":{{occurred_at_ms}},"i":{{event_id}},"e":{{event}}}', { separator: '\n' }),
  ],
  ['as a string', templated('[{{event_json_string}},{{occurred_at_ns}}]', { batch: '[{{events}}]', separator: ',' })],
  ['base64', templated('{"d":{{base64_event}}}', { separator: '\r\n' })],
  ['twice', templated('{"e":{{event}},"s":{{event_json_string}},"b":{{base64_event}}}', { separator: ' ' })],
  ['behind', templated('{"e":{{event}},"y":{{event_type}},"s":{{source}},"k":{{event_key}}}')],
  ...PRESET_NAMES.map(
    (preset) =>
      [
        preset,
        parse({
          preset,
          ...(['loki', 'sumo_logic'].includes(preset) ? {} : { auth: { token: 'abc', header: 'x-key', prefix: '' } }),
        }),
      ] as const,
  ),
]

const event = fc
  .record({
    id: fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 300 })),
    type: fc.string({ unit: 'grapheme' }),
    data: fc.jsonValue(),
  })
  .map(({ id, type, data }) =>
    JSON.stringify({ event_id: id, event_type: type, occurred_at: '2026-05-17T08:00:00Z', data }),
  )
const attempt = fc.record({
  attempt: fc.nat(1e6),
  firstAttemptedAt: fc.constantFrom('2026-05-17T08:00:00.000Z', '2026-05-16T08:00:00.000Z'),
  tags: fc.constantFrom(0, Tag.duplicateKeys, 7),
})
const batches = fc.array(fc.tuple(event, attempt), { minLength: 1, maxLength: 6 }).map((all) =>
  batchOf(
    all.map(([one]) => one),
    (index) => all[index]?.[1] ?? {},
  ),
)

describe.each(forms)('%s', (name, options) => {
  it('never takes more bytes than the batcher reckons with', () => {
    const { maxBytes, overheadBytes } = http.limits(options)
    const { times, frameBytes } = options.body
    expect(maxBytes * Math.max(1, times) + frameBytes).toBeLessThanOrEqual(options.maxBytes)
    fc.assert(
      fc.property(batches, fc.boolean(), (batch, complete) => {
        const reckoned = batch.events.reduce((sum, one) => {
          const stream = complete ? 0 : 110 + '"archive"'.length + (one.tags === 0 ? 0 : 64)
          return sum + one.end - one.start + 1 + stream + overheadBytes
        }, 0)
        const bytes = Buffer.byteLength(text({ ...batch, complete }, options))
        expect(bytes).toBeLessThanOrEqual(reckoned * Math.max(1, times) + frameBytes)
      }),
      { numRuns: 60 },
    )
  })

  it('holds every event as it is, whatever is in it', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const whole = text(batch, options)
        const found = eventsIn(name, whole)
        expect(found).toHaveLength(batch.events.length)
        for (const [index, one] of batch.events.entries()) {
          const own = Buffer.from(one.bytes.subarray(one.start, one.end - 1)).toString()
          expect((found[index] as string).startsWith(own)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** The events in a body as a reader who knows its form finds them. Bodies that are copied are parsed, and printed by their own reader. */
function eventsIn(name: string, body: string): string[] {
  const all = (part: unknown): string[] => (part as unknown[]).map((one) => JSON.stringify(one))
  const lines = (separator: string): Record<string, string>[] =>
    body
      .split(separator)
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, string>)
  switch (name) {
    case 'array':
      return all(JSON.parse(body))
    case 'lines':
    case 'cortex_xsiam':
    case 'sumo_logic':
      expect(body.endsWith('\n')).toBe(true)
      return body.slice(0, -1).split('\n')
    case 'key':
      return all((JSON.parse(body) as Record<string, unknown>)['a"b'])
    case 'copied, fixed head':
      return (JSON.parse(body) as { all: { e: unknown }[] }).all.map(({ e }) => JSON.stringify(e))
    case 'copied, head of its own':
      return lines('\n').map(({ e, i }) => {
        const id = (e as unknown as { event_id: string }).event_id
        expect([id, null]).toContain(i)
        return JSON.stringify(e)
      })
    case 'logscale':
      return lines('\n').map(({ event: e }) => JSON.stringify(e))
    case 'as a string':
      return (JSON.parse(body) as [string, number][]).map(([one]) => one)
    case 'base64':
      return lines('\r\n').map(({ d = '' }) => Buffer.from(d, 'base64').toString())
    case 'twice':
      return body
        .split(/ (?=\{"e":)/)
        .map((one) => JSON.parse(one) as Record<string, string>)
        .map(({ e, s = '', b = '' }) => {
          expect(Buffer.from(b, 'base64').toString()).toBe(s)
          expect(JSON.parse(s)).toEqual(e)
          return s
        })
    case 'behind':
      return body
        .split(/(?<=")\}(?=\{"e":|$)/)
        .filter(Boolean)
        .map((one) => {
          const read = JSON.parse(`${one}}`) as Record<string, unknown>
          expect(read['s']).toBe('app')
          expect(read['k']).toMatch(/^[0-9a-f]{32}$/)
          return JSON.stringify(read['e'])
        })
    case 'loki':
      return (JSON.parse(body) as { streams: { values: string[][] }[] }).streams[0]?.values.map(
        ([, line]) => `${line?.slice(0, -1)}}`,
      ) as string[]
    case 'new_relic':
      return (JSON.parse(body) as { logs: { message: string }[] }[])[0]?.logs.map(({ message }) => message) as string[]
    case 'dynatrace':
      return (JSON.parse(body) as { content: string }[]).map(({ content }) => content)
    default:
      return (JSON.parse(body) as { inlineSource: { logs: { data: string }[] } }).inlineSource.logs.map(({ data }) =>
        Buffer.from(data, 'base64').toString(),
      )
  }
}

describe('placeholders', () => {
  const one = (placeholder: string, batch: Batch): string =>
    text(batch, templated(`${placeholder} {{event}}`)).split(' ')[0] as string
  const at = (timeMs: number): Batch => {
    const batch = batchNamed('a', 1)
    return { ...batch, events: batch.events.map((only) => ({ ...only, timeMs })) }
  }

  it.each([
    ['{{occurred_at}}', 1_779_004_800_123.456, '"2026-05-17T08:00:00.123Z"'],
    ['{{occurred_at_s}}', 1_779_004_800_123.456, '1779004800.123'],
    ['{{occurred_at_ms}}', 1_779_004_800_123.456, '1779004800123'],
    ['{{occurred_at_ns}}', 1_779_004_800_123.456, '1779004800123456000'],
    ['{{ occurred_at_ns }}', 1_779_004_800_000, '1779004800000000000'],
    ['{{occurred_at_ms}}', -1.5, '-2'],
  ])('%s of %d', (placeholder, timeMs, expected) => expect(one(placeholder, at(timeMs))).toBe(expected))

  it.each([
    ['{{event_id}}', eventText('a"é'), '"a\\"é"'],
    ['{{event_id}}', '{"data":{"event_id":"inner"},"event_type":"t","event_id":"last"}', '"last"'],
    ['{{event_id}}', `{"event_id":"${'x'.repeat(300)}"}`, 'null'],
    ['{{event_id}}', '{"event_type":"t"}', 'null'],
    ['{{event_type}}', eventText('a'), '"user.signed_in"'],
    ['{{source}}', eventText('a'), '"app"'],
  ])('%s of %s', (placeholder, json, expected) => expect(one(placeholder, batchOf([json]))).toBe(expected))

  it.each([
    ['{"metadata":{"uid":"1","event_code":"t"},"id":"no"}'],
    ['{"event":{"id":"1","action":"t"}}'],
    ['{"id":"1","type":"t"}'],
  ])('id and type in another format: %s', (json) => {
    const batch = { ...batchOf([json]), complete: true }
    expect([one('{{event_id}}', batch), one('{{event_type}}', batch)]).toEqual(['"1"', '"t"'])
  })

  it('the id of a batch is one text', () => {
    const batch = batchNamed('a', 2)
    const options = templated('{{event}}', { batch: '{"id":{{batch_id}},"e":[{{events}}]}', separator: ',' })
    expect(JSON.parse(text(batch, options))).toMatchObject({ id: batch.id, e: [{ event_id: 'a-0' }, {}] })
  })

  it('an event in a format of its own gets nothing added', () => {
    const batch = { ...batchOf(['{"id":"1"}']), complete: true }
    expect(text(batch, parse({ body: { form: 'lines' } }))).toBe('{"id":"1"}\n')
    expect(text(batch, templated('{{event_json_string}}'))).toBe('"{\\"id\\":\\"1\\"}"')
  })
})

describe('a request', () => {
  const nowMs = Date.UTC(2026, 4, 17, 8)
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

  it('has no headers of ours unless asked for', async () => {
    const { headers, method } = await encode(batchNamed('a', 1), parse({ method: 'PUT' }), nowMs)
    expect([method, headers]).toEqual(['PUT', { 'user-agent': 'audit-relay', 'content-type': 'application/json' }])
  })

  it('is signed as it is sent, compressed or not', async () => {
    const now = Math.floor(Date.now() / 1000) * 1000
    for (const gzip of [false, true]) {
      const { headers, body = new Uint8Array() } = await encode(batchNamed('a', 2), parse({ secret, gzip }), now)
      // The library parses what it has verified, which compressed bytes cannot be.
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`
      const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).update(body).digest('base64')
      expect(headers['webhook-signature']).toBe(`v1,${mac}`)
      if (!gzip) expect(new Webhook(secret).verify(Buffer.from(body), headers)).toHaveLength(2)
      else expect(JSON.parse(gunzipSync(body).toString())).toHaveLength(2)
    }
  })

  it('has the same id at each attempt, and another for other events', async () => {
    const options = parse({ id_header: 'Idempotency-Key' })
    const batch = batchNamed('a', 2)
    const again = { ...batch, events: batch.events.map((one) => ({ ...one, attempt: 2 })) }
    const ids = await Promise.all(
      [batch, again, batchNamed('b', 2)].map(
        async (one) => (await encode(one, options, nowMs)).headers['idempotency-key'],
      ),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
    expect(ids[0]).toMatch(/^batch_[0-9a-f]{32}$/)
  })
})
