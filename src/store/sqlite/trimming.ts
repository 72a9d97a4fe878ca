// Drops, or makes dead letters of, the oldest waiting events of a destination that exceeds its own bound.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import {
  type BufferBound,
  type Filling,
  isBeyond,
  isOver,
  nothingTrimmed,
  noticesOfTrim,
  reasonOfTrim,
  type Since,
  type TrimCause,
  trimmedEvents,
  trimmedPages,
  type Trimmed,
} from '../buffer.ts'
import type { Moment } from '../elapsed.ts'
import { settleBefore } from '../ranges.ts'
import { BOUND_QUEUES, type Buffers } from './buffers.ts'
import { bufferOf, type Destinations } from './destinations.ts'
import type { Exceptions } from './exceptions.ts'
import type { Notices } from './notices.ts'
import type { Pages } from './pages.ts'
import type { RequestRows } from './request-rows.ts'
import { LIVE, type QueueId, type RoutingRow, type RoutingRows, waitingIn, waitingOf } from './routing.ts'
import { dayOf, type Sources } from './sources.ts'

interface TrimmingTables {
  readonly sources: Sources
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly pages: Pages
  readonly exceptions: Exceptions
  readonly requests: RequestRows
  readonly notices: Notices
  readonly buffers: Buffers
}

interface Retrying {
  readonly seq: Seq
  readonly source: number
  readonly attempts: number
  readonly first_attempted_at: number
  readonly request: number | null
}

/** A page of which something waits, and its queue. */
interface Waiting {
  readonly id: QueueId
  readonly row: RoutingRow
}

/** One call: of which destination, by which bound, and when. */
interface Trim {
  readonly destination: number
  readonly bound: BufferBound
  readonly at: Moment
}

export class Trimming {
  readonly #tables: TrimmingTables
  readonly #retryAge: Statement<[number], { age: number | null }>
  readonly #tooOld: Statement<[number, number, number], Retrying>
  readonly #remove: Statement<[number, Seq]>

  constructor(db: Database, tables: TrimmingTables) {
    this.#tables = tables
    this.#retryAge = db.prepare('SELECT min(age) AS age FROM exception WHERE destination = ? AND dead = 0')
    this.#tooOld = db.prepare(
      'SELECT seq, source, attempts, first_attempted_at, request FROM exception WHERE destination = ? AND dead = 0 AND age < ? ORDER BY age, seq LIMIT ?',
    )
    this.#remove = db.prepare('DELETE FROM exception WHERE destination = ? AND seq = ?')
  }

  over(since: Since): readonly string[] {
    const exceeded = this.#tables.buffers.all().filter(({ id, buffer }) => isOver(buffer, this.#filling(id), since))
    return exceeded.map(({ name }) => name)
  }

  trim(name: string, since: Since, at: Moment): Trimmed {
    const { destinations, notices } = this.#tables
    const row = destinations.get(name)
    const bound = bufferOf(row)
    if (!bound || bound.whenFull === 'block') return nothingTrimmed
    const trim: Trim = { destination: row.id, bound, at }
    const old = bound.maxAgeMs === null ? none : this.#age(trim, since(bound.maxAgeMs))
    const beyond = old.more ? none : this.#bytes(trim, trimmedEvents - old.events)
    const fate = bound.whenFull === 'dead_letter' ? 'dead' : 'dropped'
    const trimmed: Trimmed = { tooOld: old.events, beyond: beyond.events, fate, more: old.more || beyond.more }
    notices.add(noticesOfTrim(name, bound, trimmed), at.now)
    return trimmed
  }

  #filling(destination: number): Filling {
    const { pages, buffers } = this.#tables
    const live = this.#oldest(destination, [LIVE])
    return {
      bytes: buffers.waitingBytes(destination),
      oldestBytes: this.#oldest(destination, BOUND_QUEUES)?.row.bytes ?? 0,
      liveAge: live ? pages.ageOf(live.row.page) : null,
      retryAge: this.#retryAge.get(destination)?.age ?? null,
    }
  }

  #oldest(destination: number, queues: readonly number[]): Waiting | undefined {
    const { routing, destinations } = this.#tables
    const found = queues.flatMap((queue) => {
      const id = { destination, queue }
      const row = routing.next(id, destinations.settled(destination, queue).position)
      return row ? [{ id, row }] : []
    })
    return found.toSorted((a, b) => a.row.page - b.row.page)[0]
  }

  /** What the relay had taken in before `age`. */
  #age(trim: Trim, age: number): Part {
    const retrying = this.#tooOld.all(trim.destination, age, trimmedEvents)
    for (const event of retrying) this.#retryingEnds(trim, event)
    const isOld = (page: RoutingRow): boolean => this.#tables.pages.ageOf(page.page) < age
    const left = trimmedEvents - retrying.length
    const waiting = this.#pages(trim, { queues: [LIVE], cause: 'too_old', left, goesOn: isOld })
    return { events: retrying.length + waiting.events, more: waiting.more }
  }

  #bytes(trim: Trim, left: number): Part {
    const { buffers } = this.#tables
    let bytes = buffers.waitingBytes(trim.destination)
    const goesOn = (row: RoutingRow): boolean => {
      const beyond = isBeyond(trim.bound, { bytes, oldestBytes: row.bytes })
      if (beyond) bytes -= row.bytes
      return beyond
    }
    return this.#pages(trim, { queues: BOUND_QUEUES, cause: 'buffer_full', left, goesOn })
  }

  #pages(trim: Trim, how: Stretch): Part {
    let events = 0
    for (let pages = 0; ; pages++) {
      const oldest = this.#oldest(trim.destination, how.queues)
      if (!oldest) return { events, more: false }
      if (pages === trimmedPages || events >= how.left) return { events, more: true }
      if (!how.goesOn(oldest.row)) return { events, more: false }
      events += this.#pageEnds(trim, oldest, how.cause)
    }
  }

  /** Everything of a page that waits. */
  #pageEnds(trim: Trim, { id, row }: Waiting, cause: TrimCause): number {
    const { destinations } = this.#tables
    const settled = destinations.settled(id.destination, id.queue)
    const events = trim.bound.whenFull === 'dead_letter' ? waitingOf(row, settled) : waitingIn(row, settled)
    destinations.saveSettled(id.destination, id.queue, settleBefore(settled, row.page + row.count))
    if (typeof events === 'number') {
      if (events > 0) destinations.count(id.destination, row.source, dayOf(trim.at.now), { dropped: events })
      return events
    }
    const fresh = { source: row.source, attempts: 0, first_attempted_at: trim.at.now, request: null }
    for (const seq of events) this.#dies(trim, { ...fresh, seq }, cause)
    return events.length
  }

  #retryingEnds(trim: Trim, event: Retrying): void {
    const { destinations, requests } = this.#tables
    const { destination, at } = trim
    const dies = trim.bound.whenFull === 'dead_letter'
    if (dies) this.#dies(trim, event, 'too_old')
    else {
      this.#remove.run(destination, event.seq)
      destinations.count(destination, event.source, dayOf(at.now), { dropped: 1 })
    }
    destinations.setAside(destination, { retrying: -1, dead: 0 })
    if (event.request !== null) requests.count(event.request, dies ? { dead: 1 } : { dropped: 1 }, at.now)
  }

  #dies({ destination, at }: Trim, event: Retrying, cause: TrimCause): void {
    const { destinations, sources, exceptions } = this.#tables
    const { seq, source, attempts, first_attempted_at: firstAttemptedAt } = event
    const letter = { seq, source: sources.nameOf(source), attempts, firstAttemptedAt, reason: reasonOfTrim(cause) }
    exceptions.put(destination, source, { ...letter, cause, provisional: false }, at)
    destinations.count(destination, source, dayOf(at.now), { dead: 1 })
    destinations.setAside(destination, { retrying: 0, dead: 1 })
  }
}

/** Which pages go, as long as `goesOn` says so of the oldest. */
interface Stretch {
  readonly queues: readonly number[]
  readonly cause: TrimCause
  readonly left: number
  goesOn(oldest: RoutingRow): boolean
}

/** What one of the two bounds has taken. */
interface Part {
  readonly events: number
  readonly more: boolean
}

const none: Part = { events: 0, more: false }
