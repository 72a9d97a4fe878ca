// The presets that follow a feed: what they ask, what they keep, and what they do when what they kept is no longer good.
import { afterEach, describe, expect, it } from 'vitest'
import { SourceError } from '../../src/model/errors.ts'
import { type Auth0Record, FakeAuth0 } from '../fakes/audit-apis/auth0.ts'
import { FakeOkta, type OktaRecord } from '../fakes/audit-apis/okta.ts'
import { at, records } from '../fakes/preset-cases.ts'
import { type Event, PresetReading } from '../fakes/preset-reading.ts'

let reading: PresetReading | undefined
afterEach(async () => {
  await reading?.close()
  reading = undefined
})

const idsOf = (events: readonly Event[]): readonly string[] => events.map((event) => event.event_id)

function lines(events: readonly Event[]): string {
  return events.map((event) => JSON.stringify({ ...event, data: undefined })).join('\n')
}

describe('okta', () => {
  const stored = records<OktaRecord>('okta')
  const early = at('2017-09-30T22:25:00Z')
  const options = (url: string) => ({
    preset: 'okta',
    url,
    params: { domain: 'acme.okta.com' },
    auth: { type: 'header', headers: { Authorization: 'SSWS 00token' } },
  })
  const begun = async (api = new FakeOkta(stored, early)) => {
    reading = await PresetReading.start(api, options, early)
    return { api, reading }
  }

  it('follows the next link to the first empty page, and from there at the next pull', async () => {
    const { api, reading: of } = await begun()
    const first = await of.pull()
    api.now = at('2017-09-30T22:31:00Z')
    of.restart()
    const second = await of.pull(first.at)
    const text = `${of.transcript()}\n\n${lines(first.events)}\n\n${lines(second.events)}\n`
    await expect(text).toMatchFileSnapshot('source-presets/okta/reading.txt')
    expect(idsOf(first.events)).toEqual(stored.slice(0, 3).map(({ record }) => record.uuid))
  })

  it('can be probed', async () => {
    const { reading: of } = await begun()
    await expect(of.probe()).resolves.toBeUndefined()
    expect(of.requests).toBe(1)
  })

  it('row 19: an event that was stored late, with an older time, comes with the next pull', async () => {
    const { api, reading: of } = await begun()
    const { at: cursor } = await of.pull()
    api.now = at('2017-09-30T22:31:00Z')
    of.restart()
    expect(idsOf((await of.pull(cursor)).events)).toEqual([stored[3]?.record.uuid])
    expect((await of.pull()).events).toEqual([])
  })

  it('row 32: a link that is no longer good is given up, and the log is read again from then', async () => {
    const { api, reading: of } = await begun()
    const first = await of.pull()
    api.forgetful = true
    api.now = at('2017-09-30T22:31:00Z')
    of.restart()
    const again = await of.pull(first.at)
    expect(again.error).toBeUndefined()
    expect(idsOf([...first.events, ...again.events])).toEqual(expect.arrayContaining(stored.map(({ record }) => record.uuid)))
    expect(of.tools.notices.map(({ code }) => code)).toContain('cursor_expired')
  })

  it('row 44: waits until the second that X-Rate-Limit-Reset names', async () => {
    const { api, reading: of } = await begun()
    api.limitedUntil = early / 1000 + 42
    const { error } = await of.pull()
    expect(error).toMatchObject({ kind: 'limited' })
    expect((error as SourceError).afterMs).toBeGreaterThanOrEqual(42_000)
    expect((error as SourceError).afterMs).toBeLessThan(60_000)
  })

  it('row 35: what was cut off is asked again', async () => {
    const { reading: of } = await begun()
    of.cutAt = 2
    const cut = await of.pull()
    expect(cut.error).toMatchObject({ kind: 'transient' })
    of.restart()
    const rest = await of.pull(cut.at)
    expect(idsOf([...cut.events, ...rest.events])).toEqual(stored.slice(0, 3).map(({ record }) => record.uuid))
  })
})

describe('auth0', () => {
  const stored = records<Auth0Record>('auth0').toSorted((one, other) => (one.log_id < other.log_id ? -1 : 1))
  const now = at('2020-02-11T19:00:00Z')
  const options = (url: string) => ({
    preset: 'auth0',
    url,
    params: { domain: 'acme.eu.auth0.com' },
    auth: { client_id: 'relay', client_secret: 's3cret', token_url: `${url}/oauth/token`, audience: `${url}/api/v2/` },
  })
  const begun = async (shown: number) => {
    const api = new FakeAuth0(stored)
    api.shown = shown
    reading = await PresetReading.start(api, options, now)
    return { api, reading }
  }

  it('row 19: begins with the lowest log_id since the start, not with the oldest date, and goes on by log_id', async () => {
    const { api, reading: of } = await begun(3)
    const first = await of.pull()
    api.shown = 4
    of.restart()
    const second = await of.pull(first.at)
    const text = `${of.transcript()}\n\n${lines(first.events)}\n\n${lines(second.events)}\n`
    await expect(text).toMatchFileSnapshot('source-presets/auth0/reading.txt')
    expect(idsOf(first.events)).toEqual(stored.slice(1, 3).map((record) => record.log_id))
    expect(idsOf(second.events)).toEqual([stored[3]?.log_id])
  })

  it('caught up is an empty array, and the cursor stays', async () => {
    const { reading: of } = await begun(4)
    const first = await of.pull()
    of.restart()
    const second = await of.pull(first.at)
    expect(second).toMatchObject({ events: [], error: undefined })
    of.restart()
    expect((await of.pull(second.at)).events).toEqual([])
  })

  it('a tenant without events is asked again from the same day', async () => {
    const { api, reading: of } = await begun(0)
    expect(await of.pull()).toMatchObject({ events: [], error: undefined })
    api.shown = 4
    expect((await of.pull()).events.length).toBeGreaterThan(0)
  })

  it('row 32: a log_id past its retention is given up, and the log is read again from its day', async () => {
    const { api, reading: of } = await begun(2)
    const first = await of.pull()
    api.oldest = stored[2]?.log_id as string
    api.shown = 4
    of.restart()
    const again = await of.pull(first.at)
    expect(again.error).toBeUndefined()
    expect(idsOf(again.events)).toEqual(expect.arrayContaining(stored.slice(2).map((record) => record.log_id)))
  })

  it('a backfill goes by pages of a search, which gives 1,000 events in all', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => ({
      ...(stored[1] as Auth0Record),
      log_id: `9002020021118513257${String(index).padStart(6, '0')}`,
    }))
    reading = await PresetReading.start(new FakeAuth0(many), options, now)
    const window = { from: at('2020-02-11T18:00:00Z'), to: at('2020-02-11T19:00:00Z') }
    expect((await reading.window('', window)).error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  })
})
