// `check` recounts: each count that was falsified in the file is told, and a state in the middle of its life is sound.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import type { Store } from '../../../../src/store/store.ts'
import { aside, commitOf, destination, live, many, settlement, START } from '../../../contract/store-events.ts'
import type { StoreBench } from '../../../contract/store-openers.ts'
import { reading, sqliteBench } from './reading.ts'

let bench: StoreBench
let store: Store

beforeEach(async () => {
  bench = sqliteBench()
  store = await bench.open()
  await store.register([destination('siem'), destination('picky')], START)
  for (const prefix of ['a', 'b', 'c'])
    await store.commitPage(commitOf(store, 'app', many(prefix, 10), { to: { siem: 'all', picky: [1, 3, 8] } }), START)
  const dead = [{ ...aside(2), cause: 'rejected', provisional: false }]
  const settled = live([1, 5], [13, 17])
  await store.settle(settlement('siem', { settled, dead, delivered: new Map([['app', 7]]) }), START)
  await store.settle(settlement('picky', { settled: live([1, 10]), delivered: new Map([['app', 3]]) }), START)
  await store.close(START)
})
afterEach(() => bench.dispose())

const check = async () => (await reading(bench, (reader) => reader.check())).faults

function falsify(sql: string): void {
  const db = new Database(bench.path)
  db.exec(sql)
  db.close()
}

it('a state in the middle of its life is sound', async () => {
  expect(await check()).toEqual([])
})

test.each([
  [
    'a bitmap that lost an event',
    "UPDATE routing SET bitmap = x'0201' WHERE bitmap IS NOT NULL AND page = 21",
    'destination picky: counts 6 waiting, its routing and positions have 5',
  ],
  [
    'a running total that is too high',
    "UPDATE position SET total = total + 1 WHERE destination = (SELECT id FROM destination WHERE name = 'siem') AND queue = 0",
    'destination siem: counts 23 waiting, its routing and positions have 22',
  ],
  [
    'a page that its times do not lead to',
    'UPDATE page_span SET last_time = first_time - 1 WHERE first_seq = 11',
    'the page at event 11 would not be found by the time of its events: they may be delivered again',
  ],
  [
    'an exception of an event that its filter did not take',
    "UPDATE exception SET destination = (SELECT id FROM destination WHERE name = 'picky'), seq = 1",
    'destination picky: keeps 1 retrying or dead events that were never routed to it',
  ],
])('%s is told', async (_what, sql, fault) => {
  falsify(sql)
  expect(await check()).toContain(fault)
})

it('what came past the queues is no fault', async () => {
  falsify(
    "UPDATE exception SET destination = (SELECT id FROM destination WHERE name = 'picky'), seq = 1; UPDATE ledger SET direct = 1",
  )
  expect((await check()).filter((fault) => fault.includes('never routed'))).toEqual([])
})
