// How late the events of each source and lane came, as `lateness.ts` counts them.
import type { Database, Statement } from 'better-sqlite3'
import { type Lateness, noLateness } from '../lateness.ts'

export class LateEvents {
  readonly #add: Statement<[number, string, number, number]>
  readonly #of: Statement<[number], { lane: string; bucket: number; events: number }>

  constructor(db: Database) {
    this.#add = db.prepare(
      'INSERT INTO late_event (source, lane, bucket, events) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events',
    )
    this.#of = db.prepare('SELECT lane, bucket, events FROM late_event WHERE source = ? ORDER BY lane, bucket')
  }

  add(source: number, lane: string, buckets: readonly number[]): void {
    buckets.forEach((events, bucket) => events > 0 && this.#add.run(source, lane, bucket, events))
  }

  /** By lane, in order; a lane without late events is missing. */
  of(source: number): readonly Lateness[] {
    const lanes = new Map<string, number[]>()
    for (const { lane, bucket, events } of this.#of.all(source)) {
      const buckets = lanes.get(lane) ?? noLateness()
      buckets[bucket] = events
      lanes.set(lane, buckets)
    }
    return [...lanes].map(([lane, buckets]) => ({ lane, buckets }))
  }
}
