// The verbs of health, pulls, notices, of old dead letters and of bounds on SQLite, each one transaction.
import type { BufferVerbs, Trimmed } from '../buffer.ts'
import type { Elapsed } from '../elapsed.ts'
import { type NewNotice, type Notice, noticesOfGaps, type NoticeVerbs } from '../notices.ts'
import { type Expiry, type RetentionVerbs, UNCHANGED } from '../retention.ts'
import type { Health, PullRecord } from '../store.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer.ts'

export class KeepingDesk implements NoticeVerbs, RetentionVerbs, BufferVerbs {
  readonly #writer: Writer
  readonly #tables: Tables
  readonly #elapsed: Elapsed

  constructor(writer: Writer, tables: Tables, elapsed: Elapsed) {
    this.#writer = writer
    this.#tables = tables
    this.#elapsed = elapsed
  }

  saveHealth(destination: string, health: Health, now: number, news: readonly NewNotice[] = []): Promise<void> {
    return this.#writer.write(() => {
      const { destinations, notices } = this.#tables
      destinations.saveHealth(destinations.idOf(destination), health)
      notices.add(news, now)
    })
  }

  savePull(source: string, pull: PullRecord, now: number): Promise<void> {
    return this.#writer.write(() => {
      const { sources, notices } = this.#tables
      const { id, last_pull: before } = sources.ensure(source)
      sources.savePull(id, pull)
      notices.add(noticesOfGaps(source, pull, before === null ? null : (JSON.parse(before) as PullRecord)), now)
    })
  }

  note(notices: readonly NewNotice[], now: number): Promise<void> {
    return this.#writer.write(() => this.#tables.notices.add(notices, now))
  }

  async waitingNotices(now: number, limit: number): Promise<readonly Notice[]> {
    this.#writer.check()
    return this.#tables.notices.waiting(now, limit)
  }

  async expireDeadLetters(destination: string, keepMs: number, now: number): Promise<Expiry> {
    if (!this.#elapsed.agrees(now)) return UNCHANGED
    const at = this.#elapsed.moment(now)
    return this.#writer.write(() => this.#tables.expiring.step(destination, keepMs, at))
  }

  async overBuffer(now: number): Promise<readonly string[]> {
    this.#writer.check()
    return this.#tables.trimming.over(this.#since(now))
  }

  async trimBuffer(destination: string, now: number): Promise<Trimmed> {
    const since = this.#since(now)
    const at = this.#elapsed.moment(now)
    return this.#writer.write(() => this.#tables.trimming.trim(destination, since, at))
  }

  /** From which age on nothing is too old for `maxAgeMs`; nothing is while the clocks disagree. */
  #since(now: number): (maxAgeMs: number) => number {
    const age = this.#elapsed.agrees(now) ? this.#elapsed.ms() : -Infinity
    return (maxAgeMs) => age - maxAgeMs
  }
}
