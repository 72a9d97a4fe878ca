// What a command that stops or starts a source says of what comes of it.
import { expect, it } from 'vitest'
import { openMemoryStore } from '../../../src/store/memory/open.ts'
import { control } from '../../../src/upkeep/control.ts'
import { TestClock } from '../../fakes/test-clock.ts'

it('a source that is enabled is read from where it was, but only by a relay whose configuration has it', async () => {
  const store = openMemoryStore()
  const halting = { with: <Result>(_: string, work: () => Promise<Result>) => work() }
  const sources = { ...halting, configured: ['app'] }
  const parts = { store, clock: new TestClock(), destinations: halting, sources }
  expect(await control({ kind: 'enable_source', source: 'app' }, parts)).toBe('enabled; it is read from where it was')
  await store.savePull('gone', { at: 1, ok: true, error: null, notices: [] }, 1)
  expect(await control({ kind: 'enable_source', source: 'gone' }, parts)).toBe(
    'enabled; it is read from where it was as soon as a relay runs whose configuration has it',
  )
})
