import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { Destinations } from '../../../../src/store/sqlite/destinations.ts'
import { Held } from '../../../../src/store/sqlite/held.ts'
import { RoutingRows } from '../../../../src/store/sqlite/routing.ts'
import { migrate } from '../../../../src/store/sqlite/schema.ts'
import { Sources } from '../../../../src/store/sqlite/sources.ts'

it('row 7: a settlement that was rolled back with its look does not make a waiting page look settled', () => {
  const db = new Database(':memory:')
  migrate(db, 'x')
  const tables = { sources: new Sources(db), destinations: new Destinations(db), routing: new RoutingRows(db) }
  const held = new Held(db, tables)
  const definition = { name: 'siem', type: 'webhook', definition: '{}', sources: null, enabled: true }
  tables.destinations.register([definition], { now: 0, nextSeq: 1, firstSince: () => 1 })
  const destination = tables.destinations.idOf('siem')
  const source = tables.sources.ensure('app').id
  tables.routing.add({ destination, queue: 0 }, { page: 1, source, count: 10, bitmap: null, matched: 10, bytes: 0 })

  expect(held.settledBefore(source, 11)).toBe(1)
  db.exec('BEGIN')
  tables.destinations.saveSettled(destination, 0, { position: 11, above: [] })
  expect(held.settledBefore(source, 11)).toBe(11)
  db.exec('ROLLBACK')
  held.forget()
  expect(held.settledBefore(source, 11)).toBe(1)
  db.close()
})
