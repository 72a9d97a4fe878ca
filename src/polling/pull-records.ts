// What `status` shows of a source's pulls: how the last one ended, or that one gets on, and what the source has to say.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { SourceNotice } from '../sources/source.ts'
import type { PullRecord, Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

/** An unchanged pull is written down again so often at most. */
const recordEveryMs = 15_000
/** A pull that takes longer than this is one that gets on. */
const lastsMs = 5_000
const mostNotices = 20

export interface PullRecordsParts {
  readonly name: string
  readonly store: Pick<Store, 'savePull'>
  readonly clock: Clock
  readonly telemetry: Telemetry
}

type PullResult = Pick<PullRecord, 'ok' | 'error' | 'limited'>

export class PullRecords {
  readonly #parts: PullRecordsParts
  readonly #notices = new Map<string, SourceNotice>()
  #last = { at: -Infinity, text: '' }
  #began = -Infinity

  constructor(parts: PullRecordsParts) {
    this.#parts = parts
  }

  notice(notice: SourceNotice): void {
    this.#notices.set(`${notice.code} ${notice.subject}`, notice)
  }

  /** The source is opened anew, and says again what still holds. */
  clear(): void {
    this.#notices.clear()
  }

  begins(): void {
    this.#began = this.#parts.clock.monotonic()
  }

  /** A pull has ended. */
  ended(result: PullResult, nextInMs: number): Promise<void> {
    return this.#save(result, nextInMs)
  }

  /** Reading a backlog can take hours; meanwhile how the pull before it ended is no longer true. Should it break off, the next is due. */
  async gettingOn(): Promise<void> {
    const { clock, telemetry, name } = this.#parts
    if (clock.monotonic() - Math.max(this.#began, this.#last.at) < lastsMs) return
    telemetry.emit({ type: 'pull_lasts', source: name })
    await this.#save({ ok: true, error: null }, 0)
  }

  /** At once when something changed, else now and then. */
  async #save(result: PullResult, nextInMs: number): Promise<void> {
    const { store, clock, name } = this.#parts
    const notices = [...this.#notices.values()].filter(({ level }) => level !== 'info').slice(-mostNotices)
    const text = JSON.stringify([result, notices])
    if (text === this.#last.text && clock.monotonic() - this.#last.at < recordEveryMs) return
    this.#last = { at: clock.monotonic(), text }
    try {
      const at = clock.now()
      await store.savePull(name, { at, nextAt: at + nextInMs, ...result, notices }, at)
    } catch (error) {
      // A full disk has been said already; the record is only for show.
      if (!(error instanceof StateFullError)) throw error
    }
  }
}
