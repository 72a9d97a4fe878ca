// How full destinations are that have a bound of their own: asked before pages are committed or routed, and for `status`.
import type { Database, Statement } from 'better-sqlite3'
import { type BufferBound, requireRoomFor, requireUnblocked } from '../buffer.ts'
import { QUEUES } from '../store.ts'
import { bufferOf, type DestinationRow, type Destinations, reads } from './destinations.ts'
import type { RoutingRows } from './routing.ts'

interface BuffersTables {
  readonly destinations: Destinations
  readonly routing: RoutingRows
}

type BoundedRow = Pick<DestinationRow, 'id' | 'name' | 'state' | 'sources' | 'buffer'>

/** What is replayed was asked for by a person: no bound counts it, or takes it away. */
export const BOUND_QUEUES: readonly number[] = QUEUES.flatMap((queue, number) => (queue === 'replay' ? [] : [number]))

export class Buffers {
  readonly #tables: BuffersTables
  readonly #bounded: Statement<[], BoundedRow>

  constructor(db: Database, tables: BuffersTables) {
    this.#tables = tables
    this.#bounded = db.prepare(
      'SELECT id, name, state, sources, buffer FROM destination WHERE buffer IS NOT NULL ORDER BY id',
    )
  }

  /** Every destination with a bound. */
  all(): readonly { readonly id: number; readonly name: string; readonly buffer: BufferBound }[] {
    return this.#bounded.all().map((row) => ({ id: row.id, name: row.name, buffer: bufferOf(row) as BufferBound }))
  }

  /** Bytes of events that wait, before compression. */
  waitingBytes(destination: number): number {
    const { destinations, routing } = this.#tables
    return BOUND_QUEUES.map((queue) =>
      routing.waitingBytes({ destination, queue }, destinations.settled(destination, queue).position),
    ).reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Throws `StateFullError` when a page of this source must wait for a destination that blocks. */
  requireUnblocked(source: string): void {
    for (const row of this.#bounded.all())
      if (reads(row, source)) requireUnblocked({ ...row, buffer: bufferOf(row) }, () => this.waitingBytes(row.id))
  }

  /** Throws `StateFullError` when so many bytes of earlier events must wait before they are routed. */
  requireRoomFor(row: BoundedRow, bytes: number): void {
    if (row.buffer !== null) requireRoomFor({ ...row, buffer: bufferOf(row) }, this.waitingBytes(row.id), bytes)
  }
}
