// How the notices are found: by an index that holds only those, however many wait.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { about } from '../../../../src/store/notices.ts'
import { Notices } from '../../../../src/store/sqlite/notices.ts'
import { migrate } from '../../../../src/store/sqlite/schema.ts'

describe('the statements of notices', () => {
  let db: Database.Database
  const prepared: string[] = []
  const ran: string[] = []
  let notices: Notices
  beforeEach(() => {
    db = new Database(':memory:', { verbose: (sql) => void ran.push(String(sql)) })
    migrate(db, 'x')
    const prepare = (sql: string): Database.Statement => {
      prepared.push(sql)
      return db.prepare(sql)
    }
    notices = new Notices({ prepare } as unknown as Database.Database)
    ran.length = 0
  })
  afterEach(() => {
    db.close()
    prepared.length = 0
  })

  /** How SQLite goes about the statement that begins so. */
  const planOf = (begin: string): string => {
    const sql = prepared.find((one) => one.startsWith(begin)) as string
    const bare = sql.replaceAll(/@\w+/g, 'NULL')
    const steps = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${bare}`)
    return steps
      .all(...[...bare.matchAll(/\?/g)].map(() => 1))
      .map(({ detail }) => detail)
      .join('; ')
  }

  it('look for one that grows only among those that still may', () => {
    expect(planOf('UPDATE notice SET count')).toContain('INDEX notice_growing (ripe_at>?)')
  })

  it('forget carried ones without a look at those that wait', () => {
    expect(planOf('DELETE FROM notice')).toMatch(/INDEX notice_carried \((id|rowid)<\?\)/)
  })

  it('forget once for all that are added together', () => {
    notices.add([about('source_gap', { source: 'a' }), about('source_gap', { source: 'b' })], 0)
    expect(ran.filter((sql) => sql.startsWith('INSERT'))).toHaveLength(2)
    expect(ran.filter((sql) => sql.startsWith('DELETE'))).toHaveLength(1)
  })
})
