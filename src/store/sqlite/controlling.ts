// Stops, starts and removes destinations, and sources, as a request asks; counts what is dropped with it, and ends the request.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import {
  carryOut,
  type ControlAsked,
  type Controls,
  requireReadable,
  requireRemovable,
  requireStartable,
  requireStoppable,
  unknown,
} from '../control.ts'
import { ENDED_BY_DISCARD } from '../going-through.ts'
import type { StoredRequest } from '../requests.ts'
import { QUEUES } from '../store.ts'
import { controlledOf, type DestinationRow, type Destinations } from './destinations.ts'
import type { RequestRows } from './request-rows.ts'
import { type QueueId, REPLAY, type RoutedBits, type RoutingRows, waitingIn } from './routing.ts'
import { dayOf, type Sources } from './sources.ts'
import type { StateRow } from './state-row.ts'

interface ControllingTables {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly requests: RequestRows
}

interface Dropped {
  readonly source: number
  readonly request: number | null
}

/** Everything that belongs to one destination, by its number. */
const holdings = ['routing', 'position', 'exception', 'attempt', 'late', 'ledger', 'definition']

export class Controlling {
  readonly #db: Database
  readonly #tables: ControllingTables
  readonly #stop: Statement<[number, number]>
  readonly #start: Statement<[number]>
  readonly #begun: Statement<[Seq, number]>
  readonly #routing: Statement<[number, number, Seq], RoutedBits & { source: number }>
  readonly #retrying: Statement<[number], Dropped>
  readonly #late: Statement<[number]>

  constructor(db: Database, tables: ControllingTables) {
    this.#db = db
    this.#tables = tables
    this.#stop = db.prepare("UPDATE destination SET state = 'disabled', stopped = 1, discard = ? WHERE id = ?")
    this.#start = db.prepare("UPDATE destination SET state = 'enabled', stopped = 0, discard = 0 WHERE id = ?")
    this.#begun = db.prepare('UPDATE destination SET ever_enabled = 1, created_seq = ? WHERE id = ?')
    this.#routing = db.prepare(
      'SELECT page, source, count, bitmap, matched FROM routing WHERE destination = ? AND queue = ? AND page >= ? ORDER BY page',
    )
    this.#retrying = db.prepare('DELETE FROM exception WHERE destination = ? AND dead = 0 RETURNING source, request')
    this.#late = db.prepare('DELETE FROM late WHERE destination = ?')
  }

  carryOut(id: number, configured: readonly string[], now: number): StoredRequest {
    const { requests } = this.#tables
    const { request } = requests.get(id)
    if (request.finishedAt !== null) return request
    const controls: Controls = {
      disable: (name, discard) => this.#disable(name, discard, now),
      enable: (name) => this.#enable(name),
      remove: (name) => this.#remove(name, now),
      enableSource: (name, enabled) => this.#enableSource(name, enabled, configured),
    }
    requests.end(id, { ok: true, text: carryOut(request.asked as ControlAsked, controls, configured) }, now)
    return requests.get(id).request
  }

  #disable(name: string, discard: boolean, now: number): number {
    const row = this.#row(name)
    requireStoppable(controlledOf(row))
    this.#stop.run(discard ? 1 : 0, row.id)
    return discard ? this.#drop(row, now) : this.#waitingFor(row)
  }

  #enable(name: string): number {
    const row = this.#row(name)
    requireStartable(controlledOf(row))
    this.#start.run(row.id)
    if (!row.ever_enabled) {
      const nextSeq = this.#tables.state.nextSeq()
      this.#begun.run(nextSeq, row.id)
      this.#tables.destinations.begin(row.id, nextSeq, nextSeq)
    }
    return this.#waitingFor(row)
  }

  #remove(name: string, now: number): { waiting: number; dead: number } {
    const row = this.#row(name)
    requireRemovable(controlledOf(row))
    const { id, dead, replaying } = row
    const waiting = this.#waitingFor(row)
    this.#replaysLose(this.#retrying.all(id), now, { request: replaying, count: this.#waitingIn(id, REPLAY) })
    for (const table of holdings) this.#db.prepare(`DELETE FROM ${table} WHERE destination = ?`).run(id)
    this.#db.prepare('DELETE FROM destination WHERE id = ?').run(id)
    return { waiting, dead }
  }

  #enableSource(name: string, enabled: boolean, configured: readonly string[]): void {
    const { sources } = this.#tables
    requireReadable(name)
    if (!sources.find(name) && !configured.includes(name))
      throw unknown('source', name, [...sources.all().map((one) => one.name), ...configured])
    sources.enable(sources.ensure(name).id, enabled)
  }

  #row(name: string): DestinationRow {
    const { destinations } = this.#tables
    const row = destinations.find(name)
    if (row) return row
    const names = destinations.all().map((one) => one.name)
    throw unknown('destination', name, names)
  }

  /** Everything that waits or is to be tried again, and whatever it was still to be routed over. */
  #drop({ id, replaying }: DestinationRow, now: number): number {
    const { state, destinations, requests } = this.#tables
    const again = this.#waitingIn(id, REPLAY)
    const bySource = new Map<number, number>()
    const add = (source: number, count: number): void => void bySource.set(source, (bySource.get(source) ?? 0) + count)
    QUEUES.forEach((_, queue) => {
      for (const { source, count } of this.#waiting({ destination: id, queue })) add(source, count)
      destinations.saveSettled(id, queue, { position: state.nextSeq(), above: [] })
    })
    const retrying = this.#retrying.all(id)
    for (const { source } of retrying) add(source, 1)
    destinations.setAside(id, { retrying: -retrying.length, dead: 0 })
    this.#replaysLose(retrying, now, { request: replaying, count: again })
    // Whatever it took later would lie below the position, and count as settled.
    if (replaying !== null) requests.end(replaying, ENDED_BY_DISCARD, now)
    this.#late.run(id)
    for (const [source, dropped] of bySource) destinations.count(id, source, dayOf(now), { dropped })
    return [...bySource.values()].reduce((sum, count) => sum + count, 0)
  }

  /** With what is to be tried again. */
  #waitingFor({ id, retrying }: DestinationRow): number {
    return QUEUES.reduce((sum, _, queue) => sum + this.#waitingIn(id, queue), retrying)
  }

  #waitingIn(destination: number, queue: number): number {
    const { destinations, routing } = this.#tables
    return routing.waiting({ destination, queue }, destinations.settled(destination, queue))
  }

  *#waiting(id: QueueId): Generator<{ source: number; count: number }> {
    const { destinations, routing } = this.#tables
    const settled = destinations.settled(id.destination, id.queue)
    const first = routing.next(id, settled.position)
    if (!first) return
    for (const row of this.#routing.iterate(id.destination, id.queue, first.page))
      yield { source: row.source, count: waitingIn(row, settled) }
  }

  /** `again`: what waited in the replay queue, and the request that it is of. */
  #replaysLose(
    dropped: readonly Dropped[],
    now: number,
    again: { readonly request: number | null; readonly count: number },
  ): void {
    const byRequest = new Map<number, number>()
    const lose = (request: number | null, count: number): void => {
      if (request !== null && count > 0) byRequest.set(request, (byRequest.get(request) ?? 0) + count)
    }
    for (const { request } of dropped) lose(request, 1)
    lose(again.request, again.count)
    for (const [request, count] of byRequest) this.#tables.requests.count(request, { dropped: count }, now)
  }
}
