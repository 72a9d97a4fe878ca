import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { checkedVersion, migrate, MIGRATIONS } from '../../../../src/store/sqlite/schema.ts'

const tablesOf = (db: Database.Database) =>
  db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()

describe('row 14: migrations', () => {
  it('lead from nothing to the present version, once', () => {
    const db = new Database(':memory:')
    migrate(db, 'x')
    expect(checkedVersion(db, 'x')).toBe(MIGRATIONS.length)
    expect(tablesOf(db)).toEqual([
      'attempt',
      'cursor',
      'destination',
      'exception',
      'late',
      'ledger',
      'notice',
      'page',
      'page_body',
      'page_index',
      'position',
      'quarantine',
      'request',
      'routing',
      'source',
      'source_ledger',
      'state',
    ])
    migrate(db, 'x')
    db.close()
  })

  it('happen whole or not at all, and go on where they ended', () => {
    const db = new Database(':memory:')
    const second = 'CREATE TABLE second (x)'
    expect(() => migrate(db, 'x', [...MIGRATIONS, `${second}; CREATE TABLE broken (`])).toThrow()
    expect(checkedVersion(db, 'x')).toBe(1)
    expect(tablesOf(db)).not.toContain('second')
    migrate(db, 'x', [...MIGRATIONS, second])
    expect(checkedVersion(db, 'x', 2)).toBe(2)
    expect(tablesOf(db)).toContain('second')
    expect(() => checkedVersion(db, 'state.db')).toThrow(
      'state.db was written by a newer audit-relay (schema 2, this one knows up to 1)',
    )
    db.close()
  })

  it('leave other files alone', () => {
    const db = new Database(':memory:')
    db.exec('CREATE TABLE theirs (x)')
    expect(() => migrate(db, 'x')).toThrow('another program')
    expect(tablesOf(db)).toEqual(['theirs'])
    db.close()
    const marked = new Database(':memory:')
    marked.pragma('application_id = 5')
    expect(() => migrate(marked, 'x')).toThrow('another program')
    marked.close()
  })
})
