// Takes dead letters back into the retry queue, gives copies of them to another destination, or removes them: a stretch of what
// was chosen at a time, with its place kept in the same transaction.
import type { Database, Statement } from 'better-sqlite3'
import { bitSet, type Seq } from '../../model/page.ts'
import { requireReplayable, unknown } from '../control.ts'
import { isUnderWay, nextChosen } from '../going-through.ts'
import { isSettled } from '../ranges.ts'
import type { Asked, StoredRequest } from '../requests.ts'
import type { Moment } from '../elapsed.ts'
import { QUEUES } from '../store.ts'
import { controlledOf, type DestinationRow, type Destinations } from './destinations.ts'
import type { RequestRows } from './request-rows.ts'
import { bitmapOf, type RoutingRows } from './routing.ts'
import { dayOf } from './sources.ts'

interface ReplayingTables {
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly requests: RequestRows
}

interface Taken extends Moment {
  readonly destination: number
  readonly seq: Seq
  readonly request: number
}

interface Copied extends Taken {
  readonly source: number
  readonly event: Uint8Array
  readonly reason: string
}

/** Takes one of the chosen; false when it is left out. */
type Take = (seq: Seq) => boolean

/** What each of the chosen letters of one destination goes through. */
type TakeFrom = (name: string) => Take

const leftOut: Take = () => false

export class Replaying {
  readonly #tables: ReplayingTables
  readonly #revive: Statement<[Taken], { source: number }>
  readonly #remove: Statement<[number, Seq], { source: number }>
  readonly #letter: Statement<[number, Seq], { source: number; event: Uint8Array }>
  readonly #present: Statement<[number, Seq], { dead: number }>
  readonly #copy: Statement<[Copied]>

  constructor(db: Database, tables: ReplayingTables) {
    this.#tables = tables
    this.#revive = db.prepare(
      `UPDATE exception SET dead = 0, provisional = 0, attempts = 0, put_at = @now, next_at = @now, cause = NULL, died_at = NULL, died_age = NULL, age = @age, request = @request
       WHERE destination = @destination AND seq = @seq AND dead = 1 RETURNING source`,
    )
    const dead = 'WHERE destination = ? AND seq = ? AND dead = 1'
    this.#remove = db.prepare(`DELETE FROM exception ${dead} RETURNING source`)
    this.#letter = db.prepare(`SELECT source, event FROM exception ${dead}`)
    this.#present = db.prepare('SELECT dead FROM exception WHERE destination = ? AND seq = ?')
    this.#copy = db.prepare(
      `INSERT INTO exception (destination, seq, source, dead, attempts, first_attempted_at, put_at, next_at, reason, history, age, event, request)
       VALUES (@destination, @seq, @source, 0, 0, @now, @now, @now, @reason, '[]', @age, @event, @request)`,
    )
  }

  take(id: number, limit: number, at: Moment): StoredRequest {
    return this.#goOn({ id, limit, now: at.now, kind: 'replay_dead_letters' }, ({ to }) => {
      const target = to === null ? null : this.#target(to)
      return (name) => {
        if (target && target.name !== name) return this.#copier(name, target, { ...at, request: id })
        const row = this.#tables.destinations.find(name)
        if (!row) return leftOut
        requireReplayable(controlledOf(row))
        return (seq) => this.#back({ ...at, destination: row.id, seq, request: id })
      }
    })
  }

  purge(id: number, limit: number, now: number): StoredRequest {
    return this.#goOn({ id, limit, now, kind: 'purge_dead_letters' }, () => (name) => {
      const row = this.#tables.destinations.find(name)
      return row ? (seq) => this.#purged(row.id, seq, now) : leftOut
    })
  }

  #goOn<Kind extends Asked['kind']>(
    { id, limit, now, kind }: { id: number; limit: number; now: number; kind: Kind },
    begin: (asked: Extract<Asked, { kind: Kind }>) => TakeFrom,
  ): StoredRequest {
    const { requests } = this.#tables
    const { request, place } = requests.get(id)
    const { asked } = request
    if (asked.kind !== kind) throw new Error(`request ${id} asks for ${asked.kind}, not ${kind}`)
    if (!isUnderWay(request)) return request
    const takeFrom = begin(asked as Extract<Asked, { kind: Kind }>)
    let [gone, taken] = [0, 0]
    for (const { destination, seqs } of nextChosen(asked, place, limit)) {
      const take = takeFrom(destination)
      gone += seqs.length
      taken += seqs.filter(take).length
    }
    const dropped = kind === 'purge_dead_letters' ? taken : 0
    requests.count(id, { place: gone, taken, skipped: gone - taken, dropped }, now)
    return requests.get(id).request
  }

  #target(to: string): DestinationRow {
    const { destinations } = this.#tables
    const row = destinations.find(to)
    if (!row) {
      const names = destinations.all().map(({ name }) => name)
      throw unknown('destination', to, names)
    }
    requireReplayable(controlledOf(row))
    return row
  }

  /** A dead letter waits again at its destination, due at once. */
  #back(taken: Taken): boolean {
    const { destinations } = this.#tables
    const revived = this.#revive.get(taken)
    if (!revived) return false
    destinations.count(taken.destination, revived.source, dayOf(taken.now), { dead: -1 })
    destinations.setAside(taken.destination, { retrying: 1, dead: -1 })
    return true
  }

  #copier(name: string, target: DestinationRow, at: Moment & { request: number }): Take {
    const owner = this.#tables.destinations.find(name)
    if (!owner) return leftOut
    const reason = JSON.stringify({ code: 'replayed', text: `a copy of a dead letter of ${name}` })
    return (seq) => {
      const letter = this.#letter.get(owner.id, seq)
      return letter !== undefined && this.#give({ ...at, ...letter, destination: target.id, seq, reason })
    }
  }

  /** Unless the event waits there already, it comes past the queues. */
  #give(copied: Copied): boolean {
    const { destinations } = this.#tables
    const { destination, seq, now, source } = copied
    if (this.#waits(destination, seq)) return false
    const present = this.#present.get(destination, seq)
    if (present) return present.dead === 1 && this.#back(takenOf(copied))
    this.#copy.run(copied)
    destinations.count(destination, source, dayOf(now), { offered: 1, routed: 1, direct: 1 })
    destinations.setAside(destination, { retrying: 1, dead: 0 })
    return true
  }

  #waits(destination: number, seq: Seq): boolean {
    const { destinations, routing } = this.#tables
    return QUEUES.some((_, queue) => {
      const row = routing.next({ destination, queue }, seq)
      if (!row || seq < row.page || !bitSet(bitmapOf(row), seq - row.page)) return false
      return !isSettled(destinations.settled(destination, queue), seq)
    })
  }

  #purged(destination: number, seq: Seq, now: number): boolean {
    const { destinations } = this.#tables
    const removed = this.#remove.get(destination, seq)
    if (!removed) return false
    destinations.count(destination, removed.source, dayOf(now), { dead: -1, dropped: 1 })
    destinations.setAside(destination, { retrying: 0, dead: -1 })
    return true
  }
}

function takenOf({ destination, seq, now, age, request }: Taken): Taken {
  return { destination, seq, now, age, request }
}
