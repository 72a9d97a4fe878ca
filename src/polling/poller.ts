// Pulls one source: opens it at its saved cursors, commits page after page, gives back what is settled, waits for the next time.
import { messageOf, SetupError, SourceError, StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { SourceNotice } from '../sources/source.ts'
import type { Committed, Cursor, PullRecord, Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { failureDelayMs } from './backoff.ts'
import type { EncodedPage } from './page-encoder.ts'
import type { OpenReader, Reader } from './reader.ts'

const lane = 'live'
/** Parts are offered back, and an unchanged pull is written down again, at most this often. */
const releaseEveryMs = 1000
const recordEveryMs = 15_000

export interface PollerParts {
  readonly name: string
  readonly everyMs: number
  readonly store: Store
  readonly open: OpenReader
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Called after each commit with new events. */
  committed(): void
}

/** How a pull ended. */
export interface Pull {
  readonly ok: boolean
  readonly events: number
  readonly nextInMs: number
}

export class Poller {
  readonly #parts: PollerParts
  #reader: Reader | undefined
  /** For each part the ordinal after its last committed event. */
  readonly #committed = new Map<string, number>()
  readonly #notices = new Map<string, SourceNotice>()
  #failures = 0
  #full = false
  #lastRelease = -Infinity
  #lastRecord = { at: -Infinity, text: '' }

  constructor(parts: PollerParts) {
    this.#parts = parts
  }

  get name(): string {
    return this.#parts.name
  }

  /** Pulls again and again until `drain`. */
  async run(drain: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!drain.aborted) {
      const { nextInMs } = await this.step(drain)
      if (drain.aborted) break
      await clock.sleep(nextInMs, drain).catch(() => {})
    }
    await this.close()
  }

  /** One pull, to the end of what the source has now. Never throws for what the source or a full state does. */
  async step(signal: AbortSignal): Promise<Pull> {
    const startedAt = this.#parts.clock.monotonic()
    let events = 0
    try {
      const reader = (this.#reader ??= await this.#open())
      for await (const page of reader.read(signal)) events += await this.#commit(page)
      await this.#release(reader, signal)
      this.#failures = 0
      this.#roomAgain()
      await this.#record({ ok: true, error: null })
      const elapsed = this.#parts.clock.monotonic() - startedAt
      return { ok: true, events, nextInMs: Math.max(this.#parts.everyMs - elapsed, 0) }
    } catch (error) {
      // Only the stop itself is no failure: a fault that comes while stopping is still a fault.
      if (signal.aborted && error === signal.reason) return { ok: true, events, nextInMs: 0 }
      return { ok: false, events, nextInMs: await this.#failed(error) }
    }
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  async #open(): Promise<Reader> {
    const { store, name, open } = this.#parts
    const saved = (await store.cursors(name)).filter((cursor) => cursor.lane === lane)
    this.#committed.clear()
    for (const { part, seq } of saved) this.#committed.set(part, seq)
    this.#notices.clear()
    return open(
      name,
      saved.map(({ part, value }: Cursor) => ({ part, value })),
      (notice) => this.#notice(notice),
    )
  }

  /** Events that were new. */
  async #commit(encoded: EncodedPage): Promise<number> {
    const { store, clock, name, telemetry } = this.#parts
    crashPoint('page-read')
    const { page, packed, quarantined, routing, cursors, bypassed, missing } = encoded
    const commit = {
      source: name,
      lane,
      queue: 'live',
      page,
      packed,
      quarantined,
      routing,
      cursors,
      bypassed,
      missing,
    } as const
    const committed = await store.commitPage(commit, clock.now())
    crashPoint('after-commit')
    this.#note(encoded, committed)
    const events = committed.seqs.to - committed.seqs.from
    if (page.count > 0 || quarantined.length > 0)
      telemetry.emit({
        type: 'page_committed',
        source: name,
        events,
        duplicates: committed.duplicates,
        quarantined: quarantined.length,
      })
    for (const conflict of committed.conflicts) telemetry.emit({ type: 'conflict', source: name, ...conflict })
    if (events > 0) this.#parts.committed()
    return events
  }

  #note({ cursors }: EncodedPage, { seqs }: Committed): void {
    this.#roomAgain()
    for (const { part, value } of cursors) {
      if (value === null) this.#committed.delete(part)
      else this.#committed.set(part, seqs.to)
    }
  }

  /** Gives back parts whose events are settled at every destination. */
  async #release(reader: Reader, signal: AbortSignal): Promise<void> {
    const { store, clock, name } = this.#parts
    if (clock.monotonic() - this.#lastRelease < releaseEveryMs) return
    this.#lastRelease = clock.monotonic()
    const candidates = await reader.releasable()
    if (candidates.length === 0) return
    const through = await store.settledThrough(name)
    const settled = candidates.filter((part) => (this.#committed.get(part) ?? Infinity) <= through)
    if (settled.length === 0) return
    const forgotten = await reader.release(settled, signal)
    if (forgotten.length === 0) return
    await store.saveCursors(name, lane, forgotten, clock.now())
    for (const { part } of forgotten) this.#committed.delete(part)
  }

  /** Backs off; what the source read ahead of a failed commit is read again from the saved cursors. */
  async #failed(error: unknown): Promise<number> {
    const { telemetry, name } = this.#parts
    if (!isExpected(error)) throw error
    await this.close().catch(() => {})
    this.#failures++
    const nextInMs = failureDelayMs(error, this.#failures)
    if (error instanceof StateFullError) {
      if (!this.#full) telemetry.emit({ type: 'state_full', text: error.message })
      this.#full = true
    } else {
      const kind = error instanceof SourceError ? error.kind : 'denied'
      telemetry.emit({ type: 'pull_failed', source: name, kind, text: messageOf(error), nextInMs })
    }
    await this.#record({ ok: false, error: messageOf(error) })
    return nextInMs
  }

  #roomAgain(): void {
    if (this.#full) this.#parts.telemetry.emit({ type: 'state_has_room' })
    this.#full = false
  }

  #notice(notice: SourceNotice): void {
    this.#notices.set(`${notice.code} ${notice.subject}`, notice)
    this.#parts.telemetry.emit({ type: 'source_notice', source: this.#parts.name, ...notice })
  }

  /** Writes the pull down for `status`: at once when something changed, else now and then. */
  async #record(result: Pick<PullRecord, 'ok' | 'error'>): Promise<void> {
    const { store, clock, name } = this.#parts
    const notices = [...this.#notices.values()].filter(({ level }) => level !== 'info').slice(-20)
    const text = JSON.stringify([result, notices])
    if (text === this.#lastRecord.text && clock.monotonic() - this.#lastRecord.at < recordEveryMs) return
    this.#lastRecord = { at: clock.monotonic(), text }
    try {
      await store.savePull(name, { at: clock.now(), ...result, notices }, clock.now())
    } catch (error) {
      // A full disk has been said already; the record is only for show.
      if (!(error instanceof StateFullError)) throw error
    }
  }
}

/** What a source or a full disk does is expected; anything else is ours, and ends the process. */
function isExpected(error: unknown): error is SourceError | SetupError | StateFullError {
  return error instanceof SourceError || error instanceof SetupError || error instanceof StateFullError
}
