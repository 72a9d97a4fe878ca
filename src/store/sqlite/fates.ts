// Where every destination stands with one event: from routing, positions, exceptions, and pages still to be routed.
import type { Database, Statement } from 'better-sqlite3'
import { bitSet, type Seq } from '../../model/page.ts'
import type { HistoryEntry } from '../dead-letters.ts'
import { definitionAt } from '../definitions.ts'
import { isSettled, type Settled } from '../ranges.ts'
import { type AttemptRecord, type Queue, QUEUES } from '../store.ts'
import type { TraceDestination, TraceFate } from '../trace.ts'
import { Attempts } from './attempts.ts'
import { Definitions } from './definitions.ts'
import { type DestinationRow, Destinations, reads } from './destinations.ts'
import { bitmapOf, type QueueId, type RoutingRow, RoutingRows } from './routing.ts'
import { dayOf } from './sources.ts'

/** One event, by number and by name of its source. */
export interface Subject {
  readonly seq: Seq
  readonly source: number
  readonly name: string
  /** Null when its page is gone. */
  readonly page: { readonly firstSeq: Seq; readonly committedAt: number } | null
}

interface Exception {
  readonly dead: number
  readonly provisional: number
  readonly attempts: number
  readonly next_at: number | null
  readonly cause: string | null
  readonly died_at: number | null
  readonly history: string
}

type Routed = Pick<RoutingRow, 'page' | 'count' | 'bitmap'> & { readonly queue: number }

/** What a destination was for an event: its definition then, and what that says. */
interface Then {
  readonly definition: string
  /** Events that it is led over before this one, while it is still to be led over the event's page. */
  readonly ahead: number | null
}

export class Fates {
  readonly #destinations: Destinations
  readonly #definitions: Definitions
  readonly #rows: RoutingRows
  readonly #attempts: Attempts
  readonly #exception: Statement<[number, Seq], Exception>
  readonly #routing: Statement<[number, Seq], Routed>
  readonly #late: Statement<[{ seq: Seq; id: number }], { ahead: number }>
  readonly #unsure: Statement<[number, number, number], { dropped: number; direct: number }>

  constructor(db: Database) {
    this.#destinations = new Destinations(db)
    this.#definitions = new Definitions(db)
    this.#rows = new RoutingRows(db)
    this.#attempts = new Attempts(db)
    this.#exception = db.prepare(
      'SELECT dead, provisional, attempts, next_at, cause, died_at, history FROM exception WHERE destination = ? AND seq = ?',
    )
    this.#routing = db.prepare(
      'SELECT queue, page, count, bitmap FROM routing WHERE destination = ? AND queue IN (0, 1, 2) AND page = ?',
    )
    this.#late = db.prepare(
      'SELECT @seq - routed_to AS ahead FROM late WHERE destination = @id AND routed_to <= @seq AND to_seq > @seq',
    )
    this.#unsure = db.prepare(
      'SELECT coalesce(sum(dropped), 0) AS dropped, coalesce(sum(direct), 0) AS direct FROM ledger WHERE destination = ? AND source = ? AND day >= ?',
    )
  }

  of(subject: Subject): TraceDestination[] {
    return this.#destinations.all().map((row) => this.#one(row, subject))
  }

  #one(row: DestinationRow, subject: Subject): TraceDestination {
    const exception = this.#exception.get(row.id, subject.seq)
    const history = exception ? (JSON.parse(exception.history) as HistoryEntry[]) : []
    const then = this.#then(row, subject.seq)
    const fate = exception ? fateOf(exception, history.at(-1) ?? null) : this.#fate(row, subject, then)
    const attempts = sent.has(fate.kind) ? this.#tried(row.id, subject.seq) : []
    const filters = { filter: filterOf(row.definition), filterThen: filterOf(then.definition) }
    return { name: row.name, state: row.state, ...filters, fate, history, attempts }
  }

  /** What has yet to be looked at is looked at by what the destination is now. */
  #then(row: DestinationRow, seq: Seq): Then {
    const ahead = this.#late.get({ seq, id: row.id })?.ahead ?? null
    const history = ahead === null ? this.#definitions.of(row.id) : []
    return { definition: definitionAt(history, seq, row.definition), ahead }
  }

  #fate(row: DestinationRow, subject: Subject, then: Then): TraceFate {
    const { seq, page, name } = subject
    if (!readThen(row, then, name) || !row.ever_enabled) return { kind: 'not_offered' }
    if (!page) return { kind: 'settled', why: 'page_gone' }
    const routed = this.#routing.all(row.id, page.firstSeq)
    const matched = routed.filter((one) => bitSet(bitmapOf(one), seq - one.page))
    const waiting = matched.map((one) => this.#waiting(row.id, one, seq)).find((fate) => fate !== undefined)
    if (waiting) return waiting
    if (matched.length > 0) return this.#unsureOf(row, subject).dropped > 0 ? someDropped : { kind: 'delivered' }
    return routed.length > 0 ? { kind: 'filtered' } : this.#unrouted(row, subject, then)
  }

  #waiting(destination: number, { queue }: Routed, seq: Seq): TraceFate | undefined {
    const id = { destination, queue }
    const settled = this.#destinations.settled(destination, queue)
    if (isSettled(settled, seq)) return undefined
    return { kind: 'waiting', queue: QUEUES[queue] as Queue, ahead: this.#ahead(id, settled, seq) }
  }

  /** Events of the queue that wait before this one. */
  #ahead(id: QueueId, { position, above }: Settled, seq: Seq): number {
    const settled = [{ from: 0, to: position }, ...above.filter(({ from }) => from < seq)]
    const done = settled.map(({ from, to }) => this.#rows.matchedBefore(id, to) - this.#rows.matchedBefore(id, from))
    return this.#rows.matchedBefore(id, seq) - this.#rows.matchedBefore(id, 0) - done.reduce((a, b) => a + b, 0)
  }

  /** A page without a match leaves no routing, nor does one that never came before the filter. */
  #unrouted(row: DestinationRow, subject: Subject, { definition, ahead }: Then): TraceFate {
    const { seq } = subject
    if (ahead !== null) return { kind: 'unrouted', ahead }
    if (row.parked_seq !== null && seq >= row.parked_seq) return { kind: 'unrouted', ahead: seq - row.parked_seq }
    if (this.#unsureOf(row, subject).direct > 0) return someDropped
    return seq < row.created_seq && !beganEarlier(definition) ? { kind: 'not_offered' } : { kind: 'filtered' }
  }

  /** What may have become of events of this source otherwise, since the page was committed. */
  #unsureOf({ id }: DestinationRow, { source, page }: Subject): { dropped: number; direct: number } {
    return this.#unsure.get(id, source, dayOf(page?.committedAt ?? 0)) ?? { dropped: 0, direct: 0 }
  }

  /** Oldest first. */
  #tried(destination: number, seq: Seq): AttemptRecord[] {
    return this.#attempts
      .last(destination, mostAttempts)
      .filter(({ from, to }) => from <= seq && seq < to)
      .reverse()
  }
}

/** More than the log keeps. */
const mostAttempts = 10_000

const someDropped: TraceFate = { kind: 'settled', why: 'some_dropped' }
/** Fates with which an event may have been sent. */
const sent: ReadonlySet<TraceFate['kind']> = new Set(['waiting', 'retrying', 'delivered', 'dead', 'settled'])

function fateOf(row: Exception, reason: HistoryEntry | null): TraceFate {
  const { attempts, cause, died_at: diedAt, next_at: nextAt } = row
  return row.dead
    ? { kind: 'dead', cause: cause ?? '', diedAt: diedAt ?? 0, provisional: row.provisional === 1, reason }
    : { kind: 'retrying', attempts, nextAt: nextAt ?? 0, reason }
}

/** Whether it was led over pages from before its time. */
function beganEarlier(definition: string): boolean {
  const start = definitionPart(definition, 'start')
  return start !== undefined && start !== 'now'
}

/** Whether it read a source; what it reads today is known apart from its definition. */
function readThen(row: DestinationRow, { definition }: Then, source: string): boolean {
  if (definition === row.definition) return reads(row, source)
  const sources = definitionPart(definition, 'sources') as readonly string[] | undefined
  return sources?.includes(source) ?? true
}

function filterOf(definition: string): string | null {
  const filter = definitionPart(definition, 'filter')
  return filter === undefined ? null : JSON.stringify(filter)
}

function definitionPart(definition: string, name: string): unknown {
  return (JSON.parse(definition) as Record<string, unknown>)[name]
}
