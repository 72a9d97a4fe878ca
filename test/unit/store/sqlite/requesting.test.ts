// Asking beside a living holder, and holders that are killed in the middle of what was asked.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../../../src/store/sqlite/open.ts'
import { openSqliteReader } from '../../../../src/store/sqlite/reader.ts'
import { NoHolderError, openSqliteRequester } from '../../../../src/store/sqlite/requesting.ts'
import type { Asked } from '../../../../src/store/requests.ts'
import type { Store } from '../../../../src/store/store.ts'
import { aside, commitOf, destination, live, many, settlement, START } from '../../../contract/store-events.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

const enable: Asked = { kind: 'enable_source', source: 'app' }
let folder: string
let path: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-requesting-'))
  path = join(folder, 'state.db')
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  fs.rmSync(folder, { recursive: true })
})

const open = (): Promise<Store> =>
  openSqliteStore({
    path,
    bounds: { maxBytes: 1e12, keepMs: 1e12 },
    reserveBytes: 0,
    newState: false,
    clock: new TestClock(),
  })

/** A holder of its own, which says when it has opened the state and then does `work`. Resolves with it and its end. */
async function holder(work: string): Promise<{ child: ChildProcess; ended: Promise<unknown> }> {
  const from = (file: string) => JSON.stringify(new URL(`../../../../src/${file}`, import.meta.url).href)
  const script = `
    import { openSqliteStore } from ${from('store/sqlite/open.ts')}
    import { armCrashPoint } from ${from('runtime/crash-points.ts')}
    const store = await openSqliteStore({ path: ${JSON.stringify(path)}, bounds: { maxBytes: 1e12, keepMs: 1e12 }, reserveBytes: 0,
      newState: false, clock: { now: () => ${START}, monotonic: () => 0 } })
    console.log('open')
    setInterval(() => {}, 1000)
    ${work}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const ended = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), ended])
  return { child, ended }
}

describe('asking beside a holder', () => {
  it('adds a request, which the holder finds, and follows it to its end', async () => {
    const store = await open()
    const requester = await openSqliteRequester(path)
    const id = await requester.ask(enable, 'anna', START)
    expect(await store.openRequests()).toMatchObject([{ id, by: 'anna', asked: enable, state: 'asked' }])
    await store.finishRequest(id, { ok: true, text: 'done so' }, START + 1)
    expect(await requester.request(id)).toMatchObject({ state: 'done', text: 'done so', finishedAt: START + 1 })
    expect(await requester.request(id + 1)).toBeNull()
    await requester.close()
    await store.close(START)
  })

  it('refuses where there is no state, and where nobody holds it', async () => {
    await expect(openSqliteRequester(path)).rejects.toThrow('there is no state')
    const store = await open()
    const requester = await openSqliteRequester(path)
    await store.close(START)
    const nobody = new NoHolderError(
      `no relay runs on ${path}, so that nobody would carry this out; start "audit-relay run", or ask again`,
    )
    await expect(requester.ask(enable, 'anna', START)).rejects.toStrictEqual(nobody)
    await requester.close()
    await expect(openSqliteRequester(path)).rejects.toStrictEqual(nobody)
    const again = await open()
    expect(await again.openRequests()).toEqual([])
    await again.close(START)
  })

  it('takes nothing away from a holder that is killed while it is followed', async () => {
    const { child, ended } = await holder('await store.register([], 1)')
    const requester = await openSqliteRequester(path)
    const id = await requester.ask(enable, 'anna', START)
    child.kill('SIGKILL')
    await ended
    expect(await requester.request(id)).toMatchObject({ state: 'asked' })
    await requester.close()
    expect(fs.statSync(`${path}-wal`).size).toBeGreaterThan(0)
    const store = await open()
    expect(await store.openRequests()).toMatchObject([{ id }])
    await store.close(START)
  })
})

it('row 1: a replay to another and a purge, killed at any commit, lose nothing and do nothing twice', async () => {
  const store = await open()
  await store.register([destination('siem'), destination('archive')], START)
  await store.commitPage(commitOf(store, 'app', many('e', 40), { to: { siem: 'all' } }), START)
  const dead = Array.from({ length: 40 }, (_, index) => ({ ...aside(index + 1), cause: 'x', provisional: false }))
  await store.settle(settlement('siem', { settled: live([1, 41]), dead }), START)
  const letters = [{ destination: 'siem', ranges: [[1, 41]] as const }]
  const copy = await store.ask({ kind: 'replay_dead_letters', letters, to: 'archive', perSecond: null }, 'root', START)
  const purge = await store.ask({ kind: 'purge_dead_letters', letters }, 'root', START)
  await store.close(START)
  // Each round copies, delivers what is due, and purges behind; every other is killed before it commits, every other after.
  const round = (death: string) => `
    armCrashPoint(${JSON.stringify(death)})
    for (;;) {
      const copied = await store.takeDeadLetters(${copy}, 7, ${START})
      const due = await store.dueRetries('archive', ${START}, 5, new Set())
      if (due.length > 0)
        await store.settle({ destination: 'archive', settled: [], delivered: new Map([['app', due.length]]), retried: due.map(({ seq }) => seq),
          retrying: [], dead: [], attempts: [] }, ${START})
      else if (copied.state === 'done') {
        const purged = await store.purgeDeadLetters(${purge}, 9, ${START})
        if (purged.state === 'done') break
      }
    }
    process.exit(0)`
  const endings: unknown[] = []
  for (const death of [
    'before-commit:1',
    'before-commit:4',
    'before-commit:3',
    'before-commit:9',
    'before-commit:2',
    '',
  ]) {
    const { ended } = await holder(round(death))
    endings.push(((await ended) as [number | null, string | null])[1])
  }
  expect(endings).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', null])
  const reader = await openSqliteReader(path)
  expect((await reader.check()).faults).toEqual([])
  expect(await reader.requests(2)).toMatchObject([
    { id: purge, state: 'done', counts: { chosen: 40, taken: 40, skipped: 0, dropped: 40 } },
    { id: copy, state: 'done', counts: { chosen: 40, taken: 40, skipped: 0, delivered: 40 } },
  ])
  const { destinations } = await reader.overview(START)
  expect(destinations).toMatchObject([
    { name: 'siem', offered: 40, dead: 0, retrying: 0, dropped: 40 },
    { name: 'archive', offered: 40, routed: 40, delivered: 40, retrying: 0, dead: 0 },
  ])
  await reader.close()
}, 30_000)
