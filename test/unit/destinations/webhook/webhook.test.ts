// A webhook as its receiver sees it; signatures are checked by the standard's own library.
import { createHmac } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Destination } from '../../../../src/destinations/destination.ts'
import { webhook } from '../../../../src/destinations/webhook/index.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { type Received, type Receiver, startReceiver } from '../../../fakes/http-receiver.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

const signal = new AbortController().signal
const standardSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
let receiver: Receiver
const open: Destination[] = []

beforeEach(async () => {
  receiver = await startReceiver()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((destination) => destination.close()))
  await receiver.close()
})

function opened(options: object, clock = new TestClock(Math.floor(Date.now() / 1000) * 1000)): Destination {
  const destination = webhook.open(
    webhook.options.parse({ url: `${receiver.url}/hook?key=query-secret`, ...options }),
    destinationTools({ clock }),
  )
  open.push(destination)
  return destination
}

async function sent(options: object, batch: Batch): Promise<Received> {
  const before = receiver.requests.length
  expect(await verdictsOf(opened(options), batch)).toEqual(batch.events.map(() => ({ kind: 'delivered' })))
  return receiver.requests[before] as Received
}

async function verdictsOf(destination: Destination, batch: Batch): Promise<readonly Verdict[]> {
  const outcome = await destination.send(batch, signal)
  return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
}

describe('a request', () => {
  it('is one event object by default, and an array with `batch`', async () => {
    const one = await sent({}, batchNamed('a', 1))
    expect(one).toMatchObject({
      method: 'POST',
      path: '/hook?key=query-secret',
      headers: { 'content-type': 'application/json', 'user-agent': 'audit-relay' },
    })
    expect(JSON.parse(one.body.toString())).toMatchObject({
      event_id: 'a-0',
      stream: { destination_id: 'archive', attempt: 1 },
    })
    const many = await sent({ batch: 10 }, batchNamed('b', 3))
    expect((JSON.parse(many.body.toString()) as { event_id: string }[]).map((event) => event.event_id)).toEqual([
      'b-0',
      'b-1',
      'b-2',
    ])
  })

  it('limits follow the options', () => {
    const limits = (options: object) => webhook.limits(webhook.options.parse({ url: 'https://a.example', ...options }))
    expect(limits({})).toEqual({ maxEvents: 1, maxBytes: 16_777_216, overheadBytes: 2 })
    expect(limits({ batch: 200, max_bytes: '256KiB' })).toEqual({ maxEvents: 200, maxBytes: 262_144, overheadBytes: 2 })
  })

  it('has the same id at every attempt, and another for another event, another source, another batch', async () => {
    const text = eventText('a')
    const id = async (options: object, batch: Batch): Promise<string> =>
      (await sent(options, batch)).headers['webhook-id'] ?? ''
    const first = await id({}, batchOf([text]))
    expect(
      await id(
        {},
        batchOf([text], () => ({ attempt: 5 })),
      ),
    ).toBe(first)
    const others = [
      await id(
        {},
        batchOf([text], () => ({ source: 'other' })),
      ),
      await id({}, batchNamed('b', 1)),
      await id({ batch: 5 }, batchOf([text])),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
    for (const each of [
      first,
      ...others,
      await id(
        {},
        batchOf([text], () => ({ source: 'Ä b.c/d\r\n' })),
      ),
    ])
      expect(each).toMatch(/^[\w-]+$/)
  })
})

describe('signatures', () => {
  it('are absent without a secret', async () => {
    expect((await sent({}, batchNamed('a', 1))).headers).not.toHaveProperty('webhook-signature')
  })

  it.each([
    ['whsec_ secret', standardSecret, new Webhook(standardSecret)],
    ['plain secret', 'open sesame', new Webhook('open sesame', { format: 'raw' })],
  ])(
    'a %s is verified by the standard library; an altered body, id or time is not',
    async (_name, secret, verifier) => {
      const { body, headers } = await sent({ secret, batch: 5 }, batchNamed('a', 2))
      expect(() => verifier.verify(body.toString(), headers)).not.toThrow()
      expect(() => verifier.verify(`${body.toString()} `, headers)).toThrow()
      expect(() => verifier.verify(body.toString(), { ...headers, 'webhook-id': 'other' })).toThrow()
      expect(() =>
        verifier.verify(body.toString(), {
          ...headers,
          'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1),
        }),
      ).toThrow()
    },
  )

  it('two secrets sign twice, so that either side of a rotation verifies', async () => {
    const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
    const { body, headers } = await sent({ secret: [standardSecret, other] }, batchNamed('a', 1))
    for (const secret of [standardSecret, other])
      expect(() => new Webhook(secret).verify(body.toString(), headers)).not.toThrow()
  })

  it('the time is that of the attempt', async () => {
    const clock = new TestClock(1_800_000_000_999)
    const destination = opened({ secret: standardSecret }, clock)
    await destination.send(batchNamed('a', 1), signal)
    clock.jump(60_000)
    await destination.send(batchNamed('a', 1), signal)
    expect(receiver.requests.map((request) => request.headers['webhook-timestamp'])).toEqual([
      '1800000000',
      '1800000060',
    ])
  })

  it('an older receiver gets a hex HMAC of the body in the header of its choice', async () => {
    const { body, headers } = await sent(
      { secret: 'It-is-secret', signature: { header: 'X-Hub-Signature-256', prefix: 'sha256=' } },
      batchNamed('a', 1),
    )
    expect(headers['x-hub-signature-256']).toBe(
      `sha256=${createHmac('sha256', 'It-is-secret').update(body).digest('hex')}`,
    )
    expect(headers).not.toHaveProperty('webhook-signature')
  })

  it('cover the compressed bytes when gzip is on', async () => {
    const { body, headers } = await sent({ secret: standardSecret, gzip: true, batch: 50 }, batchNamed('a', 50))
    expect(headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(body).toString())).toHaveLength(50)
    const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body])
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
  })

  it('headers of the operator go along', async () => {
    expect(
      (await sent({ headers: { 'X-Team': 'sec', Authorization: 'Bearer t0ken-t0ken' } }, batchNamed('a', 1))).headers,
    ).toMatchObject({
      'x-team': 'sec',
      authorization: 'Bearer t0ken-t0ken',
    })
  })
})

describe('answers', () => {
  it.each([
    [{ status: 204 }, { kind: 'delivered' }],
    [
      { status: 429, headers: { 'retry-after': '30' } },
      { kind: 'retry', afterMs: 30_000, reason: { code: 'http_429' } },
    ],
    [{ status: 410 }, { kind: 'halt', reason: { code: 'http_410' } }],
    [
      { status: 301, headers: { location: 'https://b.example/x' } },
      { kind: 'halt', reason: { code: 'http_301' } },
    ],
    [{ status: 413 }, { kind: 'reject', split: true, reason: { code: 'http_413' } }],
    [
      { status: 422, body: '<html><title>No</title>' },
      { kind: 'reject', reason: { code: 'http_422', text: 'the receiver answered 422: (page) No' } },
    ],
    [{ cutAt: 0 }, { kind: 'retry', reason: { code: 'broken' } }],
    [{ cutAt: 20 }, { kind: 'retry', reason: { code: 'broken' } }],
    [{ raw: 'SSH-2.0-OpenSSH_9.2\r\n' }, { kind: 'retry', reason: { code: 'broken' } }],
    [
      { status: 500, endless: true },
      { kind: 'retry', reason: { code: 'http_500' } },
    ],
    [
      { status: 500, headers: { 'content-encoding': 'gzip' }, body: 'garbage' },
      { kind: 'retry', reason: { text: 'the receiver answered 500: (7 bytes, gzip)' } },
    ],
  ])('%j', async (answer, verdict) => {
    receiver.answer(answer)
    expect(await verdictsOf(opened({ batch: 5 }), batchNamed('a', 2))).toMatchObject([verdict, verdict])
  })

  it('nobody listens: retry, and neither path nor query is named', async () => {
    const destination = opened({})
    await receiver.close()
    const [verdict] = await verdictsOf(destination, batchNamed('a', 1))
    receiver = await startReceiver()
    expect(verdict).toMatchObject({ kind: 'retry', reason: { code: 'unreachable' } })
    expect(JSON.stringify(verdict)).not.toMatch(/hook|query-secret/)
  })

  it('a secret that the receiver echoes is not repeated, even across the end of the excerpt', async () => {
    const destination = opened({ secret: 'webhook-secret', headers: { authorization: 'Bearer header-token' } })
    for (let filler = 230; filler < 310; filler++) {
      receiver.answer({ status: 400, body: `${'x'.repeat(filler)}webhook-secret Bearer header-token query-secret` })
      const text = JSON.stringify(await verdictsOf(destination, batchNamed('a', 1)))
      expect(text).not.toMatch(/webhook-s|header-t|query-s/)
    }
  })
})
