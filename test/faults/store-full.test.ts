// A disk without room: reading stops, settling goes on from the reserve, and everything resumes by itself. A stop or a start that finds
// none leaves the state as it was, and so does a prune at max_size.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateFullError } from '../../src/model/errors.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { Store } from '../../src/store/store.ts'
import { commitOf, destination, live, many, settlement } from '../contract/store-events.ts'
import { fill, Holder, StateFolder } from './store-files.ts'

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

/** Everything is there: what was committed and what was delivered, and it agrees. */
async function expectWhole(
  path: string,
  counts: { readonly delivered: number; readonly waiting: number },
): Promise<void> {
  const reader = await openSqliteReader(path)
  expect((await reader.check()).faults).toEqual([])
  expect((await reader.overview(0)).destinations[0]).toMatchObject(counts)
  await reader.close()
}

describe.skipIf(!mounted)('row 7: a full disk (needs the right to mount a tmpfs)', () => {
  let state: StateFolder
  beforeEach(() => {
    mount()
    state = new StateFolder(folder)
  })
  afterEach(() => {
    execFileSync('umount', ['-l', folder])
  })

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
    await expectWhole(state.path, { delivered: end - 1, waiting: 5 })
  })

  it('opens a state on a disk that is full already', async () => {
    // Without it what is left at the end would hang on the size of the last page.
    fs.writeFileSync(join(folder, 'ballast'), Buffer.alloc(1_000_000))
    const first = await state.open({ reserveBytes: 0 })
    await first.register([destination('siem')], 0)
    await fillUp(first)
    // A commit that failed may have left room in the log, enough for so little.
    await first.close(0)
    fs.rmSync(join(folder, 'ballast'), { force: true })
    const rest = fs.statfsSync(folder)
    fs.writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max((rest.bavail - 60) * rest.bsize, 0)))
    const store = await state.open({ reserveBytes: 1_000_000 })
    expect((await store.room()).full).toBe(true)
    await expect(store.commitPage(commitOf(store, 'app', many('x', 1)), 0)).rejects.toBeInstanceOf(StateFullError)
    await store.settle(settlement('siem', { settled: live([1, 2]), delivered: new Map([['app', 1]]) }), 0)
    await store.close(0)
  })

  /** Not a byte is left. */
  function takeAllRoom(): void {
    const file = fs.openSync(join(folder, 'ballast'), 'a')
    try {
      for (;;) fs.writeSync(file, Buffer.alloc(1024))
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
    } finally {
      fs.closeSync(file)
    }
  }

  const makeRoom = (): void => fs.rmSync(join(folder, 'ballast'))

  it('a stop that finds no room leaves a state that opens once there is some', async () => {
    await state.filled()
    const store = await state.open()
    const delivered = settlement('siem', { settled: live([1, 21]), delivered: new Map([['app', 20]]) })
    await store.settle(delivered, 0)
    takeAllRoom()
    await store.close(0)
    makeRoom()
    await expectWhole(state.path, { delivered: 20, waiting: 80 })
    await (await state.open()).close(0)
    await expectWhole(state.path, { delivered: 20, waiting: 80 })
  })

  it('a start after a kill that finds no room leaves a state that opens once there is some', async () => {
    await state.filled()
    const holder = await Holder.start('idle', state.path)
    await holder.kill()
    takeAllRoom()
    await expect(state.open()).rejects.toBeInstanceOf(StateFullError)
    await expect(state.open({ reserveBytes: 1_000_000 })).rejects.toBeInstanceOf(StateFullError)
    makeRoom()
    await (await state.open()).close(0)
    await expectWhole(state.path, { delivered: 0, waiting: 100 })
  })

  it('a first start that finds no room stands in the way of none', async () => {
    takeAllRoom()
    await expect(state.open()).rejects.toBeInstanceOf(StateFullError)
    makeRoom()
    const store = await state.open()
    expect(store.identity.made).toBe(true)
    await fill(store, 1)
    await store.close(0)
    await expectWhole(state.path, { delivered: 0, waiting: 20 })
  })
})

describe('a state at its max_size', () => {
  let state: StateFolder
  let copy: StateFolder
  beforeEach(() => {
    state = new StateFolder()
    copy = new StateFolder()
  })
  afterEach(() => {
    state.dispose()
    copy.dispose()
  })

  it('a prune makes the log short, and never empty while the state is open', async () => {
    const store = await state.open({ bounds: { maxBytes: 2_000_000, keepMs: 1e12 } })
    await store.register([destination('siem')], 0)
    const waiting = (await fillUp(store)) - 1
    for (let at = 1; at <= 3; at++) {
      expect(await store.prune(at)).toEqual({ pages: 0, more: false })
      // Another program copies: closing a file here would free the locks of the store. What it finds is what a killed holder leaves.
      execFileSync('cp', ['-r', `${state.folder}/.`, copy.folder])
      await (await copy.open()).close(0)
      await expectWhole(copy.path, { delivered: 0, waiting })
      expect(state.files()['state.db-wal']).toBeLessThan(100_000)
    }
    await store.close(0)
  })
})
