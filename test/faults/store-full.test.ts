// A disk without room: reading stops, settling goes on from the reserve, and everything resumes by itself.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateFullError } from '../../src/model/errors.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { Store } from '../../src/store/store.ts'
import { commitOf, destination, live, many, settlement } from '../contract/store-events.ts'
import { StateFolder } from './store-files.ts'

const folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-full-'))

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const mounted = mount()
if (mounted) execFileSync('umount', [folder])

describe.skipIf(!mounted)('row 7: a full disk (needs the right to mount a tmpfs)', () => {
  let state: StateFolder
  beforeEach(() => {
    mount()
    state = new StateFolder(folder)
  })
  afterEach(() => {
    execFileSync('umount', ['-l', folder])
  })

  /** Commits until there is no room; returns the ordinal after the last event. */
  async function fillUp(store: Store): Promise<number> {
    let seq = 1
    for (let page = 0; page < 10_000; page++) {
      const commit = commitOf(store, 'app', many(`${page}-`, 20, 1000), {
        to: { siem: 'all' },
        cursors: [{ part: 'p', value: `${page}` }],
      })
      try {
        seq = (await store.commitPage(commit, 0)).seqs.to
      } catch (error) {
        expect(error).toBeInstanceOf(StateFullError)
        expect((await store.cursors('app'))[0]?.value).toBe(`${page - 1}`)
        return seq
      }
    }
    throw new Error('the disk never filled')
  }

  it('keeps the reserve for settling, refuses pages, and goes on when there is room', async () => {
    const ballast = join(folder, 'ballast')
    fs.writeFileSync(ballast, Buffer.alloc(1_500_000))
    const store = await state.open({ reserveBytes: 1_000_000 })
    await store.register([destination('siem')], 0)
    const end = await fillUp(store)
    expect(fs.existsSync(`${state.path}.reserve`)).toBe(false)
    expect((await store.room()).full).toBe(true)
    await expect(store.commitPage(commitOf(store, 'app', many('x', 1)), 0)).rejects.toBeInstanceOf(StateFullError)
    for (let seq = 1; seq < end; seq += 20)
      await store.settle(
        settlement('siem', {
          settled: live([seq, Math.min(seq + 20, end)]),
          delivered: new Map([['app', Math.min(20, end - seq)]]),
        }),
        0,
      )
    await store.heartbeat(1)
    fs.rmSync(ballast)
    await store.prune(0)
    expect(fs.existsSync(`${state.path}.reserve`)).toBe(true)
    expect((await store.room()).full).toBe(false)
    await store.commitPage(commitOf(store, 'app', many('again', 5), { to: { siem: 'all' } }), 0)
    await store.close(0)
    const reader = await openSqliteReader(state.path)
    expect((await reader.check()).faults).toEqual([])
    expect((await reader.overview(0)).destinations[0]).toMatchObject({ delivered: end - 1, waiting: 5 })
    await reader.close()
  })

  it('opens a state on a disk that is full already', async () => {
    // Without it what is left at the end would hang on the size of the last page.
    fs.writeFileSync(join(folder, 'ballast'), Buffer.alloc(1_000_000))
    const first = await state.open({ reserveBytes: 0 })
    await first.register([destination('siem')], 0)
    await fillUp(first)
    await first.close(0).catch(() => null)
    fs.rmSync(join(folder, 'ballast'), { force: true })
    const rest = fs.statfsSync(folder)
    fs.writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max((rest.bavail - 60) * rest.bsize, 0)))
    const store = await state.open({ reserveBytes: 1_000_000 })
    expect((await store.room()).full).toBe(true)
    await expect(store.commitPage(commitOf(store, 'app', many('x', 1)), 0)).rejects.toBeInstanceOf(StateFullError)
    await store.settle(settlement('siem', { settled: live([1, 2]), delivered: new Map([['app', 1]]) }), 0)
    await store.close(0)
  })
})
