// A state that is being made, and first starts that are killed: it is there whole or not at all.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { armCrashPoint } from '../../../../src/runtime/crash-points.ts'
import { StateLock } from '../../../../src/store/sqlite/lock.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/open.ts'
import { openSqliteReader } from '../../../../src/store/sqlite/reader.ts'
import { openSqliteRequester } from '../../../../src/store/sqlite/requesting.ts'
import { MIGRATIONS } from '../../../../src/store/sqlite/schema.ts'
import type { Store } from '../../../../src/store/store.ts'
import { START } from '../../../contract/store-events.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-beginning-'))
  path = join(folder, 'state.db')
})
afterEach(() => {
  armCrashPoint(undefined)
  fs.rmSync(folder, { recursive: true })
})

const bounds = { maxBytes: 1e12, keepMs: 1e12 }
const open = (): Promise<Store> =>
  openSqliteStore({ path, bounds, reserveBytes: 0, newState: false, clock: new TestClock() })

/** What one is told who reads, and one who asks. */
async function told(): Promise<string[]> {
  const ends = await Promise.allSettled([openSqliteReader(path), openSqliteRequester(path)])
  for (const end of ends) if (end.status === 'fulfilled') await end.value.close()
  return ends.map((end) => (end.status === 'rejected' ? (end.reason as Error).message : 'it was opened'))
}

/** A first start in a process of its own, which is killed at `point`. */
function killedAt(point: string): void {
  const from = (file: string) => JSON.stringify(new URL(`../../../../src/${file}`, import.meta.url).href)
  const script = `
    import { openSqliteStore } from ${from('store/sqlite/open.ts')}
    import { armCrashPoint } from ${from('runtime/crash-points.ts')}
    armCrashPoint(${JSON.stringify(point)})
    await openSqliteStore({ path: ${JSON.stringify(path)}, bounds: { maxBytes: 1e12, keepMs: 1e12 }, reserveBytes: 0, newState: false,
      clock: { now: () => ${START}, monotonic: () => 0 } })`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  expect([point, signal]).toEqual([point, 'SIGKILL'])
}

const migrations = MIGRATIONS.map((_, index) => `migration:${index + 1}`)
const beingMade = (): string => `the state ${path} is being made at this moment; try again`

describe('a state that is being made', () => {
  it.each(migrations)('whoever looks during %s is told so', async (point) => {
    let during: Promise<string[]> | undefined
    armCrashPoint(point, () => void (during = told()))
    const store = await open()
    expect(await during).toEqual([beingMade(), beingMade()])
    expect(await told()).toEqual(['it was opened', 'it was opened'])
    await store.close(START)
  })

  it('is an empty file at its very beginning; nobody at work on it, there is no state', async () => {
    fs.writeFileSync(path, '')
    const lock = StateLock.take(`${path}.lock`)
    expect((await told())[0]).toBe(beingMade())
    lock.release()
    await expect(openSqliteReader(path)).rejects.toThrow(`there is no state at ${path}; "audit-relay run" makes it`)
  })
})

describe('a first start that is killed', () => {
  it.each(migrations)('at %s has left no state, and the next makes it', async (point) => {
    killedAt(point)
    await expect(openSqliteReader(path)).rejects.toThrow(`there is no state at ${path}; "audit-relay run" makes it`)
    const store = await open()
    expect(store.identity.made).toBe(true)
    await store.close(START)
    await expectWhole()
  })

  it('before it could say that there is a state has left it whole', async () => {
    killedAt('before-marker')
    await expectWhole()
    await (await open()).close(START)
    await expectWhole()
  })

  async function expectWhole(): Promise<void> {
    const reader = await openSqliteReader(path)
    expect((await reader.check()).faults).toEqual([])
    expect(await reader.overview(START)).toMatchObject({ sources: [], destinations: [] })
    await reader.close()
  }
})
