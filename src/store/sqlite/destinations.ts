// The rows of destinations: registration, positions, health, and what is added to their ledger.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import type { BufferBound } from '../buffer.ts'
import type { Controlled } from '../control.ts'
import { Definitions } from './definitions.ts'
import type { Settled } from '../ranges.ts'
import { type KnownDestination, planRegistration, type Registration } from '../registration.ts'
import { CATCH_UP } from './routing.ts'
import { type DestinationDefinition, type DestinationRecord, type Health, QUEUES, type SeqRange } from '../store.ts'

export interface DestinationRow {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly definition: string
  readonly sources: string | null
  readonly buffer: string | null
  readonly state: DestinationRecord['state']
  readonly file_enabled: number
  readonly stopped: number
  readonly discard: number
  readonly ever_enabled: number
  readonly created_seq: Seq
  readonly parked_seq: Seq | null
  readonly replaying: number | null
  readonly health: string | null
  readonly retrying: number
  readonly dead: number
  readonly attempts: number
  readonly purge_before: number | null
  readonly purge_from: number | null
}

/** What is added to a line of a destination's ledger. */
export interface LedgerCounts {
  readonly offered?: number
  readonly filtered?: number
  readonly routed?: number
  readonly delivered?: number
  readonly dead?: number
  readonly dropped?: number
  /** Of routed: those that came past the queues. */
  readonly direct?: number
}

const noCounts = { offered: 0, filtered: 0, routed: 0, delivered: 0, dead: 0, dropped: 0, direct: 0 }

interface PositionRow {
  readonly position: Seq
  readonly above: string
}

export class Destinations {
  readonly #db: Database
  readonly #definitions: Definitions
  readonly #ids = new Map<string, number>()
  readonly #byName: Statement<[string], DestinationRow>
  readonly #all: Statement<[], DestinationRow>
  readonly #position: Statement<[number, number], PositionRow>
  readonly #move: Statement<[Seq, string, number, number]>
  readonly #health: Statement<[string, number]>
  readonly #count: Statement<[Required<LedgerCounts> & { destination: number; source: number; day: number }]>
  readonly #setAside: Statement<[number, number, number]>
  readonly #lateFrom: Statement<[number], { seq: Seq | null }>

  constructor(db: Database) {
    this.#db = db
    this.#definitions = new Definitions(db)
    this.#byName = db.prepare('SELECT * FROM destination WHERE name = ?')
    this.#all = db.prepare('SELECT * FROM destination ORDER BY id')
    this.#position = db.prepare('SELECT position, above FROM position WHERE destination = ? AND queue = ?')
    this.#move = db.prepare('UPDATE position SET position = ?, above = ? WHERE destination = ? AND queue = ?')
    this.#health = db.prepare('UPDATE destination SET health = ? WHERE id = ?')
    this.#setAside = db.prepare('UPDATE destination SET retrying = retrying + ?, dead = dead + ? WHERE id = ?')
    this.#lateFrom = db.prepare('SELECT min(routed_to) AS seq FROM late WHERE destination = ?')
    const added = Object.keys(noCounts)
    this.#count = db.prepare(
      `INSERT INTO ledger (destination, source, day, ${added.join(', ')}) VALUES (@destination, @source, @day, ${added.map((name) => `@${name}`).join(', ')})
       ON CONFLICT DO UPDATE SET ${added.map((name) => `${name} = ${name} + @${name}`).join(', ')}`,
    )
  }

  find(name: string): DestinationRow | undefined {
    return this.#byName.get(name)
  }

  /** Throws for a name that was never registered: a fault of the caller. */
  get(name: string): DestinationRow {
    const row = this.find(name)
    if (!row) throw new Error(`destination "${name}" is not registered`)
    return row
  }

  /** The number of a name, remembered: delivery asks with every page. */
  idOf(name: string): number {
    const id = this.#ids.get(name) ?? this.get(name).id
    this.#ids.set(name, id)
    return id
  }

  /** Names may have moved. */
  forgetNames(): void {
    this.#ids.clear()
  }

  all(): readonly DestinationRow[] {
    return this.#all.all()
  }

  /** Writes what `planRegistration` decided. `firstSince`: the first kept event from a time on. */
  register(
    definitions: readonly DestinationDefinition[],
    stamp: { nextSeq: Seq; now: number; firstSince: (ms: number) => Seq },
  ): readonly Registration[] {
    const plans = planRegistration(this.all().map(known), definitions, stamp.nextSeq)
    // Names may be exchanged: every name that moves is given up before any is taken.
    for (const { id, change } of plans)
      if (change === 'renamed')
        this.#db.prepare("UPDATE destination SET was = name, name = '~' || id WHERE id = ?").run(id)
    for (const plan of plans) this.#apply(plan, stamp)
    return plans
  }

  settled(destination: number, queue: number): Settled {
    const row = this.#position.get(destination, queue)
    return row ? { position: row.position, above: ranges(row.above) } : { position: 1, above: [] }
  }

  saveSettled(destination: number, queue: number, settled: Settled): void {
    const above = JSON.stringify(settled.above.map(({ from, to }) => [from, to]))
    this.#move.run(settled.position, above, destination, queue)
  }

  count(destination: number, source: number, day: number, counts: LedgerCounts): void {
    this.#count.run({ ...noCounts, ...counts, destination, source, day })
  }

  /** Changes the numbers of events that are set aside. */
  setAside(destination: number, change: { retrying: number; dead: number }): void {
    if (change.retrying !== 0 || change.dead !== 0) this.#setAside.run(change.retrying, change.dead, destination)
  }

  /** Where the pages begin that the destination is still to be routed over; null when there are none. */
  lateFrom(id: number): Seq | null {
    return this.#lateFrom.get(id)?.seq ?? null
  }

  /** Pages of `[from, to)` are to be routed to it later. Ranges come in order and do not overlap. */
  addLate(id: number, from: Seq, to: Seq): void {
    if (from >= to) return
    this.#db
      .prepare('INSERT OR REPLACE INTO late (destination, from_seq, to_seq, routed_to) VALUES (?, ?, ?, ?)')
      .run(id, from, to, from)
  }

  saveHealth(destination: number, health: Health): void {
    this.#health.run(JSON.stringify(health), destination)
  }

  /** Its queues begin here, with nothing behind them. */
  begin(id: number, seq: Seq, catchUpFrom: Seq): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO position (destination, queue, position) VALUES (?, ?, ?)')
    QUEUES.forEach((_, queue) => put.run(id, queue, queue === CATCH_UP ? catchUpFrom : seq))
  }

  #apply(plan: Registration, stamp: { nextSeq: Seq; now: number; firstSince: (ms: number) => Seq }): void {
    if (plan.change === 'unchanged') return
    const id = plan.id ?? this.#create(plan, stamp.now)
    this.#update(id, plan)
    // Nobody knows how long the letters of a parked one are to be kept: when it is back, their end is announced anew.
    if (plan.change === 'parked')
      this.#db.prepare('UPDATE destination SET purge_before = NULL, purge_from = NULL WHERE id = ?').run(id)
    this.#definitions.register(id, plan, stamp.nextSeq)
    const { lateStart, begins, missedFrom } = plan
    const lateFrom = lateStart === 'beginning' ? 1 : lateStart && stamp.firstSince(lateStart.sinceMs)
    if (begins !== null) this.begin(id, begins, lateFrom ?? begins)
    if (lateFrom !== null) this.addLate(id, lateFrom, stamp.nextSeq)
    if (missedFrom !== null) this.addLate(id, missedFrom, stamp.nextSeq)
  }

  #create({ next }: Registration, now: number): number {
    const insert = this.#db.prepare(
      "INSERT INTO destination (name, type, definition, state, ever_enabled, created_seq, created_at) VALUES (?, '', '', 'disabled', 0, 0, ?)",
    )
    return Number(insert.run(next.name, now).lastInsertRowid)
  }

  #update(id: number, { next }: Registration): void {
    this.#db
      .prepare(
        'UPDATE destination SET name = ?, type = ?, definition = ?, sources = ?, buffer = ?, state = ?, file_enabled = ?, ever_enabled = ?, created_seq = ?, parked_seq = ? WHERE id = ?',
      )
      .run(
        next.name,
        next.type,
        next.definition,
        next.sources === null ? null : JSON.stringify(next.sources),
        next.buffer === null ? null : JSON.stringify(next.buffer),
        next.state,
        next.fileEnabled ? 1 : 0,
        next.everEnabled ? 1 : 0,
        next.createdSeq,
        next.parkedSeq,
        id,
      )
  }
}

/** Names of the sources that it reads, or null for all. */
function sourcesOf(row: Pick<DestinationRow, 'sources'>): readonly string[] | null {
  return row.sources === null ? null : (JSON.parse(row.sources) as string[])
}

export function reads(row: Pick<DestinationRow, 'sources'>, source: string): boolean {
  return sourcesOf(row)?.includes(source) ?? true
}

/** Its own bound on what waits; null without one. */
export function bufferOf({ buffer }: Pick<DestinationRow, 'buffer'>): BufferBound | null {
  return buffer === null ? null : (JSON.parse(buffer) as BufferBound)
}

/** What decides about commands. */
export function controlledOf(row: DestinationRow): Controlled {
  const { name, state } = row
  return { name, state, fileEnabled: row.file_enabled === 1, discard: row.discard === 1 }
}

function known(row: DestinationRow): KnownDestination {
  const { id, name, type, definition, state } = row
  const flags = { fileEnabled: row.file_enabled === 1, stopped: row.stopped === 1, discard: row.discard === 1 }
  const rest = { ...flags, everEnabled: row.ever_enabled === 1, createdSeq: row.created_seq, parkedSeq: row.parked_seq }
  return { id, name, type, definition, state, sources: sourcesOf(row), buffer: bufferOf(row), ...rest }
}

function ranges(text: string): readonly SeqRange[] {
  return text === '[]' ? [] : (JSON.parse(text) as [Seq, Seq][]).map(([from, to]) => ({ from, to }))
}
