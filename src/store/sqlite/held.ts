// What waits, and therefore which pages must stay: asked by pruning, by sources that give parts back, and when there is no room.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { type Queue, QUEUES } from '../store.ts'
import { type DestinationRow, type Destinations, reads } from './destinations.ts'
import type { QueueId, RoutingRows } from './routing.ts'
import type { Sources } from './sources.ts'

export class Held {
  readonly #tables: { readonly sources: Sources; readonly destinations: Destinations; readonly routing: RoutingRows }
  /** Where the last look ended, by queue and by source: it goes back only when earlier pages are routed late. */
  readonly #looked = new Map<string, Map<number, Seq>>()
  readonly #late: Statement<[], { seq: Seq | null }>

  constructor(db: Database, tables: { sources: Sources; destinations: Destinations; routing: RoutingRows }) {
    this.#tables = tables
    this.#late = db.prepare(
      `SELECT min(seq) AS seq FROM (SELECT min(routed_to) AS seq FROM late WHERE routed_to < to_seq
       UNION ALL SELECT min(place) FROM request JOIN destination ON destination.replaying = request.id)`,
    )
  }

  /** Before which ordinal no event of the source waits anywhere. Parked and disabled destinations count like any other. */
  settledBefore(source: number, nextSeq: Seq): Seq {
    let before = nextSeq
    for (const destination of this.#tables.destinations.all())
      QUEUES.forEach((_, queue) => {
        before = Math.min(before, this.#lookOn({ destination: destination.id, queue }, source, nextSeq))
      })
    return before
  }

  /** The same for those who ask by name; 0 when no destination reads the source. */
  settledThrough(source: string, nextSeq: Seq): Seq {
    const row = this.#tables.sources.find(source)
    const isRead = this.#tables.destinations.all().some((destination) => reads(destination, source))
    return row && isRead ? this.settledBefore(row.id, nextSeq) : 0
  }

  /** The destination that waits with the oldest event. */
  oldest(): { readonly destination: DestinationRow; readonly seq: Seq } | null {
    let oldest: { destination: DestinationRow; seq: Seq } | null = null
    for (const destination of this.#tables.destinations.all()) {
      const seq = this.oldestOf(destination.id)
      if (seq !== null && (oldest === null || seq < oldest.seq)) oldest = { destination, seq }
    }
    return oldest
  }

  /** The oldest event that waits in any queue of a destination, or in these. */
  oldestOf(destination: number, queues: readonly Queue[] = QUEUES): Seq | null {
    const { routing, destinations } = this.#tables
    const waiting = queues.map((name) => {
      const queue = QUEUES.indexOf(name)
      return routing.oldestWaiting({ destination, queue }, destinations.settled(destination, queue))
    })
    const found = waiting.filter((seq) => seq !== null)
    return found.length > 0 ? Math.min(...found) : null
  }

  /** From where on pages are wanted by destinations that began later, and by replays. They delay age, not a full disk. */
  lateFrom(): Seq {
    return this.#late.get()?.seq ?? Infinity
  }

  /** A page was added to a queue that may have been looked through already. */
  lookAgain(id: QueueId): void {
    this.#looked.delete(keyOf(id))
  }

  /** What was seen in a transaction that was rolled back must not be believed. */
  forget(): void {
    this.#looked.clear()
  }

  #lookOn(id: QueueId, source: number, limit: Seq): Seq {
    const { routing, destinations } = this.#tables
    const looked = this.#looked.get(keyOf(id)) ?? new Map<number, Seq>()
    this.#looked.set(keyOf(id), looked)
    const settled = destinations.settled(id.destination, id.queue)
    const seq = routing.settledThrough(id, settled, { source, from: looked.get(source) ?? 0, limit })
    looked.set(source, seq)
    return seq
  }
}

function keyOf({ destination, queue }: QueueId): string {
  return `${destination} ${queue}`
}
