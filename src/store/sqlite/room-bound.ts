// The bound that destinations share: bytes in use against `max_size`, and who must wait when they are all used.
import type { Database, Statement } from 'better-sqlite3'
import { StateFullError } from '../../model/errors.ts'
import { RELAY_SOURCE } from '../notices.ts'
import type { Room } from '../store.ts'
import { reads } from './destinations.ts'
import { sizeOf } from './files.ts'
import type { Held } from './held.ts'
import type { Reserve } from './reserve.ts'

export class RoomBound {
  readonly #path: string
  readonly #maxBytes: number
  readonly #reserve: Reserve
  readonly #held: Held
  readonly #pages: Statement<[], number>
  readonly #free: Statement<[], number>
  readonly #pageSize: number

  constructor(db: Database, path: string, given: { maxBytes: number; reserve: Reserve; held: Held }) {
    this.#path = path
    this.#maxBytes = given.maxBytes
    this.#reserve = given.reserve
    this.#held = given.held
    this.#pages = db.prepare<[], number>('PRAGMA page_count').pluck()
    this.#free = db.prepare<[], number>('PRAGMA freelist_count').pluck()
    this.#pageSize = db.pragma('page_size', { simple: true }) as number
  }

  /** The file never shrinks; what is free in it is room. */
  used(): number {
    const pages = (this.#pages.get() ?? 0) - (this.#free.get() ?? 0)
    return pages * this.#pageSize + (sizeOf(`${this.#path}-wal`) ?? 0)
  }

  over(): boolean {
    return this.used() >= this.#maxBytes
  }

  room(): Room {
    const usedBytes = this.used()
    const holder = this.#held.oldest()?.destination.name
    const full = usedBytes >= this.#maxBytes || this.#reserve.released
    return { usedBytes, maxBytes: this.#maxBytes, full, ...(holder === undefined ? {} : { holder }) }
  }

  /**
   * Throws `StateFullError` when a page of this source must wait. Only sources that feed the destination with the oldest waiting
   * event wait for `max_size`, and never the relay's own: carrying notices is what lets them go. A full disk stops them all.
   */
  require(source: string): void {
    if (!this.#reserve.recovered())
      throw new StateFullError(
        `there is no room on the disk of ${this.#path}; make room (${this.#reserve.wants()})`,
        this.#held.oldest()?.destination.name,
      )
    if (source === RELAY_SOURCE || !this.over()) return
    const holder = this.#held.oldest()?.destination
    if (holder && !reads(holder, source)) return
    const who = holder
      ? `destination "${holder.name}" holds the oldest waiting events`
      : 'nothing waits, and what has to be remembered needs that much: raise state.max_size'
    throw new StateFullError(`the state has reached max_size (${this.#maxBytes} bytes): ${who}`, holder?.name)
  }
}
