// What the log says at the start of sources that are new, gone, or back.
import { expect, it } from 'vitest'
import type { RelayConfig } from '../../../src/config/config.ts'
import { tellChangedSources } from '../../../src/cli/changed-sources.ts'
import { openMemoryStore } from '../../../src/store/memory/open.ts'
import { describe as wordsOf } from '../../../src/telemetry/describe.ts'
import { TestClock } from '../../fakes/test-clock.ts'

it('says each once: what is new, what has left the file, what is back', async () => {
  const store = openMemoryStore()
  const clock = new TestClock()
  const start = async (...names: string[]) => {
    const told: string[] = []
    const config = { sources: names.map((name) => ({ name })) } as unknown as RelayConfig
    const telemetry = { emit: (event: Parameters<typeof wordsOf>[0]) => void told.push(lineOf(event)) }
    await tellChangedSources(store, config, { clock, telemetry })
    return told
  }
  const pulled = (name: string) =>
    store.savePull(name, { at: clock.now(), ok: true, error: null, notices: [] }, clock.now())
  expect(await start('app')).toEqual(['app: new source; it is read from where the file says'])
  await pulled('app')
  await pulled('relay')
  expect(await start('app')).toEqual([])
  const left =
    'app: is no longer in the configuration: it is not read. Under another name it would be read again from the beginning'
  expect(await start('billing')).toEqual(['billing: new source; it is read from where the file says', left])
  await pulled('billing')
  expect(await start('billing')).toEqual([])
  expect(await start('app', 'billing')).toEqual(['app: is back in the configuration; it is read on from where it was'])
})

function lineOf(event: Parameters<typeof wordsOf>[0]): string {
  const { subject, text } = wordsOf(event)
  return `${subject}: ${text}`
}
