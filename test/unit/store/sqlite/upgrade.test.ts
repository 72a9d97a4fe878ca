// A state that an earlier version left is brought up to date with everything that it holds.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, it } from 'vitest'
import { openMemoryStore } from '../../../../src/store/memory/open.ts'
import { oneEvent } from '../../../../src/store/one-event.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/open.ts'
import { packEvent } from '../../../../src/store/sqlite/packing.ts'
import { openSqliteReader } from '../../../../src/store/sqlite/reader.ts'
import { checkedVersion, migrate, MIGRATIONS } from '../../../../src/store/sqlite/schema.ts'
import { commitOf, destination, ids, idsOf, REASON, START } from '../../../contract/store-events.ts'
import { TestClock } from '../../../fakes/test-clock.ts'
import { enable } from '../../../contract/store-operator.ts'

const folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-upgrade-'))
const path = join(folder, 'state.db')
afterEach(() => fs.rmSync(folder, { recursive: true }))

const events = commitOf(openMemoryStore(), 'app', ids('a', 'b', 'c')).page

/** Three events that siem was offered: one delivered, one waiting for another attempt, one dead. The other two hold nothing. */
function leaveSchema1(): void {
  const db = new Database(path)
  migrate(db, path, MIGRATIONS.slice(0, 1))
  const run = (sql: string, ...values: unknown[]) => db.prepare(sql).run(...values)
  run("INSERT INTO state VALUES (1, 'old', ?, 3, 'clean', 1, 1, 0, ?, 4)", Buffer.alloc(32, 7), START)
  run("INSERT INTO source (id, name, events, events_gone, chain, pruned_chain) VALUES (1, 'app', 3, 3, x'00', x'00')")
  run('INSERT INTO source_ledger (source, day, pulled, new) VALUES (1, 0, 3, 3)')
  for (const [id, name, state, parkedSeq, aside] of [
    [1, 'siem', 'enabled', null, 1],
    [2, 'archive', 'disabled', null, 0],
    [3, 'gone', 'parked', 4, 0],
  ])
    run(
      `INSERT INTO destination (id, name, type, definition, state, ever_enabled, created_seq, created_at, parked_seq, retrying, dead)
       VALUES (?, ?, 'webhook', ?, ?, 1, 1, 0, ?, ?, ?)`,
      id,
      name,
      `{"name":"${name}"}`,
      state,
      parkedSeq,
      aside,
      aside,
    )
  for (const id of [1, 2, 3])
    for (const queue of [0, 1, 2])
      run(
        'INSERT INTO position (destination, queue, position, total) VALUES (?, ?, 4, ?)',
        id,
        queue,
        id === 1 && queue === 0 ? 3 : 0,
      )
  run('INSERT INTO ledger VALUES (1, 1, 0, 3, 0, 3, 1, 1, 0)')
  for (const [seq, dead, nextAt, cause, diedAt] of [
    [2, 0, START, null, null],
    [3, 1, null, 'rejected', START],
  ] as const)
    run(
      "INSERT INTO exception VALUES (1, ?, 1, ?, 0, 2, ?, ?, ?, ?, ?, '[]', ?, ?)",
      seq,
      dead,
      START,
      START,
      nextAt,
      cause,
      JSON.stringify(REASON),
      diedAt,
      packEvent(oneEvent(events, seq - 1)),
    )
  run("INSERT INTO request (at, kind, body) VALUES (1, 'never used', '{}')")
  db.close()
}

function definitionsIn(file: string): string[] {
  const db = new Database(file, { readonly: true })
  const rows = db.prepare<[], { destination: number; from_seq: number; definition: string | null }>(
    'SELECT * FROM definition ORDER BY destination, from_seq',
  )
  const found = rows.all().map((row) => `${row.destination} ${row.from_seq} ${row.definition}`)
  db.close()
  return found
}

it('row 14: from schema 1, with what waits and what died', async () => {
  leaveSchema1()
  await expect(openSqliteReader(path)).rejects.toThrow('older audit-relay')
  const bounds = { maxBytes: 1e12, keepMs: 1e12 }
  const clock = new TestClock()
  const store = await openSqliteStore({ path, bounds, reserveBytes: 0, newState: false, clock })
  const { destinations, sources } = await store.overview(START)
  expect(sources).toMatchObject([{ name: 'app', enabled: true, new: 3 }])
  const calm = { stopped: false, discard: false }
  expect(destinations).toMatchObject([
    { name: 'siem', state: 'enabled', ...calm, routed: 3, delivered: 1, retrying: 1, dead: 1, dropped: 0 },
    { name: 'archive', state: 'disabled', ...calm },
    { name: 'gone', state: 'parked', ...calm },
  ])
  expect(definitionsIn(path)).toEqual([
    '1 1 {"name":"siem"}',
    '2 1 {"name":"archive"}',
    '3 1 {"name":"gone"}',
    '3 4 null',
  ])
  expect(await store.openRequests()).toEqual([])
  await expect(enable(store, 'archive', START)).rejects.toThrow('the file disables')
  const records = await store.register(
    [destination('siem'), destination('archive', { enabled: false }), destination('gone')],
    START,
  )
  expect(records.map(({ change, state }) => [change, state])).toEqual([
    ['unchanged', 'enabled'],
    ['unchanged', 'disabled'],
    ['returned', 'enabled'],
  ])
  const letters = [{ destination: 'siem', ranges: [[1, 4]] as const }]
  const id = await store.ask({ kind: 'replay_dead_letters', letters, to: null, perSecond: null }, 'root', START)
  expect((await store.takeDeadLetters(id, 9, START)).counts).toMatchObject({ taken: 1, skipped: 2 })
  const due = await store.dueRetries('siem', START, 9, new Set())
  expect(due.map(({ seq, page }) => [seq, ...idsOf(page)])).toEqual([
    [2, 'b'],
    [3, 'c'],
  ])
  await store.close(START)
  const db = new Database(path, { readonly: true })
  expect(checkedVersion(db, path)).toBe(MIGRATIONS.length)
  db.close()
})
