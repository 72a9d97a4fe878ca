// Sends events again that a destination has had: puts kept pages into its replay queue, a stretch at a time, with the place kept in
// the same transaction.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { requireSendable, unknown } from '../control.ts'
import { isGoneThrough, isUnderWay } from '../going-through.ts'
import { hadOf, type Met, type Period, step } from '../kept.ts'
import type { StoredRequest } from '../requests.ts'
import { controlledOf, type DestinationRow, type Destinations } from './destinations.ts'
import type { Exceptions } from './exceptions.ts'
import type { Held } from './held.ts'
import { KeptPages } from './kept-pages.ts'
import type { RequestRows } from './request-rows.ts'
import { REPLAY, type RoutingRows } from './routing.ts'
import { dayOf } from './sources.ts'

interface RetakingTables {
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly exceptions: Exceptions
  readonly requests: RequestRows
  readonly held: Held
}

export class Retaking {
  readonly #tables: RetakingTables
  readonly #kept: KeptPages
  readonly #clear: Statement<[number, number]>
  readonly #occupy: Statement<[number, number]>

  constructor(db: Database, tables: RetakingTables) {
    this.#tables = tables
    this.#kept = new KeptPages(db)
    this.#clear = db.prepare('DELETE FROM routing WHERE destination = ? AND queue = ?')
    this.#occupy = db.prepare('UPDATE destination SET replaying = ? WHERE id = ?')
  }

  take(id: number, limit: number, now: number): StoredRequest {
    const { requests } = this.#tables
    const { request, place } = requests.get(id)
    const { asked } = request
    if (asked.kind !== 'replay_events') throw new Error(`request ${id} asks for ${asked.kind}, not replay_events`)
    if (!isUnderWay(request) || (place > 0 && isGoneThrough(request.counts))) return request
    const row = this.#destination(asked.destination)
    if (limit < 1 || !(row.replaying === id || this.#begin(row, id, asked))) return request
    const { chosen, taken, skipped } = requests.get(id).request.counts
    const on = { limit, left: chosen - taken - skipped }
    const done = step(place, on, (seq) => this.#meet(row.id, asked, { seq, now }))
    requests.count(id, { taken: done.taken, skipped: done.skipped, place: done.place - place }, now)
    return requests.get(id).request
  }

  canBegin(id: number): boolean {
    const { request } = this.#tables.requests.get(id)
    const row = 'destination' in request.asked ? this.#tables.destinations.find(request.asked.destination) : undefined
    return request.state === 'asked' && row !== undefined && this.#isFree(row)
  }

  #destination(name: string): DestinationRow {
    const { destinations } = this.#tables
    const row = destinations.find(name)
    if (!row) {
      const names = destinations.all().map((one) => one.name)
      throw unknown('destination', name, names)
    }
    requireSendable(controlledOf(row))
    return row
  }

  /**
   * Empties the queue of the replay before, and lets it begin anew. False while that one is not over, or the destination is still led over
   * earlier pages: what it is given meanwhile was not chosen.
   */
  #begin(row: DestinationRow, request: number, period: Period): boolean {
    const { destinations, requests, held } = this.#tables
    if (!this.#isFree(row)) return false
    this.#clear.run(row.id, REPLAY)
    destinations.saveSettled(row.id, REPLAY, { position: this.#kept.next(row.id, period, 0)?.page ?? 1, above: [] })
    held.lookAgain({ destination: row.id, queue: REPLAY })
    this.#occupy.run(request, row.id)
    requests.choose(request, this.#kept.count(row, period).events)
    return true
  }

  /** The replay before is over, and no earlier page has still to be looked at. */
  #isFree({ id, replaying }: DestinationRow): boolean {
    const { destinations, routing } = this.#tables
    if (replaying !== null || destinations.lateFrom(id) !== null) return false
    return routing.waiting({ destination: id, queue: REPLAY }, destinations.settled(id, REPLAY)) === 0
  }

  #meet(destination: number, period: Period, { seq, now }: { seq: Seq; now: number }): Met | null {
    const { destinations, exceptions, routing, held } = this.#tables
    const page = this.#kept.next(destination, period, seq)
    if (!page) return null
    const { page: firstSeq, source, count } = page
    const end = firstSeq + count
    const chosen = this.#kept.chosen(page, period)
    const settled = destinations.settled(destination, page.queue)
    const aside = new Set(exceptions.within(destination, firstSeq, end))
    const had = hadOf(chosen, { firstSeq, count }, settled, aside)
    const { matched } = had
    const put = (): void => {
      const queue = { destination, queue: REPLAY }
      routing.add(queue, { page: firstSeq, source, count, ...had, bytes: this.#kept.bytesOf(page, had) })
      held.lookAgain(queue)
      destinations.count(destination, source, dayOf(now), { offered: matched, routed: matched })
    }
    return { end, chosen: chosen.matched, matched, put }
  }
}
