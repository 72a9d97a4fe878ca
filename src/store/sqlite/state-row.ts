// The one row that says which state this is: identity, generation, marker, heartbeat, and the ordinal of the next event.
import type { Database, Statement } from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import type { Seq } from '../../model/page.ts'
import type { Lived } from '../elapsed.ts'

export interface State {
  readonly instance: string
  readonly secret: Uint8Array
  readonly generation: number
  readonly marker: 'open' | 'clean' | 'backup'
  readonly heartbeat_at: number | null
  readonly elapsed_ms: number
  readonly wall_at: number
  readonly next_seq: Seq
}

export class StateRow {
  readonly #row: Statement<[], State>
  readonly #fence: Statement<[], { generation: number; next_seq: Seq }>
  readonly #advance: Statement<[Seq]>
  readonly #mark: Statement<[State['marker'], number, number, number]>
  readonly #beat: Statement<[number | null, number, number]>

  constructor(db: Database) {
    this.#row = db.prepare('SELECT * FROM state')
    this.#fence = db.prepare('SELECT generation, next_seq FROM state')
    this.#advance = db.prepare('UPDATE state SET next_seq = ?')
    this.#mark = db.prepare('UPDATE state SET marker = ?, generation = ?, elapsed_ms = ?, wall_at = ?')
    this.#beat = db.prepare('UPDATE state SET heartbeat_at = ?, elapsed_ms = ?, wall_at = ?')
  }

  read(): State {
    const row = this.#row.get()
    if (!row) throw new StateError('the state has no identity; it is damaged: restore a backup')
    return row
  }

  nextSeq(): Seq {
    return this.#fence.get()?.next_seq ?? 1
  }

  /** Throws when another holder has opened this state since: two must never write. */
  fence(generation: number): void {
    if (this.#fence.get()?.generation === generation) return
    throw new StateError(
      'another audit-relay has taken over this state (was its lock file removed?); this one stops and writes nothing more',
    )
  }

  advance(nextSeq: Seq): void {
    this.#advance.run(nextSeq)
  }

  mark(marker: State['marker'], generation: number, lived: Lived): void {
    this.#mark.run(marker, generation, Math.round(lived.elapsedMs), lived.wallAt)
  }

  heartbeat(now: number | null, lived: Lived): void {
    this.#beat.run(now, Math.round(lived.elapsedMs), lived.wallAt)
  }
}
