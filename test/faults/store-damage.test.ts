// What the store refuses to open, and that it changes nothing when it does.
import { hash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateError, StateHeldError } from '../../src/model/errors.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { StateFolder } from './store-files.ts'

let state: StateFolder
beforeEach(() => {
  state = new StateFolder()
})
afterEach(() => state.dispose())

/** Opening is refused with a sentence, and every file of the state stays as it is. */
async function refused(words: RegExp, options: Parameters<StateFolder['open']>[0] = {}): Promise<void> {
  const before = snapshot()
  const error = await state.open(options).then(
    async (store) => {
      await store.close(0)
      return new Error('it was opened')
    },
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(StateError)
  expect((error as Error).message).toMatch(words)
  expect((error as Error).message).toContain(state.folder)
  expect(snapshot()).toEqual(before)
}

function snapshot(): Record<string, string> {
  const kept = fs
    .readdirSync(state.folder)
    .filter(
      (name) => name === 'state.db' || (name === 'state.db-wal' && fs.statSync(join(state.folder, name)).size > 0),
    )
  return Object.fromEntries(kept.map((name) => [name, hash('sha256', fs.readFileSync(join(state.folder, name)))]))
}

function patch(offset: number, bytes: Buffer): void {
  const file = fs.openSync(state.path, 'r+')
  fs.writeSync(file, bytes, 0, bytes.length, offset)
  fs.closeSync(file)
}

describe('row 12: a state that is not what was left', () => {
  it('gone', async () => {
    await state.filled()
    fs.rmSync(state.path)
    await refused(/is gone.*--new-state/)
    const store = await state.open({ newState: true })
    expect((await store.overview(0)).sources).toEqual([])
    await store.close(0)
  })

  it('gone with its log, after a kill', async () => {
    await state.killed()
    for (const name of ['state.db', 'state.db-wal', 'state.db-shm']) fs.rmSync(join(state.folder, name))
    await refused(/is gone.*--new-state/)
  })

  it('gone but for its log', async () => {
    await state.killed()
    fs.rmSync(state.path)
    await refused(/is gone/)
    fs.rmSync(join(state.folder, 'state.db.lock'))
    await refused(/its log .* is there/, { newState: true })
  })

  it('empty', async () => {
    await state.filled()
    fs.truncateSync(state.path, 0)
    await refused(/is empty/)
  })

  it('without its log after a kill, also when something made an empty one since', async () => {
    await state.killed()
    fs.rmSync(`${state.path}-wal`)
    await refused(/-wal is missing.*--new-state/)
    const reader = await openSqliteReader(state.path)
    await reader.close()
    await refused(/-wal is missing.*--new-state/)
    const store = await state.open({ newState: true })
    await store.close(0)
  })

  it('another state', async () => {
    await state.filled()
    const other = await new StateFolder().filled()
    fs.copyFileSync(other.path, state.path)
    other.dispose()
    await refused(/another state/)
  })

  it('row 4: but not one whose holder died before it could write its marker', async () => {
    await state.filled()
    const db = new Database(state.path)
    db.exec("UPDATE state SET generation = generation + 1, marker = 'open'")
    db.close()
    await (await state.open()).close(0)
  })

  it('row 13: an older copy that was put back', async () => {
    await state.filled()
    const old = fs.readFileSync(state.path)
    await (await state.open()).close(0)
    fs.writeFileSync(state.path, old)
    await refused(/older than the state that was here.*--new-state/)
    await (await state.open({ newState: true })).close(0)
    await (await state.open()).close(0)
  })

  it('row 13: a backup that was put back, but not one on a new machine', async () => {
    await state.filled()
    const reader = await openSqliteReader(state.path)
    await reader.backup(join(state.folder, 'copy'))
    await reader.close()
    fs.renameSync(join(state.folder, 'copy'), state.path)
    await refused(/is a backup that was put back/)
    fs.rmSync(join(state.folder, 'state.db.lock'))
    const store = await state.open()
    expect((await store.overview(0)).sources[0]?.new).toBe(100)
    await store.close(0)
  })
})

describe('row 12: a damaged file', () => {
  it('cut at any length', async () => {
    await state.filled()
    const whole = fs.readFileSync(state.path)
    for (let size = 512; size < whole.length; size += 4096 + 512) {
      fs.writeFileSync(state.path, whole.subarray(0, size))
      await refused(/damaged|not a database/)
    }
    fs.writeFileSync(state.path, whole)
    await (await state.open()).close(0)
  })

  it('with a page of rubbish anywhere', async () => {
    await state.filled()
    const whole = fs.readFileSync(state.path)
    let seen = 0
    for (let page = 0; page * 4096 < whole.length; page++) {
      fs.writeFileSync(state.path, whole)
      patch(page * 4096, Buffer.alloc(4096, 0x5a))
      // What is left of a page that held only free room or part of an event is found by `check`, or by nobody: it holds nothing.
      const opened = await state.open().catch((error: unknown) => error)
      if (opened instanceof Error) expect(opened).toBeInstanceOf(StateError)
      else {
        await (opened as Awaited<ReturnType<StateFolder['open']>>).close(0)
        const reader = await openSqliteReader(state.path)
        expect((await reader.check()).faults).not.toEqual([])
        await reader.close()
      }
      if (opened instanceof Error) seen++
      for (const name of ['state.db-wal', 'state.db-shm', 'state.db.lock'])
        fs.rmSync(join(state.folder, name), { force: true })
    }
    expect(seen).toBeGreaterThan(10)
  })

  it('that is no database, or another program’s', async () => {
    fs.writeFileSync(state.path, 'state: here\n'.repeat(100))
    await refused(/is not a database/)
    fs.rmSync(state.path)
    const other = new Database(state.path)
    other.exec('CREATE TABLE theirs (x)')
    other.close()
    await refused(/another program/)
  })

  it('row 14: that a newer version wrote', async () => {
    await state.filled()
    const db = new Database(state.path)
    db.pragma('user_version = 99')
    db.close()
    await refused(/newer audit-relay \(schema 99/)
    await expect(openSqliteReader(state.path)).rejects.toThrow('newer audit-relay')
  })

  it('a damaged lock file', async () => {
    await state.filled()
    fs.writeFileSync(join(state.folder, 'state.db.lock'), 'x'.repeat(5000))
    await refused(/lock file .* is damaged/)
  })
})

describe('a place that cannot be used', () => {
  it('no folder', async () => {
    fs.rmSync(state.folder, { recursive: true })
    await expect(state.open()).rejects.toThrow(/the folder .* does not exist; create it, or mount/)
  })

  it('a link, a folder', async () => {
    await state.filled()
    fs.renameSync(state.path, `${state.path}.real`)
    fs.symlinkSync(`${state.path}.real`, state.path)
    await expect(state.open()).rejects.toThrow('symbolic link')
    fs.rmSync(state.path)
    fs.mkdirSync(state.path)
    await expect(state.open()).rejects.toThrow('is not a file')
  })

  it('nothing to read', async () => {
    await expect(openSqliteReader(state.path)).rejects.toThrow(/there is no state at/)
    fs.writeFileSync(state.path, 'hello')
    await expect(openSqliteReader(state.path)).rejects.toThrow(/is not a state/)
  })

  it('held by another store', async () => {
    const store = await state.open()
    await expect(state.open()).rejects.toBeInstanceOf(StateHeldError)
    await store.close(0)
    await (await state.open()).close(0)
  })
})
