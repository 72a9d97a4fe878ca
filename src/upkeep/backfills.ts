// Carries out backfills: reads again what a source has of a period, in a lane and a queue of their own, as fast as was asked. How far
// one has come stands in the state with each page, so that whoever holds the state next goes on there.
import { ControlError } from '../model/errors.ts'
import type { BackfillLane, OpenBackfill } from '../polling/backfill-lane.ts'
import type { Clock } from '../runtime/clock.ts'
import { type BackfillAsked, laneOfBackfill, NOTHING_BACKFILLED } from '../store/backfilling.ts'
import type { Backfilled, MovedCursors, StoredRequest } from '../store/requests.ts'
import type { Store } from '../store/store.ts'
import { counted, countText } from '../telemetry/units.ts'
import { Pace } from './pace.ts'

export interface BackfillsParts {
  readonly store: Store
  readonly clock: Clock
  /** Without it nothing is read here, and backfills are left to whoever holds the state next. */
  readonly open?: OpenBackfill
}

/** How a request ends, and what becomes of the cursors of its lane. */
export interface BackfillEnd {
  readonly ok: boolean
  readonly text: string
  readonly moved: MovedCursors
}

interface UnderWay {
  readonly source: string
  /** Ends it for good. */
  readonly cancel: AbortController
  readonly ended: Promise<void>
  /** Makes it look again whether it may read. */
  look: AbortController
}

const lookAgainMs = 1_000
const paceEveryMs = 100

export class Backfills {
  readonly #parts: BackfillsParts
  readonly #underWay = new Map<number, UnderWay>()

  constructor(parts: BackfillsParts) {
    this.#parts = parts
  }

  /** Reads to the end of the period and returns how to end the request; null when it was cancelled, or at `drain`. */
  async carry(request: StoredRequest, asked: BackfillAsked, drain: AbortSignal): Promise<BackfillEnd | null> {
    const { open } = this.#parts
    if (!open) return null
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const cancel = new AbortController()
    const mine: UnderWay = { source: asked.source, cancel, ended, look: new AbortController() }
    this.#underWay.set(request.id, mine)
    try {
      const stop = AbortSignal.any([drain, cancel.signal])
      if (!(await this.#mayBegin(request.id, asked, stop))) return null
      await this.#parts.store.beginBackfill(request.id, this.#parts.clock.now())
      const lane = this.#opened(request.id, asked, open)
      try {
        return (await this.#read(request.id, lane, mine, stop)) ? await this.end(request, null) : null
      } finally {
        await lane.close()
      }
    } finally {
      this.#underWay.delete(request.id)
      resolve()
    }
  }

  /** Stops one that is under way; returns when nothing more is read for it. */
  async stop(id: number): Promise<void> {
    const running = this.#underWay.get(id)
    running?.cancel.abort()
    await running?.ended
  }

  /** Whether this source may be read has changed. */
  lookAgain(source: string): void {
    for (const running of this.#underWay.values()) if (running.source === source) running.look.abort()
  }

  /** How it ends: read to its end, or before that for a reason. Its lane is forgotten. */
  async end({ id, asked }: StoredRequest, cutShort: string | null): Promise<BackfillEnd> {
    const { store } = this.#parts
    const { source } = asked as BackfillAsked
    const far = (await this.#find(id))?.backfilled ?? NOTHING_BACKFILLED
    const lane = laneOfBackfill(id)
    const cursors = (await store.cursors(source))
      .filter((cursor) => cursor.lane === lane)
      .map(({ part }) => ({ lane, part, value: null }))
    return { ok: cutShort === null, text: cutShort ?? readText(far), moved: { source, cursors } }
  }

  /** One at a time for each source, in the order of their numbers, and none while the source is disabled. */
  async #mayBegin(id: number, asked: BackfillAsked, stop: AbortSignal): Promise<boolean> {
    while (!stop.aborted) {
      const open = await this.#parts.store.openRequests()
      const before = open.some(
        (one) => one.asked.kind === 'backfill' && one.asked.source === asked.source && one.id < id,
      )
      if (!before && (await this.#isEnabled(asked.source))) return true
      await this.#rest(lookAgainMs, stop)
    }
    return false
  }

  /** True when it was read to its end. */
  async #read(id: number, lane: BackfillLane, mine: UnderWay, stop: AbortSignal): Promise<boolean> {
    while (!stop.aborted) {
      mine.look = new AbortController()
      const signal = AbortSignal.any([stop, mine.look.signal])
      if (!(await this.#isEnabled(mine.source))) {
        await this.#say(id, 'the source is disabled')
        await this.#rest(lookAgainMs, stop)
        continue
      }
      const { done, error, nextInMs } = await lane.step(signal)
      if (done) return true
      if (signal.aborted) continue
      await this.#say(id, error)
      await this.#rest(nextInMs, signal)
    }
    return false
  }

  #opened(id: number, asked: BackfillAsked, open: OpenBackfill): BackfillLane {
    const { clock } = this.#parts
    const { source, from, to, perSecond } = asked
    const pace = new Pace(perSecond, clock.monotonic())
    /** A page is a page: what it had too many is waited for before the next one. */
    const paced = async (events: number, signal: AbortSignal): Promise<void> => {
      if (perSecond === null) return
      pace.spend(events)
      while (pace.allowed(clock.monotonic()) < 1 && !signal.aborted) await this.#rest(paceEveryMs, signal)
    }
    const lane = open({ request: id, source, from, to, paced })
    if (lane) return lane
    throw new ControlError(`source "${source}" is not in the configuration in force, or cannot be read in windows`)
  }

  async #isEnabled(source: string): Promise<boolean> {
    const { store, clock } = this.#parts
    const { sources } = await store.overview(clock.now())
    return sources.find(({ name }) => name === source)?.enabled ?? true
  }

  async #say(id: number, trouble: string | null): Promise<void> {
    const { store, clock } = this.#parts
    const far = (await this.#find(id))?.backfilled ?? NOTHING_BACKFILLED
    if (far.trouble !== trouble) await store.saveTrouble(id, trouble, clock.now())
  }

  async #find(id: number): Promise<StoredRequest | undefined> {
    return (await this.#parts.store.openRequests()).find((one) => one.id === id)
  }

  #rest(ms: number, signal: AbortSignal): Promise<void> {
    return this.#parts.clock.sleep(ms, signal).catch(() => {})
  }
}

/** `read 1,234 events: 1,000 new, 234 known already, 0 quarantined`. */
export function readText({ new: found, known, quarantined }: Backfilled = NOTHING_BACKFILLED): string {
  const read = counted(found + known + quarantined, 'record')
  return `read ${read}: ${countText(found)} new, ${countText(known)} known already, ${countText(quarantined)} quarantined`
}
