// What single vendors do that no other does: limits told with another status, failures within a success, and what a person must do.
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readPreset } from '../../src/sources/http/preset.ts'
import type { PresetName } from '../../src/sources/http/presets/names.ts'
import { FakeGitHub } from '../fakes/audit-apis/github.ts'
import { FakeGoogleWorkspace } from '../fakes/audit-apis/google-workspace.ts'
import { FakeGraph } from '../fakes/audit-apis/graph.ts'
import { type Blob, FakeMicrosoft365 } from '../fakes/audit-apis/microsoft-365.ts'
import { FakeSlack } from '../fakes/audit-apis/slack.ts'
import { records, removeScratch, WINDOW_PRESETS } from '../fakes/preset-cases.ts'
import { PresetReading } from '../fakes/preset-reading.ts'
import type { AuditApi } from '../fakes/preset-server.ts'

let reading: PresetReading | undefined
afterEach(async () => {
  await reading?.close()
  reading = undefined
})
afterAll(removeScratch)

/** Reads the first part of the window of a preset from this very fake. */
async function read(name: string, api: AuditApi) {
  const { options, window, nowMs } = WINDOW_PRESETS[name] as (typeof WINDOW_PRESETS)[string]
  reading = await PresetReading.start(api, options, nowMs)
  const [part = ''] = await reading.parts()
  return reading.window(part, window)
}

const fakeOf = <Fake>(name: string): Fake => WINDOW_PRESETS[name]?.api() as Fake

describe('github', () => {
  it('row 44: a limit is a 403 with nothing remaining, and lasts until its reset', async () => {
    const api = fakeOf<FakeGitHub>('github')
    api.limitedUntil = (WINDOW_PRESETS['github']?.nowMs as number) / 1000 + 90
    const { error } = await read('github', api)
    expect(error).toMatchObject({ kind: 'limited' })
    expect((error as { afterMs: number }).afterMs).toBeGreaterThanOrEqual(90_000)
  })
})

describe('google-workspace', () => {
  it.each(['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded'])('row 44: a 403 with %s is a limit', async (reason) => {
    const api = fakeOf<FakeGoogleWorkspace>('google-workspace')
    api.limited = reason
    expect((await read('google-workspace', api)).error).toMatchObject({ kind: 'limited' })
  })

  it('another 403 is for a person', async () => {
    const api = fakeOf<FakeGoogleWorkspace>('google-workspace')
    api.limited = 'forbidden'
    expect((await read('google-workspace', api)).error).toMatchObject({ kind: 'denied' })
  })

  it('row 40: an activity with two events is two events with the numbers of the source', async () => {
    const { events } = await read('google-workspace', fakeOf('google-workspace'))
    const [, one, other] = events
    expect(one?.data).toMatchObject({ item: { parameters: [{ intValue: '9223372036854775807' }] } })
    expect(one?.event_id.replace(/0$/u, '1')).toBe(other?.event_id)
  })
})

describe('microsoft-365', () => {
  const now = WINDOW_PRESETS['microsoft-365']?.nowMs as number

  it('a content type without a subscription is subscribed to, once, and read a quarter of an hour later', async () => {
    const api = new FakeMicrosoft365(records<Blob>('microsoft-365'), now)
    api.started.clear()
    const { error } = await read('microsoft-365', api)
    expect(error).toMatchObject({
      kind: 'limited',
      afterMs: 900_000,
      message: expect.stringMatching(/AF20022.*asked for one.*then POST .*\/subscriptions\/start answered 200/su) as string,
    })
    const { window } = WINDOW_PRESETS['microsoft-365'] as (typeof WINDOW_PRESETS)[string]
    const again = await reading?.window('Audit.AzureActiveDirectory', window)
    expect(again).toMatchObject({ error: undefined, events: { length: 3 } })
    expect([...api.starts]).toEqual([['Audit.AzureActiveDirectory', 1]])
  })

  it('a start that was asked for is not asked for again at once, and what was answered is told', async () => {
    const api = new FakeMicrosoft365(records<Blob>('microsoft-365'), now)
    api.started.clear()
    api.starts.set('Audit.AzureActiveDirectory', 1)
    const { error } = await read('microsoft-365', api)
    expect(error).toMatchObject({ kind: 'limited', message: expect.stringContaining('start answered 429: ') as string })
    const { window } = WINDOW_PRESETS['microsoft-365'] as (typeof WINDOW_PRESETS)[string]
    const again = await reading?.window('Audit.AzureActiveDirectory', window)
    expect(again?.error).toMatchObject({ kind: 'limited', message: expect.not.stringContaining('then POST') as string })
    expect(api.starts.get('Audit.AzureActiveDirectory')).toBe(2)
  })

  it('a blob that has expired does not keep the others back', async () => {
    const blobs = records<Blob>('microsoft-365')
    const api = new FakeMicrosoft365(blobs, now)
    api.expired.add(blobs[0]?.contentId as string)
    const { events, error } = await read('microsoft-365', api)
    expect(error).toBeUndefined()
    expect(events.map((event) => event.event_id)).toEqual(['b567caf0-088e-4c1c-a4ea-633a1e3d66c8'])
    expect(reading?.tools.notices).toEqual([
      expect.objectContaining({
        level: 'error',
        code: 'item_skipped',
        subject: 'Audit.AzureActiveDirectory',
        text: expect.stringMatching(/may be lost: .*AF20051.*keeps them for 7 days/su) as string,
      }),
    ])
  })

  it('a window that reaches back more than 7 days is not taken for an empty one', async () => {
    const { error } = await read('microsoft-365', new FakeMicrosoft365(records<Blob>('microsoft-365'), now + 8 * 86_400_000))
    expect(error).toMatchObject({ kind: 'denied' })
  })
})

describe('entra-sign-ins', () => {
  it('a tenant without a licence is for a person', async () => {
    const api = fakeOf<FakeGraph>('entra-sign-ins')
    api.premium = false
    expect((await read('entra-sign-ins', api)).error).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('P1 or P2') as string,
    })
  })
})

describe('slack', () => {
  it.each([
    ['rate_limited', 'SourceError', 'limited'],
    ['feature_not_enabled', 'SourceError', 'denied'],
    ['user_not_authorized', 'SourceError', 'denied'],
    ['invalid_cursor', 'WindowError', 'expired'],
    ['fatal_error', 'SourceError', 'transient'],
  ])('row 34: %s within a 200 is no empty page', async (error, name, kind) => {
    const api = fakeOf<FakeSlack>('slack')
    api.error = error
    expect((await read('slack', api)).error).toMatchObject({ name, kind })
  })
})

describe('the pages of docs/sources', () => {
  it.each(['okta', 'auth0', '1password', 'atlassian', ...Object.keys(WINDOW_PRESETS)])('%s names its params and its times', (name) => {
    const file = new URL(`../../docs/sources/${name === 'entra-sign-ins' ? 'entra' : name}.md`, import.meta.url)
    expect(existsSync(file)).toBe(true)
    const page = readFileSync(file, 'utf8')
    expect(page).toContain(`preset: ${name}`)
    for (const param of Object.keys(readPreset(name as PresetName).params)) expect(page).toContain(`\`params.${param}\``)
  })
})
