// Reads one period of a source again, in a lane of its own: each page is committed with the cursors of the lane and with the counts of
// the request, behind everything that is live.
import { messageOf, SetupError, SourceError, StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { SavedCursor, SourceNotice } from '../sources/source.ts'
import { laneOfBackfill } from '../store/backfilling.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { failureDelayMs } from './backoff.ts'
import { LIVE } from './lanes.ts'
import type { EncodedPage } from './page-encoder.ts'
import type { OpenReader, Reader } from './reader.ts'
import { tellCommitted } from './tell-committed.ts'
import { saveNarrower, tooWideOr } from './too-wide.ts'
import { viewOf } from './window-state.ts'

/** What is to be read, and for which request. */
export interface BackfillOpening {
  readonly request: number
  readonly source: string
  /** Source time, `[from, to)`, ms. */
  readonly from: number
  readonly to: number
  /** Waited for after each page, with what it held, before the next one is committed. */
  readonly paced: (events: number, signal: AbortSignal) => Promise<void>
}

/** One attempt to read to the end of the period. */
export interface BackfillPull {
  /** Every part has been read to the end. */
  readonly done: boolean
  /** Why it rests; null when only the signal came first. */
  readonly error: string | null
  readonly nextInMs: number
}

export interface BackfillLane {
  /** Never rejects for what the source or a full state does: then it is tried again from the last page. */
  step(signal: AbortSignal): Promise<BackfillPull>
  close(): Promise<void>
}

const stopped: BackfillPull = { done: false, error: null, nextInMs: 0 }
/** What was too new a moment ago is old enough soon. */
const youngMs = 10_000

/** Undefined when there is no such source, or none that can be read in windows. */
export type OpenBackfill = (opening: BackfillOpening) => BackfillLane | undefined

export interface BackfillReaderParts {
  readonly store: Store
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly open: OpenReader
  /** Called after each commit with new events. */
  readonly committed: () => void
}

export class BackfillReader implements BackfillLane {
  readonly #opening: BackfillOpening
  readonly #parts: BackfillReaderParts
  readonly #cursors = new Map<string, string>()
  #reader: Reader | undefined
  /** Those that live reading knows: the ones that the lane has not come to are unread. */
  #liveParts = 0
  #failures = 0

  constructor(opening: BackfillOpening, parts: BackfillReaderParts) {
    this.#opening = opening
    this.#parts = parts
  }

  async step(signal: AbortSignal): Promise<BackfillPull> {
    try {
      await this.#readAll(signal)
      if (signal.aborted) return stopped
      if (this.#isDone()) return { done: true, error: null, nextInMs: 0 }
      return { done: false, error: 'the end of the period is too new for the source to be read', nextInMs: youngMs }
    } catch (error) {
      if (signal.aborted && error === signal.reason) return stopped
      return await this.#failed(error)
    }
  }

  /** A window that the store finds too wide is halved on the way. */
  async #readAll(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts
    const { source, paced } = this.#opening
    for (;;) {
      const reader = (this.#reader ??= await this.#open())
      let refused: Parameters<typeof saveNarrower>[2] | undefined
      for await (const page of reader.read(signal)) {
        const error = await this.#commit(page).then(() => null, tooWideOr)
        if (error) {
          refused = { page, error }
          break
        }
        this.#failures = 0
        await paced(page.page.count + page.quarantined.length, signal)
      }
      if (!refused) return
      await this.close()
      await saveNarrower(store, source, refused, clock.now())
    }
  }

  #isDone(): boolean {
    const { to } = this.#opening
    const places = [...this.#cursors.values()]
    return places.length > 0 && places.every((value) => (viewOf(value)?.frontier ?? -Infinity) >= to)
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  async #open(): Promise<Reader> {
    const { store, open, telemetry } = this.#parts
    const { source, request, from, to } = this.#opening
    const lane = laneOfBackfill(request)
    const saved = await store.cursors(source)
    this.#cursors.clear()
    for (const cursor of saved) if (cursor.lane === lane) this.#cursors.set(cursor.part, cursor.value)
    this.#liveParts = saved.filter((cursor) => cursor.lane === LIVE).length
    const cursors = [...this.#cursors].map(([part, value]): SavedCursor => ({ part, value }))
    const notice = (heard: SourceNotice): void => telemetry.emit({ type: 'source_notice', source, ...heard })
    return open(source, cursors, notice, { id: request, from, to })
  }

  async #commit(encoded: EncodedPage): Promise<void> {
    const { store, clock, telemetry, committed } = this.#parts
    const { request, source } = this.#opening
    for (const { part, value } of encoded.cursors)
      if (value === null) this.#cursors.delete(part)
      else this.#cursors.set(part, value)
    const backfill = { request, covered: this.#covered() }
    crashPoint('page-read')
    const { narrower: _narrower, ...given } = encoded
    const commit = { ...given, source, lane: laneOfBackfill(request), queue: 'catch_up', backfill } as const
    const done = await store.commitPage(commit, clock.now())
    crashPoint('after-commit')
    if (tellCommitted(telemetry, source, encoded, done) > 0) committed()
  }

  /** The share of the period that is read, all parts together. */
  #covered(): number {
    const { from, to } = this.#opening
    const read = [...this.#cursors.values()].map((value) => Math.min(viewOf(value)?.frontier ?? from, to) - from)
    const parts = Math.max(this.#liveParts, read.length, 1)
    return read.reduce((sum, ms) => sum + ms, 0) / (parts * (to - from))
  }

  /** What was read ahead of a failed commit is read again from the saved cursors. */
  async #failed(error: unknown): Promise<BackfillPull> {
    if (!(error instanceof SourceError || error instanceof SetupError || error instanceof StateFullError)) throw error
    await this.close().catch(() => {})
    this.#failures++
    const nextInMs = failureDelayMs(error, this.#failures)
    const kind = error instanceof SourceError ? error.kind : 'denied'
    const { source } = this.#opening
    const text = messageOf(error)
    if (!(error instanceof StateFullError))
      this.#parts.telemetry.emit({ type: 'pull_failed', source, kind, text, nextInMs })
    return { done: false, error: text, nextInMs }
  }
}
