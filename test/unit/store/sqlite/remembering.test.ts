// Up to when a source's events may be forgotten, and what that keeps a backfill from.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RECENT_EVENTS } from '../../../../src/store/recent-events.ts'
import { openSqliteReader } from '../../../../src/store/sqlite/reader.ts'
import type { Asked } from '../../../../src/store/requests.ts'
import type { Store } from '../../../../src/store/store.ts'
import { commitOf, DAY } from '../../../contract/store-events.ts'
import { BENCHES, type StoreBench } from '../../../contract/store-openers.ts'

const first = Date.UTC(2026, 4, 1)
let bench: StoreBench
let store: Store

/** A page of two events on each of three days; then as many are counted behind them as are remembered in any case. */
beforeEach(async () => {
  bench = (BENCHES['sqlite'] as (typeof BENCHES)[string])({ maxBytes: 1e12, keepMs: 1 })
  store = await bench.open()
  for (let day = 0; day < 3; day++) {
    const at = new Date(first + day * DAY).toISOString()
    await store.commitPage(
      commitOf(store, 'app', [
        { id: `a${day}`, at },
        { id: `b${day}`, at },
      ]),
      bench.clock.now(),
    )
  }
  await store.close(bench.clock.now())
  const db = new Database(bench.path)
  db.prepare('UPDATE source SET events = ?, body_from = 5').run(RECENT_EVENTS + 4)
  db.close()
  store = await bench.open()
})
afterEach(() => bench.dispose())

const asked = (from: number, again = false): Asked => {
  return { kind: 'backfill', source: 'app', from, to: first + 3 * DAY, perSecond: null, again }
}
const forgotten = async (): Promise<number | null> => {
  const reader = await openSqliteReader(bench.path as string)
  try {
    return await reader.forgottenTo('app')
  } finally {
    await reader.close()
  }
}

it('a period that begins before it is refused, unless it is asked for with --again', async () => {
  expect(await forgotten()).toBeNull()
  await store.prune(bench.clock.now())
  expect(await forgotten()).toBe(first + DAY)
  const early = await store.ask(asked(first + DAY), 'mina', bench.clock.now())
  await expect(store.beginBackfill(early, bench.clock.now())).rejects.toThrow(
    'remembered from 2026-05-02T00:00:01Z on; older events that were delivered before would be delivered again',
  )
  const again = await store.ask(asked(first, true), 'mina', bench.clock.now())
  await store.beginBackfill(again, bench.clock.now())
  const later = await store.ask(asked(first + DAY + 1000), 'mina', bench.clock.now())
  await store.beginBackfill(later, bench.clock.now())
  const running = (await store.openRequests()).filter(({ state }) => state === 'running')
  expect(running.map(({ id }) => id)).toEqual([again, later])
})

it('an event from the far future does not make everything look forgotten', async () => {
  const db = new Database(bench.path)
  db.prepare('UPDATE page SET last_time = ?').run(Date.UTC(2099, 0))
  db.close()
  await store.prune(bench.clock.now())
  expect(await forgotten()).toBe(bench.clock.now() + 3_600_000)
})

it('while a backfill is under way nothing of its source is forgotten', async () => {
  const id = await store.ask(asked(first), 'mina', bench.clock.now())
  await store.beginBackfill(id, bench.clock.now())
  await store.prune(bench.clock.now())
  expect(await forgotten()).toBeNull()
  await store.finishRequest(id, { ok: true, text: 'read' }, bench.clock.now())
  await store.prune(bench.clock.now())
  expect(await forgotten()).toBe(first + DAY)
})
