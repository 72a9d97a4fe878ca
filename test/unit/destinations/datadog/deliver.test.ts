// Datadog as its sender sees it, against an intake that does what the vendor's documents say, its traps included.
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datadog } from '../../../../src/destinations/datadog/index.ts'
import type { Destination } from '../../../../src/destinations/destination.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Outcome, Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { FakeDatadog, refused } from '../../../fakes/datadog.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { answerBytes } from '../../../fakes/http-receiver.ts'

const api_key = '0123456789abcdef0123456789abcdef'
const hour = 3_600_000
const { signal } = new AbortController()
const open: Destination[] = []
let intake: FakeDatadog

beforeEach(async () => {
  intake = await FakeDatadog.start(api_key)
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((destination) => destination.close()))
  await intake.close()
})

function opened(change: object = {}): Destination {
  const options = datadog.options.parse({ url: intake.url, api_key, ...change })
  const destination = datadog.open(options, destinationTools())
  open.push(destination)
  return destination
}

async function verdictsOf(destination: Destination, batch: Batch): Promise<readonly Verdict[]> {
  const outcome: Outcome = await destination.send(batch, signal)
  return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
}

const kindsOf = (verdicts: readonly Verdict[]): string => verdicts.map(({ kind }) => kind).join(' ')
const storedIds = (): unknown[] => intake.stored.map(({ attributes }) => eventOf(attributes)['event_id'])

function eventOf(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return attributes['audit'] as Record<string, unknown>
}

/** The same batch with its events at these distances from the relay's clock, ms. */
function at(batch: Batch, ...offsets: readonly number[]): Batch {
  const events = batch.events.map((event, index) => ({ ...event, timeMs: intake.now + (offsets[index] ?? 0) }))
  return { ...batch, events }
}

describe('a request', () => {
  it('is taken, compressed or not, and found by its time, service, source, host and tags', async () => {
    for (const gzip of [true, false]) {
      intake.stored.length = 0
      const destination = opened({ gzip, service: 'svc', source: 'acme', hostname: 'h-1', tags: { env: 'prod' } })
      expect(kindsOf(await verdictsOf(destination, at(batchNamed('a', 3), 0, -hour)))).toBe(
        'delivered delivered delivered',
      )
      expect(intake.stored).toHaveLength(3)
      expect(intake.stored[1]).toMatchObject({
        date: intake.now - hour,
        message: 'user.signed_in',
        source: 'acme',
        service: 'svc',
        host: 'h-1',
        tags: ['env:prod'],
        attributes: { audit: { event_id: 'a-1', stream: { destination_id: 'archive', attempt: 1 } } },
      })
    }
    const [packed, plain] = intake.receiver.requests
    expect(packed?.headers).toMatchObject({ 'content-encoding': 'gzip', 'dd-api-key': api_key })
    expect(gunzipSync(packed?.body ?? '').equals(plain?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it('keeps what an event calls date, status, host, service or message its own', async () => {
    const own = { date: '2001-01-01T00:00:00Z', status: 'emerg', host: 'h', service: 's', message: 'm', ddsource: 'd' }
    const texts = [eventText('a', own), JSON.stringify({ event_id: 'b', event_type: 't', timestamp: 0, ...own })]
    expect(kindsOf(await verdictsOf(opened(), batchOf(texts)))).toBe('delivered delivered')
    expect(storedIds()).toEqual(['a', 'b'])
    expect(intake.stored[1]).toMatchObject({ date: intake.now, message: 't', service: 'audit-relay' })
    expect(intake.stored[1]).toMatchObject({ status: undefined, host: undefined, attributes: { audit: own } })
  })

  it('of a thousand events is taken, one more is never asked for', async () => {
    const { maxEvents } = datadog.limits(datadog.options.parse({ url: intake.url, api_key }))
    expect(maxEvents).toBe(1_000)
    expect((await verdictsOf(opened(), batchNamed('a', maxEvents))).every(({ kind }) => kind === 'delivered')).toBe(
      true,
    )
    expect((await verdictsOf(opened(), batchNamed('b', maxEvents + 1)))[0]).toMatchObject({
      kind: 'reject',
      split: true,
    })
    expect(intake.stored).toHaveLength(1_000)
  })

  it.each([
    ['another key', { api_key: 'another-key' }, 'http_403'],
    ['another path', { path: '/here' }, 'http_404'],
  ])('row 60: %s halts, and nothing is stored', async (_name, change, code) => {
    const { path = '', ...options } = change as { path?: string }
    const [verdict] = await verdictsOf(opened({ ...options, url: `${intake.url}${path}` }), batchNamed('a', 2))
    expect(verdict).toMatchObject({ kind: 'halt', reason: { code } })
    expect(intake.stored).toEqual([])
  })

  it('a limit that is used up is waited for; one that is used up by this very request pauses', async () => {
    intake.limit = { remaining: 1, reset: 9 }
    expect(await opened().send(batchNamed('a', 1), signal)).toEqual({
      verdicts: [{ kind: 'delivered' }],
      pauseMs: 9_000,
    })
    expect((await verdictsOf(opened(), batchNamed('b', 1)))[0]).toMatchObject({
      kind: 'retry',
      afterMs: 9_000,
      reason: { code: 'http_429' },
    })
    expect(storedIds()).toEqual(['a-0'])
  })

  it('the key is removed from whatever comes back', async () => {
    intake.instead = () => refused(403, 'Forbidden', `you said ${api_key}, ${Buffer.from(api_key).toString('base64')}`)
    expect(JSON.stringify(await verdictsOf(opened(), batchNamed('a', 1)))).toContain('[secret], [secret]')
  })
})

describe('row 51: an entry that is too long', () => {
  const long = eventText('long', 'x'.repeat(1_000_000))

  it('is not sent; its neighbours are', async () => {
    const verdicts = await verdictsOf(opened(), batchOf([eventText('a'), long, eventText('b')]))
    expect(kindsOf(verdicts)).toBe('delivered reject delivered')
    expect(verdicts[1]).toMatchObject({ reason: { code: 'too_large' } })
    expect(verdicts[1]).not.toHaveProperty('split')
    expect(storedIds()).toEqual(['a', 'b'])
  })

  it('alone makes no request', async () => {
    expect(kindsOf(await verdictsOf(opened(), batchOf([long])))).toBe('reject')
    expect(intake.receiver.requests).toEqual([])
  })

  it('would be cut, and taken with 202, if it were sent', async () => {
    const headers = { 'dd-api-key': api_key }
    const { status } = await fetch(`${intake.url}/api/v2/logs`, { method: 'POST', headers, body: `[${long}]` })
    expect(status).toBe(202)
    expect(intake.stored).toMatchObject([{ truncated: true }])
  })
})

describe('row 28: an event that is dated too far away', () => {
  const offsets = [-18 * hour - 1, -18 * hour, -17 * hour, 2 * hour, 2 * hour + 1]

  it('is dated at its arrival, keeps its own time beside, and a remark says so; none is dropped', async () => {
    const verdicts = await verdictsOf(opened(), at(batchNamed('a', 5), ...offsets))
    expect(kindsOf(verdicts)).toBe(Array.from({ length: 5 }, () => 'delivered').join(' '))
    expect(verdicts.map((verdict) => 'remark' in verdict)).toEqual([true, true, false, true, true])
    expect(intake.dropped).toEqual([])
    expect(intake.stored.map(({ date }) => date)).toEqual([0, 0, -17 * hour, 0, 0].map((ms) => intake.now + ms))
    expect(intake.stored.map(({ attributes }) => attributes['original_time'])).toEqual(
      offsets.map((ms) => (ms === -17 * hour ? undefined : new Date(intake.now + ms).toISOString())),
    )
  })

  it('becomes a dead letter where that is wanted; what lies ahead does not', async () => {
    const verdicts = await verdictsOf(opened({ old_events: 'dead_letter' }), at(batchNamed('a', 5), ...offsets))
    expect(kindsOf(verdicts)).toBe('reject reject delivered delivered delivered')
    expect(verdicts[0]).toMatchObject({ reason: { code: 'too_old' } })
    expect(storedIds()).toEqual(['a-2', 'a-3', 'a-4'])
  })

  it('would be dropped, and taken with 202, with its own date', async () => {
    const body = JSON.stringify([{ message: 'm', timestamp: intake.now - 19 * hour }])
    const headers = { 'dd-api-key': api_key }
    const { status } = await fetch(`${intake.url}/api/v2/logs`, { method: 'POST', headers, body })
    expect([status, intake.stored.length, intake.dropped.length]).toEqual([202, 0, 1])
  })

  it('may grow old while it waits: each attempt looks anew', async () => {
    const tools = destinationTools()
    const destination = datadog.open(datadog.options.parse({ url: intake.url, api_key }), tools)
    open.push(destination)
    const batch = at(batchNamed('a', 1), -17 * hour)
    intake.instead = () => refused(503, 'Unavailable', '')
    expect(kindsOf(await verdictsOf(destination, batch))).toBe('retry')
    intake.instead = undefined
    await tools.clock.advance(hour)
    intake.now += hour
    expect(await verdictsOf(destination, batch)).toMatchObject([{ kind: 'delivered', remark: { code: 'redated' } }])
    expect(intake.stored[0]?.date).toBe(intake.now)
  })
})

describe('row 54: an answer that is lost', () => {
  it('is a retry wherever it is cut; what comes again can be told by its id', async () => {
    const { length } = answerBytes({ status: 202, headers: { 'content-type': 'application/json' }, body: '{}' })
    for (const cutAt of [0, 1, 20, length - 1]) {
      intake.stored.length = 0
      intake.after = (answer) => ({ ...answer, cutAt })
      const destination = opened()
      const [verdict] = await verdictsOf(destination, batchNamed('a', 1))
      expect(verdict).toMatchObject({ kind: 'retry', reason: { code: 'broken' } })
      intake.after = undefined
      expect(kindsOf(await verdictsOf(destination, batchNamed('a', 1)))).toBe('delivered')
      expect(storedIds()).toEqual(['a-0', 'a-0'])
    }
  })
})

describe('row 53: a body that is refused', () => {
  it('is refused whole, and nothing of it is stored: halving it finds the culprit', async () => {
    const texts = [eventText('a'), '{"event_id":"b", oops}', eventText('c')]
    const batch = { ...batchOf(texts), complete: true }
    expect(kindsOf(await verdictsOf(opened(), batch))).toBe('reject reject reject')
    expect(intake.stored).toEqual([])
    for (const [index, kind] of ['delivered', 'reject', 'delivered'].entries())
      expect(kindsOf(await verdictsOf(opened(), { ...batch, events: batch.events.slice(index, index + 1) }))).toBe(kind)
  })
})
