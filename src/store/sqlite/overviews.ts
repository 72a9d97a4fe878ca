// Everything that `status` shows. Works on any connection: the holder's, or one that only reads.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import {
  type DestinationOverview,
  type Health,
  type Overview,
  type PullRecord,
  QUEUES,
  type SourceOverview,
} from '../store.ts'
import type { Lived } from '../elapsed.ts'
import { purgeShown } from '../retention.ts'
import { FRESH_QUEUES } from '../overview.ts'
import { Attempts } from './attempts.ts'
import { Buffers } from './buffers.ts'
import { bufferOf, type DestinationRow, Destinations } from './destinations.ts'
import { OldLetters, purgeOf } from './expiring.ts'
import { Held } from './held.ts'
import { LateEvents } from './late-events.ts'
import { RoutingRows } from './routing.ts'
import { type SourceRow, Sources } from './sources.ts'
import { StateRow } from './state-row.ts'

const shownAttempts = 10
const shownQuarantine = 5

interface SourceSums {
  readonly pulled: number
  readonly new: number
  readonly duplicates: number
  readonly conflicts: number
  readonly quarantined: number
}

interface Sums {
  readonly offered: number
  readonly filtered: number
  readonly routed: number
  readonly delivered: number
  readonly dropped: number
}

export class Overviews {
  readonly #state: StateRow
  readonly #sources: Sources
  readonly #destinations: Destinations
  readonly #routing: RoutingRows
  readonly #attempts: Attempts
  readonly #held: Held
  readonly #buffers: Buffers
  readonly #sourceSums: Statement<[number], SourceSums>
  readonly #sums: Statement<[number], Sums>
  readonly #quarantine: Statement<[number, number], SourceOverview['quarantine'][number]>
  readonly #resting: Statement<[string], NonNullable<SourceOverview['resting']>[number]>
  readonly #committedAt: Statement<[Seq], { at: number }>
  readonly #oldLetters: OldLetters
  readonly #lateEvents: LateEvents
  readonly #nextRetry: Statement<[number], { at: number | null }>

  constructor(db: Database) {
    this.#state = new StateRow(db)
    this.#sources = new Sources(db)
    this.#destinations = new Destinations(db)
    this.#routing = new RoutingRows(db)
    this.#attempts = new Attempts(db)
    this.#buffers = new Buffers(db, { destinations: this.#destinations, routing: this.#routing })
    this.#held = new Held(db, { sources: this.#sources, destinations: this.#destinations, routing: this.#routing })
    const sum = (name: string, as = name): string => `coalesce(sum(${name}), 0) AS ${as}`
    this.#sourceSums = db.prepare(
      `SELECT ${sum('pulled')}, ${sum('new')}, ${sum('duplicate', 'duplicates')}, ${sum('conflict', 'conflicts')}, ${sum('quarantined')} FROM source_ledger WHERE source = ?`,
    )
    this.#sums = db.prepare(
      `SELECT ${['offered', 'filtered', 'routed', 'delivered', 'dropped'].map((name) => sum(name)).join(', ')} FROM ledger WHERE destination = ?`,
    )
    this.#quarantine = db.prepare(
      'SELECT at, reason, detail, place FROM quarantine WHERE source = ? ORDER BY id DESC LIMIT ?',
    )
    this.#resting = db.prepare(
      `SELECT id AS backfill, backfilled ->> '$.trouble' AS reason FROM request
       WHERE finished_at IS NULL AND kind = 'backfill' AND body ->> '$.source' = ? AND backfilled ->> '$.trouble' IS NOT NULL ORDER BY id`,
    )
    this.#committedAt = db.prepare(
      'SELECT committed_at AS at FROM page WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    )
    this.#oldLetters = new OldLetters(db)
    this.#lateEvents = new LateEvents(db)
    this.#nextRetry = db.prepare('SELECT min(next_at) AS at FROM exception WHERE destination = ? AND dead = 0')
  }

  read({ running, usedBytes, now }: { running: boolean; usedBytes: number; now: number }): Overview {
    const { instance, heartbeat_at: heartbeatAt, elapsed_ms: elapsedMs, wall_at: wallAt } = this.#state.read()
    const seen = { lived: { elapsedMs, wallAt }, now }
    const sources = this.#sources.all().map((source) => this.#source(source))
    const destinations = this.#destinations.all().map((destination) => this.#destination(destination, seen))
    return { instance, heartbeatAt, running, usedBytes, sources, destinations }
  }

  #source(row: SourceRow): SourceOverview {
    const sums = this.#sourceSums.get(row.id) as SourceSums
    return {
      name: row.name,
      enabled: row.disabled === 0,
      ...sums,
      lastEventAt: row.last_event_at,
      parts: row.parts,
      lastPull: row.last_pull === null ? null : (JSON.parse(row.last_pull) as PullRecord),
      late: this.#lateEvents.of(row.id),
      resting: this.#resting.all(row.name),
      quarantine: this.#quarantine.all(row.id, shownQuarantine),
    }
  }

  #destination(row: DestinationRow, seen: { lived: Lived; now: number }): DestinationOverview {
    const { id, name, type, state, retrying, dead } = row
    const purge = purgeOf(row)
    const buffer = bufferOf(row)
    const oldest = this.#held.oldestOf(id, FRESH_QUEUES)
    return {
      name,
      type,
      state,
      stopped: row.stopped === 1,
      discard: row.discard === 1,
      buffer: buffer && { ...buffer, waitingBytes: this.#buffers.waitingBytes(id) },
      purge: purge && purgeShown(purge, this.#oldLetters.count(id, purge.before), seen),
      ...(this.#sums.get(id) as Sums),
      waiting: this.#waiting(id),
      retrying,
      dead,
      oldestWaitingAt: oldest === null ? null : (this.#committedAt.get(oldest)?.at ?? null),
      nextRetryAt: this.#nextRetry.get(id)?.at ?? null,
      health: row.health === null ? null : (JSON.parse(row.health) as Health),
      lastAttempts: this.#attempts.last(id, shownAttempts),
    }
  }

  #waiting(destination: number): number {
    const waiting = QUEUES.map((_, queue) =>
      this.#routing.waiting({ destination, queue }, this.#destinations.settled(destination, queue)),
    )
    return waiting.reduce((sum, count) => sum + count, 0)
  }
}
