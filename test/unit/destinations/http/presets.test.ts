// Each preset against a receiver made from its vendor's documentation: what was sent is there, whole and once; what the vendor would
// drop, cut or refuse is not lost without a word.
import { generateKeyPairSync, verify } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Destination } from '../../../../src/destinations/destination.ts'
import { http } from '../../../../src/destinations/http/index.ts'
import { PRESET_NAMES } from '../../../../src/destinations/http/presets/names.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { type Received, startReceiver } from '../../../fakes/http-receiver.ts'
import * as vendors from '../../../fakes/log-vendors.ts'
import { startLoki } from '../../../fakes/loki.ts'

const nowMs = Date.UTC(2026, 4, 17, 8)
const { signal } = new AbortController()
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function opened(options: object): Destination {
  const destination = http.open(http.options.parse(options), destinationTools())
  cleanups.push(() => destination.close())
  return destination
}

async function verdicts(destination: Destination, batch: Batch): Promise<readonly Verdict[]> {
  const outcome = await destination.send(batch, signal)
  return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
}

/** Sends halves of what was refused as a whole, as the relay does. */
async function bisected(destination: Destination, batch: Batch): Promise<Record<string, string>> {
  const answers = await verdicts(destination, batch)
  const { length } = batch.events
  const whole = length > 1 && answers.every(({ kind }) => kind === 'reject')
  if (!whole)
    return Object.fromEntries(
      answers.map((verdict, index) => [
        idOf(batch, index),
        verdict.kind === 'delivered' ? 'delivered' : `${verdict.kind} ${verdict.reason.code}`,
      ]),
    )
  const half = (from: number, to: number): Batch => ({ ...batch, events: batch.events.slice(from, to) })
  return {
    ...(await bisected(destination, half(0, length >> 1))),
    ...(await bisected(destination, half(length >> 1, length))),
  }
}

function idOf({ events }: Batch, index: number): string {
  const { bytes, start, end } = events[index] as Batch['events'][number]
  return (JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()) as { event_id: string }).event_id
}

const ids = (stored: readonly string[]): string[] =>
  stored.map((text) => (JSON.parse(text) as { event_id: string }).event_id)

/** A batch of events so many hours old. */
function aged(ages: Readonly<Record<string, number>>): Batch {
  const batch = batchOf(Object.keys(ages).map((id) => eventText(id, { id })))
  const hours = Object.values(ages)
  const events = batch.events.map((event, index) => ({
    ...event,
    timeMs: nowMs - (hours[index] as number) * 3_600_000,
  }))
  return { ...batch, events }
}

const account = generateKeyPairSync('rsa', { modulusLength: 2048 })

interface Staged {
  readonly it: vendors.Vendor
  readonly options: { readonly preset: string; readonly url: string }
}

async function staged(preset: string): Promise<Staged> {
  const { stage, path, ...more } = STAGES[preset] as (typeof STAGES)[string]
  const it = await stage()
  cleanups.push(() => it.close())
  return { it, options: { preset, url: `${it.receiver.url}${path}`, ...more } }
}

const STAGES: Readonly<Record<string, { stage: () => Promise<vendors.Vendor>; path: string; auth?: object }>> = {
  cortex_xsiam: {
    stage: () => vendors.vendor(vendors.cortexXsiam, nowMs),
    path: '/logs/v1/event',
    auth: { token: 'cortex-key' },
  },
  dynatrace: {
    stage: () => vendors.vendor(vendors.dynatrace, nowMs),
    path: '/api/v2/logs/ingest',
    auth: { token: 'dt0c01.KEY' },
  },
  google_secops: {
    stage: () => vendors.vendor(vendors.googleSecops, nowMs),
    path: '/v1alpha/projects/p/locations/eu/instances/i/logTypes/AUDIT_RELAY/logs:import',
    // As a token that was had already would be sent.
    auth: { token: 'ya29.token' },
  },
  logscale: {
    stage: () => vendors.vendor(vendors.logscale, nowMs),
    path: '/api/v1/ingest/hec',
    auth: { token: 'ingest-token' },
  },
  loki: { stage: () => startLoki(nowMs), path: '/loki/api/v1/push' },
  new_relic: {
    stage: () => vendors.vendor(vendors.newRelic, nowMs),
    path: '/log/v1',
    auth: { token: 'nr-license-key' },
  },
  sumo_logic: {
    stage: () => vendors.vendor(vendors.sumoLogic, nowMs),
    path: '/receiver/v1/http/ZaVnC4dhaV0secret==',
  },
}

it('every preset has a receiver here', () => expect(Object.keys(STAGES).sort()).toEqual([...PRESET_NAMES]))

it.each(PRESET_NAMES)('%s: what is sent is there, digit for digit', async (preset) => {
  const { it: vendor, options } = await staged(preset)
  const texts = [
    '{"event_id":"1","event_type":"a.b","occurred_at":"2026-05-17T08:00:00Z","data":{"big":9007199254740993}}',
    '{"event_id":"2","event_type":"a.b","occurred_at":"2026-05-17T08:00:00Z","data":{"text":"\\" \\\\ \\n é 𝒳 \\u2028"}}',
  ]
  expect(await verdicts(opened(options), batchOf(texts))).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
  expect(ids(vendor.stored)).toEqual(['1', '2'])
  // LogScale stands for a receiver that parses: it knows no numbers of that size.
  if (preset !== 'logscale')
    for (const [index, text] of texts.entries()) expect(vendor.stored[index]).toContain(text.slice(0, -1))
})

it.each(PRESET_NAMES)('%s: a key that is wrong, or an address, stops it and loses nothing', async (preset) => {
  const { options } = await staged(preset)
  const wrong = { ...options, url: `${options.url}x`, ...(STAGES[preset]?.auth && { auth: { token: 'another-key' } }) }
  expect(await verdicts(opened(wrong), batchOf([eventText('1')]))).toMatchObject([{ kind: 'halt' }])
})

it.each(PRESET_NAMES)(
  '%s: a login page with a 200, or a 2xx of another kind, is no delivery (row 66)',
  async (preset) => {
    const { it: vendor, options } = await staged(preset)
    vendor.instead = () => ({ status: 203, body: '<title>Sign in</title>' })
    expect(await verdicts(opened(options), batchOf([eventText('1')]))).toMatchObject([
      {
        kind: 'halt',
        reason: { code: 'unexpected_status', text: expect.stringContaining('(page) Sign in') as string },
      },
    ])
  },
)

it.each([
  ['loki', 262_144],
  ['new_relic', 128_000],
  ['dynatrace', 512_000],
  ['logscale', 990_000],
  ['sumo_logic', 65_535],
] as const)('%s: what it would cut is not sent, a byte less is (row 51)', async (preset, limit) => {
  const { it: vendor, options } = await staged(preset)
  const destination = opened({ ...options, body: { stream: false } })
  const frame = eventText('0', '').length
  const batch = batchOf([limit + 1, limit].map((size, index) => eventText(`${index}`, 'x'.repeat(size - frame))))
  expect(await verdicts(destination, batch)).toMatchObject([
    { kind: 'reject', reason: { code: 'too_large' } },
    { kind: 'delivered' },
  ])
  expect(vendor.stored.map(({ length }) => length)).toEqual([limit])
})

it('with `stream` the size of an event is what the receiver gets', async () => {
  const { it: vendor, options } = await staged('sumo_logic')
  const destination = opened({ ...options, max_event_bytes: '1000B' })
  const frame = eventText('0', '').length
  for (let size = 1001; size > 800; size -= 10)
    await verdicts(destination, batchOf([eventText('0', 'x'.repeat(size - frame))]))
  const longest = Math.max(...vendor.stored.map(({ length }) => length))
  expect(longest).toBeLessThanOrEqual(1_000)
  expect(longest).toBeGreaterThan(985)
})

describe.each([
  ['new_relic', 47],
  ['dynatrace', 23],
])('%s: what is too old for it', (preset, hours) => {
  const batch = aged({ young: 0, old: hours + 0.1, edge: hours - 0.1, ancient: 1e5 })

  it('is dated at its sending, with its own time in it, and the operator is told', async () => {
    const { it: vendor, options } = await staged(preset)
    const redated = { kind: 'delivered', remark: { code: 'redated' } }
    const taken = { kind: 'delivered' }
    const answers = await verdicts(opened(options), batch)
    expect(answers).toMatchObject([taken, redated, taken, redated])
    expect(answers[0]).toEqual(taken)
    expect(ids(vendor.stored)).toEqual(['young', 'old', 'edge', 'ancient'])
    expect(vendor.stored[1]).toContain('"occurred_at":"2026-05-17T08:00:00Z"')
  })

  it('is not sent where the operator says so, its neighbours are', async () => {
    const { it: vendor, options } = await staged(preset)
    expect(await bisected(opened({ ...options, old_events: 'dead_letter' }), batch)).toEqual({
      young: 'delivered',
      old: 'reject too_old',
      edge: 'delivered',
      ancient: 'reject too_old',
    })
    expect(ids(vendor.stored)).toEqual(['young', 'edge'])
  })
})

it('Dynatrace: an older limit of ours, and it refuses the whole request: the culprit alone is set aside (row 53)', async () => {
  const { it: vendor, options } = await staged('dynatrace')
  const batch = aged({ a: 0, b: 0, old: 30, c: 0 })
  expect(await bisected(opened({ ...options, max_age: '90d' }), batch)).toEqual({
    a: 'delivered',
    b: 'delivered',
    old: 'reject too_old',
    c: 'delivered',
  })
  expect(ids(vendor.stored)).toEqual(['a', 'b', 'c'])
})

it('Dynatrace: a part was taken and nobody says which: none is lost, some come twice, the culprit is found (row 48)', async () => {
  const { it: vendor, options } = await staged('dynatrace')
  const batch = batchOf([eventText('a'), eventText('b', 'poison'), eventText('c'), eventText('d')])
  expect(await bisected(opened(options), batch)).toEqual({
    a: 'delivered',
    b: 'reject partly_taken',
    c: 'delivered',
    d: 'delivered',
  })
  expect(new Set(ids(vendor.stored))).toEqual(new Set(['a', 'c', 'd']))
})

it('Loki: the sound entries of a refused request are stored; sent again with a half of it, they are not stored twice', async () => {
  const { it: vendor, options } = await staged('loki')
  const batch = aged({ newest: 0, a: 0.1, behind: 2, b: 0.2, older: 1.5, c: 0.9 })
  expect(await bisected(opened(options), batch)).toEqual({
    newest: 'delivered',
    a: 'delivered',
    behind: 'reject too_old',
    b: 'delivered',
    older: 'reject too_old',
    c: 'delivered',
  })
  expect(ids(vendor.stored).sort()).toEqual(['a', 'b', 'c', 'newest'])
})

it('Loki: an answer that is lost costs no duplicate, because a line is the same at each attempt (row 54)', async () => {
  const { it: vendor, options } = await staged('loki')
  const batch = batchOf([eventText('a'), eventText('b')])
  await verdicts(opened(options), batch)
  const again = { ...batch, events: batch.events.map((event) => ({ ...event, attempt: 2 })) }
  expect(await verdicts(opened(options), again)).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
  expect(ids(vendor.stored)).toEqual(['a', 'b'])
  const twice = opened({ ...options, body: { stream: true } })
  await verdicts(twice, batch)
  await verdicts(twice, again)
  expect(ids(vendor.stored)).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
})

it('Loki: labels of the operator stand beside those of the preset, and replace them', async () => {
  const { it: vendor, options } = await staged('loki')
  await verdicts(opened({ ...options, values: { env: 'prod', service_name: 'audit' } }), batchOf([eventText('a')]))
  const { streams } = JSON.parse((vendor.receiver.requests[0] as Received).body.toString()) as { streams: object[] }
  expect(streams).toMatchObject([{ stream: { service_name: 'audit', env: 'prod' } }])
})

it('Loki: a request that is too large for its parts is split', async () => {
  const { it: vendor, options } = await staged('loki')
  vendor.instead = () => ({
    status: 500,
    body: 'rpc error: grpc: received message larger than max (5000000 vs. 4194304)',
  })
  expect(await verdicts(opened(options), batchOf([eventText('a'), eventText('b')]))).toMatchObject([
    { kind: 'reject', split: true },
    { kind: 'reject', split: true },
  ])
})

it('Google SecOps: a token is had for the key of a service account, and had anew when it is refused', async () => {
  const { it: vendor, options } = await staged('google_secops')
  const google = await startReceiver()
  cleanups.push(() => google.close())
  google.answer((_request, index) => ({
    body: JSON.stringify({ access_token: index === 0 ? 'ya29.old' : 'ya29.token', expires_in: 3599 }),
    headers: { 'content-type': 'application/json' },
  }))
  const key = {
    type: 'service_account',
    client_email: 'relay@p.iam.gserviceaccount.com',
    private_key_id: 'k1',
    private_key: account.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${google.url}/token`,
  }
  const destination = opened({ ...options, auth: { service_account: JSON.stringify(key) } })
  expect(await verdicts(destination, batchOf([eventText('a')]))).toEqual([{ kind: 'delivered' }])
  expect(ids(vendor.stored)).toEqual(['a'])
  const asked = new URLSearchParams((google.requests[1] as Received).body.toString())
  expect(asked.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [head = '', claims = '', signature = ''] = (asked.get('assertion') ?? '').split('.')
  expect(
    verify('sha256', Buffer.from(`${head}.${claims}`), account.publicKey, Buffer.from(signature, 'base64url')),
  ).toBe(true)
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
  expect(read(claims)).toEqual({
    iss: key.client_email,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: key.token_uri,
    iat: nowMs / 1000 - 30,
    exp: nowMs / 1000 + 2970,
  })
})

it('Google SecOps: an account that is refused halts, in words that hold nothing of the key', async () => {
  const { options } = await staged('google_secops')
  const google = await startReceiver()
  cleanups.push(() => google.close())
  const pem = account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  google.answer({ status: 400, body: JSON.stringify({ error: 'invalid_grant', error_description: `no ${pem}` }) })
  const key = { client_email: 'relay@p.iam', private_key: pem, token_uri: google.url }
  const destination = opened({ ...options, auth: { service_account: JSON.stringify(key) } })
  const [verdict] = await verdicts(destination, batchOf([eventText('a')]))
  expect(verdict).toMatchObject({ kind: 'halt', reason: { code: 'oauth_invalid_grant' } })
  expect(JSON.stringify(verdict)).not.toContain(pem.split('\n')[3])
})

it('New Relic: a request that it finds too large is split (row 52)', async () => {
  const { it: vendor, options } = await staged('new_relic')
  const random = (): string =>
    Array.from({ length: 100_000 }, () => String.fromCharCode(33 + Math.random() * 90)).join('')
  const batch = batchOf(Array.from({ length: 14 }, (_, index) => eventText(`${index}`, random())))
  const answers = await verdicts(opened(options), batch)
  expect(answers.every((verdict) => verdict.kind === 'reject' && verdict.split === true)).toBe(true)
  expect(await bisected(opened(options), batch)).toEqual(
    Object.fromEntries(batch.events.map((_, index) => [`${index}`, 'delivered'])),
  )
  expect(ids(vendor.stored)).toHaveLength(14)
})

it('a token of an authorization server is had once, and stands in no text', async () => {
  const [server, receiver] = [await startReceiver(), await startReceiver()]
  cleanups.push(
    () => server.close(),
    () => receiver.close(),
  )
  server.answer({
    body: JSON.stringify({ access_token: 'canary-5ecret-token', token_type: 'bearer', expires_in: 3600 }),
    headers: { 'content-type': 'application/json' },
  })
  receiver.answer(({ headers }) => ({ status: 400, body: `you are ${headers['authorization']}` }))
  const auth = { client_id: 'relay', client_secret: 'client-5ecret', token_url: `${server.url}/token`, scope: 'logs' }
  const destination = opened({ url: receiver.url, auth })
  for (const id of ['a', 'b']) {
    const [verdict] = await verdicts(destination, batchOf([eventText(id)]))
    expect(verdict).toMatchObject({
      kind: 'reject',
      reason: { text: 'the receiver answered 400: you are Bearer [secret]' },
    })
  }
  expect(server.requests).toHaveLength(1)
  expect(receiver.requests[1]?.headers['authorization']).toBe('Bearer canary-5ecret-token')
})

it.each([
  ['cortex_xsiam', 25 * 1024 ** 2, Infinity],
  ['dynatrace', 10_000_000, 50_000],
  ['google_secops', 1_000_000, Infinity],
  ['new_relic', 1_000_000, Infinity],
])('%s: the documented size and count of a request are kept', async (preset, bytes, count) => {
  const { maxBytes, maxEvents } = http.options.parse((await staged(preset)).options)
  expect(maxBytes).toBeLessThanOrEqual(bytes)
  expect(maxEvents).toBeLessThanOrEqual(count)
})
