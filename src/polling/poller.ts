// Pulls one source: opens it at its saved cursors, commits page after page, gives back what is settled, waits for the next time.
import { messageOf, SetupError, SourceError, StateFullError, WindowError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { crashPoint } from '../runtime/crash-points.ts'
import type { SourceNotice } from '../sources/source.ts'
import type { Committed, PullRecord, Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { failureDelayMs } from './backoff.ts'
import { isPulled, LIVE } from './lanes.ts'
import type { EncodedPage } from './page-encoder.ts'
import { putOff } from './put-off.ts'
import type { OpenReader, Reader } from './reader.ts'
import { PullRecords } from './pull-records.ts'
import { firstInMs, isDue, nextInMs, periodMs, type Schedule } from './schedule.ts'
import { tellCommitted } from './tell-committed.ts'
import { saveNarrower, tooWideOr, withOwnWindow } from './too-wide.ts'

/** Parts are offered back at most this often. */
const releaseEveryMs = 1000
/** A tick is looked for anew so often: the clock may have been set meanwhile. */
const tickEveryMs = 60_000

export interface PollerParts extends Schedule {
  readonly name: string
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
  /** It failed because the source asked to wait. */
  readonly limited?: boolean
  readonly events: number
  readonly nextInMs: number
}

export class Poller {
  readonly #parts: PollerParts
  #reader: Reader | undefined
  /** For each part the ordinal after its last committed event. */
  readonly #committed = new Map<string, number>()
  readonly #records: PullRecords
  #failures = 0
  #full = false
  #lastRelease = -Infinity

  constructor(parts: PollerParts) {
    this.#parts = parts
    this.#records = new PullRecords(parts)
  }

  get name(): string {
    return this.#parts.name
  }

  /** Pulls again and again until `drain`. `last`: the last pull that the state knows. */
  async run(drain: AbortSignal, last: PullRecord | null = null): Promise<void> {
    await this.#untilTick(firstInMs(this.#parts, last, this.#parts.clock.now()), drain)
    while (!drain.aborted) {
      const pull = await this.step(drain)
      if (!drain.aborted) await (pull.ok ? this.#untilTick(pull.nextInMs, drain) : this.#rest(pull.nextInMs, drain))
    }
    await this.close()
  }

  /** Whether `run --once` has to pull. */
  isDue(last: PullRecord | null): boolean {
    return isDue(this.#parts, last, this.#parts.clock.now())
  }

  /** What `run --once` makes of a source that is not due: it still counts as failed when it may not be asked yet. */
  putOff(last: PullRecord | null): Pull | null {
    return putOff(this.#parts, last)
  }

  /**
   * One pull, to the end of what the source has now; what is not urgent gives way after `dueInMs`. Never throws for what the source or a
   * full state does.
   */
  async step(signal: AbortSignal, dueInMs = periodMs(this.#parts, this.#parts.clock.now())): Promise<Pull> {
    const { clock } = this.#parts
    const startedAt = clock.monotonic()
    const pulled = { events: 0 }
    this.#records.begins()
    try {
      const reader = await this.#readAll(signal, startedAt + dueInMs, pulled)
      await this.#release(reader, signal)
      this.#failures = 0
      this.#roomAgain()
      const next = nextInMs(this.#parts, clock.monotonic() - startedAt, clock.now())
      await this.#records.ended({ ok: true, error: null }, next)
      this.#parts.telemetry.emit({ type: 'pull_finished', source: this.#parts.name, events: pulled.events })
      return { ok: true, ...pulled, nextInMs: next }
    } catch (error) {
      // Only the stop itself is no failure: a fault that comes while stopping is still a fault.
      if (signal.aborted && error === signal.reason) return { ok: true, ...pulled, nextInMs: 0 }
      const limited = error instanceof SourceError && error.kind === 'limited'
      return { ok: false, ...pulled, limited, nextInMs: await this.#failed(error) }
    }
  }

  /** Reads and commits everything that is due; a window that the store finds too wide is halved on the way. */
  async #readAll(signal: AbortSignal, dueAt: number, pulled: { events: number }): Promise<Reader> {
    const { store, clock, name } = this.#parts
    for (;;) {
      const reader = (this.#reader ??= await this.#open())
      let refused: Parameters<typeof saveNarrower>[2] | undefined
      for await (const page of reader.read(signal, dueAt - clock.monotonic())) {
        const events = await this.#commit(page).catch(tooWideOr)
        if (events instanceof WindowError) refused = { page, error: events }
        else {
          pulled.events += events
          // It gets on: the next failure is not one in a row.
          this.#failures = 0
          await this.#records.gettingOn()
        }
        if (refused) break
      }
      if (!refused) return reader
      await this.close()
      await saveNarrower(store, name, refused, clock.now())
    }
  }

  #rest(ms: number, drain: AbortSignal): Promise<void> {
    return this.#parts.clock.sleep(ms, drain).catch(() => {})
  }

  /** Waits for the next pull; for a tick of a cron as the wall clock goes, also when it is set. */
  async #untilTick(ms: number, drain: AbortSignal): Promise<void> {
    const { clock, cron } = this.#parts
    if (cron === undefined) return this.#rest(ms, drain)
    for (let dueAt = clock.now() + ms; !drain.aborted && clock.now() < dueAt;) {
      await clock.sleep(Math.min(dueAt - clock.now(), tickEveryMs), drain).catch(() => {})
      if (clock.now() < dueAt) dueAt = Math.min(dueAt, clock.now() + periodMs(this.#parts, clock.now()))
    }
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  async #open(): Promise<Reader> {
    const { store, name, open } = this.#parts
    const saved = (await store.cursors(name)).filter(({ lane }) => isPulled(lane))
    this.#committed.clear()
    for (const { lane, part, seq } of saved) if (lane === LIVE) this.#committed.set(part, seq)
    this.#records.clear()
    const cursors = saved.map(({ lane, part, value }) => ({ lane, part, value }))
    return open(name, cursors, (notice) => this.#notice(notice))
  }

  /** Events that were new. */
  async #commit(encoded: EncodedPage): Promise<number> {
    const { store, clock, name, telemetry } = this.#parts
    crashPoint('page-read')
    const { narrower: _narrower, ...given } = encoded
    const commit = { lane: LIVE, ...given, source: name, queue: 'live' } as const
    const committed = await store
      .commitPage(commit, clock.now())
      .catch((error: unknown) => store.commitPage(withOwnWindow(commit, encoded, error), clock.now()))
    crashPoint('after-commit')
    this.#note(encoded, committed)
    const events = tellCommitted(telemetry, name, encoded, committed)
    if (events > 0) this.#parts.committed()
    return events
  }

  #note({ cursors, lane: own = LIVE }: EncodedPage, { seqs }: Committed): void {
    this.#roomAgain()
    for (const { lane = own, part, value } of cursors) {
      if (lane !== LIVE) continue
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
    await store.saveCursors(name, LIVE, forgotten, clock.now())
    for (const { part } of forgotten) this.#committed.delete(part)
  }

  /** Backs off; what the source read ahead of a failed commit is read again from the saved cursors. */
  async #failed(error: unknown): Promise<number> {
    const { telemetry, name } = this.#parts
    if (!isExpected(error)) throw error
    await this.close().catch(() => {})
    this.#failures++
    const delayMs = failureDelayMs(error, this.#failures)
    if (error instanceof StateFullError) {
      if (!this.#full) telemetry.emit({ type: 'state_full', text: error.message })
      this.#full = true
    } else {
      const kind = error instanceof SourceError ? error.kind : 'denied'
      telemetry.emit({ type: 'pull_failed', source: name, kind, text: messageOf(error), nextInMs: delayMs })
    }
    const limited = error instanceof SourceError && error.kind === 'limited'
    await this.#records.ended({ ok: false, error: messageOf(error), ...(limited && { limited }) }, delayMs)
    return delayMs
  }

  #roomAgain(): void {
    if (this.#full) this.#parts.telemetry.emit({ type: 'state_has_room' })
    this.#full = false
  }

  #notice(notice: SourceNotice): void {
    this.#records.notice(notice)
    this.#parts.telemetry.emit({ type: 'source_notice', source: this.#parts.name, ...notice })
  }
}

/** What a source or a full disk does is expected; anything else is ours, and ends the process. */
function isExpected(error: unknown): error is SourceError | SetupError | StateFullError {
  return error instanceof SourceError || error instanceof SetupError || error instanceof StateFullError
}
