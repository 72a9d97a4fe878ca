import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { PageSpans } from '../../../../src/store/sqlite/page-spans.ts'
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
      'definition',
      'destination',
      'exception',
      'late',
      'late_event',
      'ledger',
      'notice',
      'page',
      'page_body',
      'page_index',
      'page_span',
      'page_span_node',
      'page_span_parent',
      'page_span_rowid',
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
    const next = 'CREATE TABLE another (x)'
    expect(() => migrate(db, 'x', [...MIGRATIONS, `${next}; CREATE TABLE broken (`])).toThrow()
    expect(checkedVersion(db, 'x')).toBe(MIGRATIONS.length)
    expect(tablesOf(db)).not.toContain('another')
    migrate(db, 'x', [...MIGRATIONS, next])
    const newer = MIGRATIONS.length + 1
    expect(checkedVersion(db, 'x', newer)).toBe(newer)
    expect(tablesOf(db)).toContain('another')
    expect(() => checkedVersion(db, 'state.db')).toThrow(
      `state.db was written by a newer audit-relay (schema ${newer}, this one knows up to ${MIGRATIONS.length})`,
    )
    db.close()
  })

  it('row 72: find pages of earlier versions by their time', () => {
    const db = new Database(':memory:')
    migrate(db, 'x', MIGRATIONS.slice(0, 2))
    for (const [seq, source, time] of [
      [1, 1, 5000],
      [2, 2, 5000],
      [3, 1, 9000],
    ] as const) {
      db.prepare(
        "INSERT INTO page VALUES (?, 1, ?, 'live', 0, NULL, NULL, 1, 1, ?, ?, 1, 0, 0, 0, 7, 1, x'', x'')",
      ).run(seq, source, time, time)
      db.prepare('INSERT INTO page_index VALUES (?, ?)').run(seq, Buffer.alloc(37, seq))
    }
    migrate(db, 'x')
    const pages = [...new PageSpans(db).identities({ source: 1, from: 4999, to: 5000, after: 7, before: 8 })]
    expect(pages.map(({ keys, count }) => [keys[0], count])).toEqual([[1, 1]])
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
