// The presets that follow a feed whose answers always have a cursor, also the last: 1Password, with a part for each feature of its token,
// and Atlassian.
import { afterEach, describe, expect, it } from 'vitest'
import type { SourceError } from '../../src/model/errors.ts'
import { type AtlassianRecord, FakeAtlassian } from '../fakes/audit-apis/atlassian.ts'
import { FakeOnePassword, type OnePasswordRecord } from '../fakes/audit-apis/onepassword.ts'
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

describe('1password', () => {
  const stored = records<OnePasswordRecord>('1password')
  const now = at('2020-06-11T20:00:00Z')
  const optionsWith = (more: object) => (url: string) => ({
    preset: '1password',
    url,
    auth: { type: 'bearer', token: 'op-token' },
    ...more,
  })
  const begun = async (more: object = {}) => {
    const api = new FakeOnePassword(stored)
    reading = await PresetReading.start(api, optionsWith(more), now)
    return { api, reading }
  }

  it('begins with a reset cursor for each feature, goes on by the cursor alone, and keeps the last one', async () => {
    const { api, reading: of } = await begun()
    api.shown = 4
    const first = await of.pullParts()
    api.shown = 5
    of.restart()
    const second = await of.pullParts(first.cursors)
    const text = `${of.transcript()}\n\n${lines(first.events)}\n\n${lines(second.events)}\n`
    await expect(text).toMatchFileSnapshot('source-presets/1password/reading.txt')
    expect(first.error ?? second.error).toBeUndefined()
    expect(idsOf(first.events)).toEqual(stored.slice(0, 4).map(({ uuid }) => uuid))
    expect(idsOf(second.events)).toEqual([stored[4]?.uuid])
    expect(stored).toEqual(expect.arrayContaining(first.events.map(({ data }) => data)))
  })

  it('can be probed', async () => {
    await (await begun()).reading.probe()
  })

  it('has the same ids when it is read from the start again', async () => {
    const { reading: of } = await begun()
    const first = await of.pullParts()
    of.restart()
    expect(idsOf((await of.pullParts()).events)).toEqual(idsOf(first.events))
  })

  it('row 35: what was cut off is asked again', async () => {
    const { reading: of } = await begun()
    of.cutAt = 2
    const cut = await of.pullParts()
    expect(cut.error).toMatchObject({ kind: 'transient' })
    of.restart()
    const rest = await of.pullParts(cut.cursors)
    expect(idsOf([...cut.events, ...rest.events]).toSorted()).toEqual(stored.map(({ uuid }) => uuid).toSorted())
  })

  it('row 32: a cursor that is no longer good is given up, and events are read again from then', async () => {
    const { api, reading: of } = await begun({ fan_out: { over: ['auditevents'] } })
    const first = await of.pullParts()
    api.forgetful = true
    of.restart()
    const again = await of.pullParts(first.cursors)
    expect(again.error).toBeUndefined()
    expect(of.tools.notices.map(({ code }) => code)).toContain('cursor_expired')
  })

  it('row 44: a limit is waited for', async () => {
    const { api, reading: of } = await begun()
    api.limited = true
    expect((await of.pullParts()).error).toMatchObject({ kind: 'limited', afterMs: 60_000 })
  })

  it('row 45: a feature that the token lacks is for a person, and can be left out', async () => {
    const { api, reading: of } = await begun()
    api.features = ['auditevents']
    const { error } = await of.pullParts()
    expect(error).toMatchObject({ kind: 'denied', message: expect.stringContaining('fan_out.over') as string })
    await of.close()
    const alone = await begun({ fan_out: { over: ['auditevents'] } })
    alone.api.features = ['auditevents']
    expect((await alone.reading.pullParts()).error).toBeUndefined()
  })

  it('a backfill asks for both ends, and its list ends', async () => {
    const { reading: of } = await begun()
    const window = { from: at('2020-06-11T19:32:50Z'), to: at('2020-06-11T19:32:55Z') }
    const { events, error } = await of.window('auditevents', window)
    expect(error).toBeUndefined()
    expect(idsOf(events)).toEqual([stored[0]?.uuid])
  })
})

describe('atlassian', () => {
  const stored = records<AtlassianRecord>('atlassian')
  const early = at('2025-02-27T18:55:00Z')
  const late = at('2025-02-27T19:11:00Z')
  const begun = async () => {
    const api = new FakeAtlassian(stored, early)
    const options = (url: string) => ({
      preset: 'atlassian',
      url,
      params: { org: 'org-1' },
      auth: { type: 'bearer', token: 'org-key' },
    })
    reading = await PresetReading.start(api, options, early)
    return { api, reading }
  }

  it('row 19: follows the order of processing, keeps the cursor of the last page and polls it', async () => {
    const { api, reading: of } = await begun()
    const first = await of.pull()
    api.now = late
    of.restart()
    const second = await of.pull(first.at)
    const text = `${of.transcript()}\n\n${lines(first.events)}\n\n${lines(second.events)}\n`
    await expect(text).toMatchFileSnapshot('source-presets/atlassian/reading.txt')
    expect(idsOf(first.events)).toEqual(stored.slice(0, 3).map(({ id }) => id))
    expect(idsOf(second.events)).toEqual([stored[3]?.id])
    expect(stored).toEqual(expect.arrayContaining(first.events.map(({ data }) => data)))
    of.restart()
    expect(await of.pull(second.at)).toMatchObject({ events: [], error: undefined })
  })

  it('can be probed', async () => {
    await (await begun()).reading.probe()
  })

  it('row 35: what was cut off is asked again', async () => {
    const { reading: of } = await begun()
    of.cutAt = 2
    const cut = await of.pull()
    expect(cut.error).toMatchObject({ kind: 'transient' })
    of.restart()
    const rest = await of.pull(cut.at)
    expect(idsOf([...cut.events, ...rest.events])).toEqual(stored.slice(0, 3).map(({ id }) => id))
  })

  it('row 32: a cursor that is no longer good is given up, and the log is read again from then', async () => {
    const { api, reading: of } = await begun()
    const first = await of.pull()
    api.forgetful = true
    api.now = late
    of.restart()
    const again = await of.pull(first.at)
    expect(again.error).toBeUndefined()
    expect(idsOf(again.events)).toContain(stored[3]?.id)
  })

  it('row 44: waits until the date that X-Ratelimit-Reset names', async () => {
    const { api, reading: of } = await begun()
    api.limitedUntil = '2025-02-27T18:57Z'
    const { error } = await of.pull()
    expect(error).toMatchObject({ kind: 'limited' })
    expect((error as SourceError).afterMs).toBeGreaterThanOrEqual(119_000)
    expect((error as SourceError).afterMs).toBeLessThanOrEqual(121_000)
  })

  it('a backfill ends, although its last page has a cursor, too', async () => {
    const { reading: of } = await begun()
    const window = { from: at('2025-02-27T18:50:00Z'), to: at('2025-02-27T18:51:30Z') }
    const { events, error } = await of.window('', window)
    expect(error).toBeUndefined()
    expect(idsOf(events)).toEqual(stored.slice(0, 2).map(({ id }) => id))
  })
})
