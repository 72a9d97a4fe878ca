// What the lists of single vendors do that no other does: rows that move while pages are read, lists without an end, ids that are missing
// or gone, and answers that look like an empty list.
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { FakeCloudflare } from '../fakes/audit-apis/cloudflare.ts'
import { FakeKeycloak, type KeycloakRecord } from '../fakes/audit-apis/keycloak.ts'
import { FakePagerDuty } from '../fakes/audit-apis/pagerduty.ts'
import { FakeStripe, type StripeRecord } from '../fakes/audit-apis/stripe.ts'
import { FakeTerraformCloud, type TerraformRecord } from '../fakes/audit-apis/terraform-cloud.ts'
import { at, records, removeScratch, WINDOW_PRESETS } from '../fakes/preset-cases.ts'
import { PresetReading } from '../fakes/preset-reading.ts'
import type { AuditApi } from '../fakes/preset-server.ts'

let reading: PresetReading | undefined
afterEach(async () => {
  await reading?.close()
  reading = undefined
})
afterAll(removeScratch)

type Case = (typeof WINDOW_PRESETS)[string]
const caseOf = (name: string): Case => WINDOW_PRESETS[name] as Case
const fakeOf = <Fake>(name: string): Fake => caseOf(name).api() as Fake

/** Reads the first part of the window of a preset from this very fake; `more` stands in the file beside the rest. */
async function read(name: string, api: AuditApi, { more = {}, window = caseOf(name).window, progress = null as string | null } = {}) {
  const { options, nowMs } = caseOf(name)
  reading = await PresetReading.start(api, (url) => ({ ...options(url), ...more }), nowMs)
  const [part = ''] = await reading.parts()
  return reading.window(part, window, progress)
}

describe('cloudflare', () => {
  it('row 34: success: false within a 200 is no empty page', async () => {
    const api = fakeOf<FakeCloudflare>('cloudflare')
    api.failure = { status: 200 }
    expect((await read('cloudflare', api)).error).toMatchObject({ name: 'SourceError', kind: 'transient' })
  })

  it.each([
    [{}, 300_000],
    [{ 'retry-after': '17' }, 17_000],
  ])('row 44: a limit lasts as long as it says, or five minutes: %o', async (headers, afterMs) => {
    const api = fakeOf<FakeCloudflare>('cloudflare')
    api.failure = { status: 429, headers }
    expect((await read('cloudflare', api)).error).toMatchObject({ kind: 'limited', afterMs })
  })

  it('row 32: a cursor that is refused begins the window anew', async () => {
    const progress = JSON.stringify({ walk: { cursor: 'never given', page: 1, offset: 0, pages: 1, seen: 2 } })
    const { error } = await read('cloudflare', fakeOf('cloudflare'), { progress })
    expect(error).toMatchObject({ name: 'WindowError', kind: 'expired' })
  })
})

describe('keycloak', () => {
  const logins = records<KeycloakRecord>('keycloak').filter(({ operationType }) => operationType === undefined)
  const idsOf = (events: readonly { event_id: string }[]) => events.map((event) => event.event_id).toSorted()

  it('row 33: an event that expires while pages are read takes no other one with it', async () => {
    const api = new FakeKeycloak(logins, 1)
    api.expiresAfter = 1
    const { events } = await read('keycloak', api)
    const newest = logins.toSorted((one, other) => other.time - one.time).slice(0, -1)
    expect(idsOf(events)).toEqual(newest.map(({ id }) => id).toSorted())
  })

  it('a service account without the role is for a person', async () => {
    const api = fakeOf<FakeKeycloak>('keycloak')
    api.mayViewEvents = false
    expect((await read('keycloak', api)).error).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('view-events') as string,
    })
  })

  it('row 43: a server before 26.2 is read by whole days, with ids that are made and stay', async () => {
    const twice = { ...(logins[1] as KeycloakRecord), id: 'another' }
    const api = new FakeKeycloak([...logins, twice], 2)
    api.old = true
    const more = { time: { format: 'date' }, event: { event_id: { derived: true } } }
    const first = await read('keycloak', api, { more })
    expect(reading?.transcript()).toContain('?dateFrom=2025-03-26\n  ?dateTo=2025-03-27\n')
    expect(new Set(idsOf(first.events)).size).toBe(4)
    await reading?.close()
    const later = { from: at('2025-03-26T11:00:30Z'), to: at('2025-03-26T11:05:00Z') }
    expect(idsOf((await read('keycloak', api, { more, window: later })).events)).toEqual(idsOf(first.events))
  })

  it('such a server refuses what newer ones take', async () => {
    const api = fakeOf<FakeKeycloak>('keycloak')
    api.old = true
    expect((await read('keycloak', api)).error).toMatchObject({ kind: 'denied' })
  })
})

describe('stripe', () => {
  const now = caseOf('stripe').nowMs
  const [one] = records<StripeRecord & { data: object }>('stripe')

  it('row 43: how many webhooks are pending makes no other version of an event', async () => {
    const versionsWith = async (pending: number) => {
      const api = new FakeStripe([{ ...(one as StripeRecord), pending_webhooks: pending } as StripeRecord], now)
      const { versions } = await read('stripe', api)
      await reading?.close()
      return versions
    }
    const first = await versionsWith(3)
    expect(first).toHaveLength(1)
    expect(await versionsWith(0)).toEqual(first)
  })

  it('leaves the client_secret out', async () => {
    const data = { object: { id: 'seti_1', object: 'setup_intent', client_secret: 'seti_1_secret_canary', amount: 1.0 } }
    const { events } = await read('stripe', new FakeStripe([{ ...(one as StripeRecord), data } as StripeRecord], now))
    expect(JSON.stringify(events)).not.toContain('canary')
    expect(events[0]?.data).toMatchObject({ data: { object: { id: 'seti_1', amount: 1 } } })
  })

  it('row 32: an id that Stripe no longer knows begins the window anew', async () => {
    const api = fakeOf<FakeStripe>('stripe')
    api.gone.add('evt_1NG8Du2eZvKYlo2CUI79vXWy')
    expect((await read('stripe', api)).error).toMatchObject({ name: 'WindowError', kind: 'expired' })
  })
})

describe('terraform-cloud', () => {
  const stored = records<TerraformRecord>('terraform-cloud')

  it('row 33: what arrives while pages are read pushes none out of them', async () => {
    const api = new FakeTerraformCloud(stored)
    const [one] = stored as readonly [TerraformRecord]
    api.arriving = Array.from({ length: 5 }, (_, index) => ({
      ...one,
      id: `new ${index}`,
      timestamp: `2020-06-30T23:00:0${index}.000Z`,
    }))
    const { events, error } = await read('terraform-cloud', api)
    expect(error).toBeUndefined()
    expect(events.map((event) => event.event_id)).toEqual(expect.arrayContaining(stored.map(({ id }) => id)))
  })

  it('a token of a user is answered with an empty list, which nobody can tell from one without events', async () => {
    const more = { auth: { type: 'bearer', token: 'user-token' } }
    expect(await read('terraform-cloud', fakeOf('terraform-cloud'), { more })).toMatchObject({ events: [], error: undefined })
  })
})

describe('pagerduty', () => {
  it('a plan without an audit trail is for a person', async () => {
    const api = fakeOf<FakePagerDuty>('pagerduty')
    api.entitled = false
    expect((await read('pagerduty', api)).error).toMatchObject({ kind: 'denied', message: expect.stringContaining('plan') as string })
  })

  it('asks for no more than PagerDuty takes at once', async () => {
    const month = { from: at('2020-05-05T00:00:00Z'), to: at('2020-06-05T00:00:00.001Z') }
    expect((await read('pagerduty', fakeOf('pagerduty'), { window: month })).error).toMatchObject({ kind: 'denied' })
    const { windows } = (await import('../../src/sources/http/index.ts')).http.options.parse(caseOf('pagerduty').options('http://127.0.0.1'))
    expect(windows.maxWindowMs).toBeLessThan(31 * 86_400_000)
  })
})
