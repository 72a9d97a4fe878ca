// What each preset of the http source asks an audit API, and what events it makes of the answers. The APIs are fakes made from the vendors'
// documents, which refuse what those say; the records are documented ones (source-presets/README.md). A changed file here is a change of
// what vendors are asked or of what receivers see: review it.
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { SourceError } from '../../src/model/errors.ts'
import type { Window } from '../../src/sources/source.ts'
import { records, removeScratch, WINDOW_PRESETS } from '../fakes/preset-cases.ts'
import { type Event, PresetReading } from '../fakes/preset-reading.ts'

let reading: PresetReading | undefined
afterEach(async () => {
  await reading?.close()
  reading = undefined
})
afterAll(removeScratch)

/** Without `data`, which is the record itself. */
function lines(events: readonly Event[]): string {
  return events.map((event) => JSON.stringify({ ...event, data: undefined })).join('\n')
}

async function wholeWindow(of: PresetReading, window: Window): Promise<readonly Event[]> {
  const events: Event[] = []
  for (const part of await of.parts()) {
    const read = await of.window(part, window)
    if (read.error) throw read.error
    events.push(...read.events)
  }
  return events
}

const idsOf = (events: readonly Event[]): readonly string[] => events.map((event) => event.event_id).toSorted()

describe.each(Object.entries(WINDOW_PRESETS))('%s', (name, { api, options, window, nowMs, cutAt }) => {
  it('asks and maps as reviewed', async () => {
    reading = await PresetReading.start(api(), options, nowMs)
    const events = await wholeWindow(reading, window)
    await expect(`${reading.transcript()}\n\n${lines(events)}\n`).toMatchFileSnapshot(`source-presets/${name}/reading.txt`)
    expect(new Set(idsOf(events)).size).toBe(events.length)
    // Google's activities are taken apart; every other record is the data of its event as it came.
    const given = records<{ events?: readonly object[] }>(name).flatMap((record) => record.events ?? record)
    for (const { data } of name === 'google-workspace' ? [] : events) expect(given).toContainEqual(data)
  })

  it('row 43: gives the same ids and the same versions when the window is read again', async () => {
    reading = await PresetReading.start(api(), options, nowMs)
    const [part = ''] = await reading.parts()
    const first = await reading.window(part, window)
    reading.restart()
    const again = await reading.window(part, window)
    expect(again.versions.length).toBeGreaterThan(0)
    expect(idsOf(again.events)).toEqual(idsOf(first.events))
    expect(again.versions).toEqual(first.versions)
  })

  it('can be probed', async () => {
    reading = await PresetReading.start(api(), options, nowMs)
    await expect(reading.probe()).resolves.toBeUndefined()
    expect(reading.requests).toBeGreaterThan(0)
  })

  it('row 35: an answer that is cut off is no page, and reading goes on behind the last one', async () => {
    reading = await PresetReading.start(api(), options, nowMs)
    const [part = ''] = await reading.parts()
    const whole = await reading.window(part, window)
    const asked = reading.requests
    reading.cutAt = asked + cutAt
    const cut = await reading.window(part, window)
    expect(cut.error).toBeInstanceOf(SourceError)
    expect((cut.error as SourceError).kind).toBe('transient')
    reading.restart()
    const rest = await reading.window(part, window, cut.at ?? null)
    expect(rest.error).toBeUndefined()
    expect(idsOf([...cut.events, ...rest.events])).toEqual(idsOf(whole.events))
    expect(cut.events.length).toBeGreaterThan(0)
    expect(rest.events.length).toBeLessThan(whole.events.length)
  })

  it('row 45: a credential that is refused is for a person, and is not told', async () => {
    const wrong = (url: string) => {
      const given = options(url) as { auth: Record<string, unknown> }
      const auth = { ...given.auth }
      if ('token' in auth) auth['token'] = 'canary-wrong'
      else if ('client_secret' in auth) auth['client_secret'] = 'canary-wrong'
      else if ('headers' in auth) auth['headers'] = { 'PRIVATE-TOKEN': 'canary-wrong' }
      else auth['subject'] = 'canary-wrong@example.com'
      return { ...given, auth }
    }
    reading = await PresetReading.start(api(), wrong, nowMs)
    const [part = ''] = await reading.parts()
    const { error, events } = await reading.window(part, window)
    expect(events).toEqual([])
    expect(error).toBeInstanceOf(SourceError)
    expect(error).toMatchObject({ kind: 'denied' })
    if (name !== 'google-workspace') expect(String(error)).not.toContain('canary-wrong')
  })
})
