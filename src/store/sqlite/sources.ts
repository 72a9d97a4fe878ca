// The rows of sources, their cursors, and what their pages add to the ledger.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { CHAIN_START } from '../chain.ts'
import type { Cursor, PageCommit, PullRecord } from '../store.ts'

export interface SourceRow {
  readonly id: number
  readonly name: string
  readonly events: number
  readonly events_gone: number
  readonly chain: Uint8Array
  readonly pruned_chain: Uint8Array
  readonly body_from: Seq
  readonly kept_from: Seq
  readonly last_event_at: number | null
  readonly last_pull: string | null
  readonly parts: number
  readonly disabled: number
  readonly remember_ms: number
  readonly remember_from: number | null
  readonly forgotten_to: number | null
}

/** What a page adds to its source's day. */
export interface SourceCounts {
  readonly pulled: number
  readonly new: number
  readonly duplicate: number
  readonly conflict: number
  readonly quarantined: number
  readonly bypassed: number
  readonly missing: number
}

export class Sources {
  readonly #names = new Map<number, string>()
  readonly #byName: Statement<[string], SourceRow>
  readonly #insert: Statement<[string, Uint8Array, Uint8Array]>
  readonly #advance: Statement<[number, Uint8Array, number, number]>
  readonly #cursors: Statement<[string], Cursor>
  readonly #save: Statement<[string, Seq, number, number, string, string]>
  readonly #add: Statement<[string, Seq, number, number, string, string]>
  readonly #parts: Statement<[number, number]>
  readonly #forget: Statement<[number, string, string]>
  readonly #count: Statement<[SourceCounts & { source: number; day: number }]>
  readonly #pull: Statement<[string, number]>
  readonly #name: Statement<[number], { name: string }>
  readonly #all: Statement<[], SourceRow>
  readonly #disable: Statement<[number, number]>
  readonly #remember: Statement<[number, number]>
  readonly #rememberFrom: Statement<[number, number]>

  constructor(db: Database) {
    this.#byName = db.prepare('SELECT * FROM source WHERE name = ?')
    this.#all = db.prepare('SELECT * FROM source ORDER BY id')
    this.#name = db.prepare('SELECT name FROM source WHERE id = ?')
    this.#insert = db.prepare('INSERT INTO source (name, chain, pruned_chain) VALUES (?, ?, ?)')
    this.#advance = db.prepare(
      'UPDATE source SET events = events + ?, chain = ?, last_event_at = max(coalesce(last_event_at, -1e300), ?) WHERE id = ?',
    )
    this.#cursors = db.prepare(
      'SELECT lane, part, value, seq FROM cursor WHERE source = (SELECT id FROM source WHERE name = ?) ORDER BY lane, part',
    )
    this.#save = db.prepare(
      'UPDATE cursor SET value = ?, seq = ?, saved_at = ? WHERE source = ? AND lane = ? AND part = ?',
    )
    this.#add = db.prepare('INSERT INTO cursor (value, seq, saved_at, source, lane, part) VALUES (?, ?, ?, ?, ?, ?)')
    this.#parts = db.prepare('UPDATE source SET parts = parts + ? WHERE id = ?')
    this.#forget = db.prepare('DELETE FROM cursor WHERE source = ? AND lane = ? AND part = ?')
    const added = ['pulled', 'new', 'duplicate', 'conflict', 'quarantined', 'bypassed', 'missing']
    this.#count = db.prepare(
      `INSERT INTO source_ledger (source, day, ${added.join(', ')}) VALUES (@source, @day, ${added.map((name) => `@${name}`).join(', ')})
       ON CONFLICT DO UPDATE SET ${added.map((name) => `${name} = ${name} + @${name}`).join(', ')}`,
    )
    this.#pull = db.prepare('UPDATE source SET last_pull = ? WHERE id = ?')
    this.#remember = db.prepare('UPDATE source SET remember_ms = ? WHERE id = ?')
    this.#rememberFrom = db.prepare('UPDATE source SET remember_from = ? WHERE id = ?')
    this.#disable = db.prepare('UPDATE source SET disabled = ? WHERE id = ?')
  }

  find(name: string): SourceRow | undefined {
    return this.#byName.get(name)
  }

  all(): readonly SourceRow[] {
    return this.#all.all()
  }

  /** Only for what is committed: a name is remembered. */
  nameOf(id: number): string {
    const name = this.#names.get(id) ?? this.#name.get(id)?.name ?? ''
    this.#names.set(id, name)
    return name
  }

  /** The row of a source, made when it is new. */
  ensure(name: string): SourceRow {
    const found = this.find(name)
    if (found) return found
    this.#insert.run(name, CHAIN_START, CHAIN_START)
    return this.find(name) as SourceRow
  }

  /** A page was added at the end of the source's chain. */
  advance(id: number, page: { count: number; chain: Uint8Array; lastTime: number }): void {
    this.#advance.run(page.count, page.chain, page.lastTime, id)
  }

  count(source: number, day: number, counts: SourceCounts): void {
    this.#count.run({ source, day, ...counts })
  }

  cursors(name: string): readonly Cursor[] {
    return this.#cursors.all(name)
  }

  /** Source time up to which events may be forgotten; null: none is. */
  forgottenTo(name: string): number | null {
    return this.find(name)?.forgotten_to ?? null
  }

  saveCursors(id: number, lane: string, cursors: PageCommit['cursors'], stamp: { seq: Seq; now: number }): void {
    let parts = 0
    for (const { lane: own = lane, part, value } of cursors) {
      if (value === null) parts -= this.#forget.run(id, own, part).changes
      else if (this.#save.run(value, stamp.seq, stamp.now, id, own, part).changes === 0)
        parts += this.#add.run(value, stamp.seq, stamp.now, id, own, part).changes
    }
    if (parts !== 0) this.#parts.run(parts, id)
  }

  /** From which source time on its identities are remembered in any case. */
  rememberFrom(row: SourceRow, ms: number): void {
    if (ms !== row.remember_from) this.#rememberFrom.run(ms, row.id)
  }

  /** For how long its identities are remembered at least: the longest that was ever asked for. */
  remember(row: SourceRow, ms: number): void {
    if (ms > row.remember_ms) this.#remember.run(Math.min(Math.round(ms), Number.MAX_SAFE_INTEGER), row.id)
  }

  /** Whether it is read at all. */
  enable(id: number, enabled: boolean): void {
    this.#disable.run(enabled ? 0 : 1, id)
  }

  savePull(id: number, pull: PullRecord): void {
    this.#pull.run(JSON.stringify(pull), id)
  }
}

/** Days since the epoch: a line of the ledger. */
export function dayOf(now: number): number {
  return Math.floor(now / 86_400_000)
}
