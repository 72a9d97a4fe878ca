// The store as processes see it: fsyncs, rights, the lock, kills, and commands beside the holder.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateError, StateHeldError } from '../../src/model/errors.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { commitOf, destination, ids, live, many, settlement } from '../contract/store-events.ts'
import { fill, Holder, StateFolder } from './store-files.ts'

let state: StateFolder
const holders: Holder[] = []
beforeEach(() => {
  state = new StateFolder()
})
afterEach(async () => {
  for (const holder of holders.splice(0)) await holder.kill()
  state.dispose()
})

async function hold(...given: Parameters<typeof Holder.start>): Promise<Holder> {
  const holder = await Holder.start(...given)
  holders.push(holder)
  return holder
}

function canTrace(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'])
    return true
  } catch {
    return false
  }
}

/** Transactions in a log of writes: frames of its present salt that end one. */
function commitsIn(path: string): number {
  const log = fs.readFileSync(path)
  const pageSize = log.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize)
    if (log.readBigUInt64BE(at + 8) === log.readBigUInt64BE(16) && log.readUInt32BE(at + 4) > 0) commits++
  return commits
}

describe('row 5: what was committed is on the disk', () => {
  it.skipIf(!canTrace())('syncs the log with every transaction (needs strace)', async () => {
    const traced = async (pages: number) => {
      const log = join(state.folder, `trace-${pages}`)
      const under = ['strace', '-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', log]
      const holder = await hold('commit', join(state.folder, `${pages}.db`), { count: pages, under })
      await holder.ended()
      expect(holder.lines.at(-1)).toBe('done')
      return fs
        .readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => /sync\(.*\.db-wal>/.test(line)).length
    }
    const [few, more] = [await traced(10), await traced(60)]
    // Fifty pages more are a hundred transactions more: each page is committed, then settled.
    expect(more - few).toBeGreaterThanOrEqual(100)
  })

  it('puts what is asked in one turn into one transaction, and undoes only the piece that fails', async () => {
    const store = await state.open()
    await fill(store, 1)
    const before = commitsIn(`${state.path}-wal`)
    const settle = (from: number) =>
      store.settle(settlement('siem', { settled: live([from, from + 1]), delivered: new Map([['app', 1]]) }), 1)
    const all = await Promise.allSettled([
      settle(1),
      settle(1),
      settle(2),
      store.commitPage(commitOf(store, 'app', ids('x'), { to: { nobody: 'all' } }), 1),
      settle(3),
    ])
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect((await store.progress('siem'))[0]?.position).toBe(4)
    expect(commitsIn(`${state.path}-wal`) - before).toBe(1)
    await store.close(1)
  })
})

describe('files', () => {
  it('are readable by their owner only, whatever the umask, and made so when they were not', async () => {
    const old = process.umask(0)
    try {
      const store = await state.open({ reserveBytes: 100_000 })
      await fill(store, 2)
      const modes = () =>
        Object.fromEntries(
          fs
            .readdirSync(state.folder)
            .map((name) => [name, (fs.statSync(join(state.folder, name)).mode & 0o777).toString(8)]),
        )
      const all = modes()
      expect(Object.keys(all).sort()).toEqual([
        'state.db',
        'state.db-shm',
        'state.db-wal',
        'state.db.lock',
        'state.db.lock-journal',
        'state.db.reserve',
      ])
      expect(new Set(Object.values(all))).toEqual(new Set(['600']))
      const reader = await openSqliteReader(state.path)
      await reader.backup(join(state.folder, 'copy.db'))
      await reader.close()
      expect(modes()['copy.db']).toBe('600')
      await store.close(0)
      fs.chmodSync(state.path, 0o644)
      await (await state.open()).close(0)
      expect(modes()['state.db']).toBe('600')
    } finally {
      process.umask(old)
    }
  })

  it('keeps a reserve that is really written', async () => {
    const store = await state.open({ reserveBytes: 3_000_000 })
    const { size, blocks } = fs.statSync(`${state.path}.reserve`)
    expect(size).toBe(3_000_000)
    expect(blocks * 512).toBeGreaterThanOrEqual(3_000_000)
    await store.close(0)
  })
})

describe('row 11: one holder', () => {
  it('refuses a second at once, in another process too, and goes on after a kill', async () => {
    const holder = await hold('idle', state.path)
    await expect(state.open()).rejects.toBeInstanceOf(StateHeldError)
    await expect(Holder.start('idle', state.path)).rejects.toThrow('the holder ended')
    const reader = await openSqliteReader(state.path)
    expect(await reader.holderAlive()).toBe(true)
    expect((await reader.overview(0)).running).toBe(true)
    await holder.kill()
    expect(await reader.holderAlive()).toBe(false)
    expect((await reader.overview(0)).running).toBe(false)
    await reader.close()
    await (await state.open()).close(0)
  })

  it('lets one of many win', async () => {
    await state.filled(1)
    const started = await Promise.allSettled(Array.from({ length: 5 }, () => hold('idle', state.path)))
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('writes nothing more once another has taken over', async () => {
    const first = await state.open()
    await fill(first, 1)
    fs.renameSync(`${state.path}.lock`, `${state.path}.lock-gone`)
    const second = await state.open()
    await expect(first.commitPage(commitOf(first, 'app', ids('x')), 0)).rejects.toThrow(StateError)
    await expect(first.heartbeat(0)).rejects.toThrow('taken over')
    await fill(second, 1, 'second')
    await second.close(0)
    await expect(first.close(0)).rejects.toThrow('taken over')
  })
})

describe('kills', () => {
  it('loses nothing that was said to be committed, and balances after every one', async () => {
    let told = 0
    let settled = 0
    for (let round = 0; round < 8; round++) {
      const holder = await hold('commit', state.path)
      await holder.line(() => holder.lines.length > 1 + round * 3)
      await holder.kill()
      const said = holder.lines.map(Number).filter((seq) => seq > 0)
      told = Math.max(told, ...said)
      // A page that a kill left unsettled goes on waiting: nobody settles it here.
      settled += said.length * 20
      const reader = await openSqliteReader(state.path)
      const report = await reader.check()
      expect(report.faults).toEqual([])
      expect(report.events).toBeGreaterThanOrEqual(told - 1)
      expect((await reader.overview(0)).destinations[0]?.delivered).toBeGreaterThanOrEqual(settled)
      await reader.close()
    }
  })

  it('starts at once', async () => {
    await state.killed()
    const start = performance.now()
    await (await state.open()).close(0)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

describe('beside the holder', () => {
  it('reads, checks and copies while pages are committed', async () => {
    const holder = await hold('commit', state.path)
    const reader = await openSqliteReader(state.path)
    for (let copy = 0; copy < 3; copy++) {
      const said = holder.lines.length
      await holder.line((text) => holder.lines.length > said + 5 && text !== '')
      expect((await reader.check()).faults).toEqual([])
      const file = join(state.folder, `copy${copy}.db`)
      await reader.backup(file)
      const other = await openSqliteReader(file)
      expect((await other.check()).faults).toEqual([])
      const { sources } = await other.overview(0)
      expect(sources[0]?.new).toBeGreaterThan(0)
      await other.close()
    }
    await expect(reader.backup(join(state.folder, 'copy0.db'))).rejects.toThrow(/overwrites nothing/)
    await reader.close()
  })

  it('goes on from a backup on another machine', async () => {
    await state.killed()
    const reader = await openSqliteReader(state.path)
    const elsewhere = new StateFolder()
    await reader.backup(elsewhere.path)
    const counts = (await reader.overview(0)).sources[0]
    await reader.close()
    const store = await elsewhere.open()
    expect((await store.overview(0)).sources[0]).toEqual(counts)
    await store.close(0)
    await (await elsewhere.open()).close(0)
    elsewhere.dispose()
  })

  it('shows quarantined bytes', async () => {
    const store = await state.open()
    await store.commitPage(
      commitOf(store, 'app', [], {
        quarantined: [{ reason: 'not_json', detail: 'd', place: 'p', bytes: Buffer.from('{') }],
      }),
      7,
    )
    await store.close(0)
    const reader = await openSqliteReader(state.path)
    expect(await reader.quarantine('app', 10)).toEqual([
      { at: 7, reason: 'not_json', detail: 'd', place: 'p', bytes: Buffer.from('{') },
    ])
    expect(await reader.quarantine('none', 10)).toEqual([])
    await reader.close()
  })
})

describe('check', () => {
  const injuries: Readonly<Record<string, [string, RegExp]>> = {
    'an event changed': [
      'UPDATE page_body SET codec = 0, bytes = zeroblob((SELECT size FROM page WHERE page.first_seq = page_body.first_seq)) WHERE first_seq = 21',
      /not those that were committed|does not fit/,
    ],
    'a page taken away': [
      'DELETE FROM page WHERE first_seq = 21; DELETE FROM page_body WHERE first_seq = 21',
      /does not follow/,
    ],
    'the last page taken away': [
      'DELETE FROM page WHERE first_seq = 81; DELETE FROM page_body WHERE first_seq = 81',
      /does not end with its newest page|pages end at/,
    ],
    'a digest changed': ['UPDATE page SET digest = zeroblob(32) WHERE first_seq = 41', /does not follow/],
    'the ledger changed': ['UPDATE ledger SET delivered = delivered + 1', /routed, but .* delivered/],
    'a position moved': ['UPDATE position SET position = position + 1 WHERE queue = 0', /routed, but .* delivered/],
    'a bitmap changed': ["UPDATE routing SET bitmap = x'010000' WHERE page = 21", /does not add up/],
    'a counter changed': ['UPDATE destination SET dead = dead + 1', /counts 0 retrying and 1 dead/],
    'the pulled count changed': ['UPDATE source_ledger SET pulled = pulled + 1', /pulled, but .* new/],
  }
  it.each(Object.entries(injuries))('finds %s', async (_, [sql, words]) => {
    await state.filled()
    const db = new Database(state.path)
    db.exec(sql)
    db.close()
    const reader = await openSqliteReader(state.path)
    expect((await reader.check()).faults.join('\n')).toMatch(words)
    await reader.close()
  })

  it('finds nothing in a sound state, also when pages were pruned', async () => {
    const store = await state.open({ bounds: { maxBytes: 1e12, keepMs: 1000 } })
    await fill(store, 5)
    await store.settle(settlement('siem', { settled: live([1, 61]), delivered: new Map([['app', 60]]) }), 0)
    await state.clock.advance(5000)
    expect((await store.prune(state.clock.now())).pages).toBe(3)
    await store.register([destination('siem')], 0)
    await store.commitPage(commitOf(store, 'app', many('more', 20), { to: { siem: 'all' } }), 0)
    await store.close(state.clock.now())
    const reader = await openSqliteReader(state.path)
    expect(await reader.check()).toEqual({ pages: 6, events: 120, faults: [] })
    await reader.close()
  })

  it('finds nothing either where the rows of one source are long gone, and another source has hardly any', async () => {
    const store = await state.open({ bounds: { maxBytes: 1e12, keepMs: 1000 } })
    await store.register([destination('siem')], 0)
    await store.commitPage(commitOf(store, 'quiet', many('quiet', 2), { to: { siem: 'all' } }), 0)
    const busy = 270_000
    for (let from = 0; from < busy; from += 3_000)
      await store.commitPage(commitOf(store, 'app', many(`${from}-`, 3_000), { to: { siem: 'all' } }), 0)
    const delivered = new Map([
      ['quiet', 2],
      ['app', busy],
    ])
    await store.settle(settlement('siem', { settled: live([1, busy + 3]), delivered }), 0)
    await state.clock.advance(5000)
    // Rows go in the call after their bytes.
    for (let call = 0; call < 3; call++) await store.prune(state.clock.now())
    await store.close(state.clock.now())
    const reader = await openSqliteReader(state.path)
    const { events, faults } = await reader.check()
    expect(faults).toEqual([])
    expect(events).toBeLessThan(busy)
    await reader.close()
  })
})
