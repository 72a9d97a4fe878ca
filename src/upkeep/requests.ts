// Carries out what operators ask for while the relay runs. A request stands in the state until it is done, so that whoever holds the
// state next goes on where the last one was killed; requests for the same thing take their turns in the order of their numbers.
import { ControlError, messageOf, StateFullError } from '../model/errors.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Clock } from '../runtime/clock.ts'
import { type ControlAsked, isControl } from '../store/control.ts'
import type { Asked, MovedCursors, StoredRequest } from '../store/requests.ts'
import type { Store } from '../store/store.ts'
import type { OpenBackfill } from '../polling/backfill-lane.ts'
import { Backfills, readText } from './backfills.ts'
import { goThrough, isMoving } from './going-through.ts'
import { type Reading, type ResetAsked, resetSource } from './reset.ts'

/** Stops what delivers to, or reads from, this name while `work` changes the state. */
interface Halting {
  with<Result>(name: string, work: () => Promise<Result>): Promise<Result>
}

export interface RequestsParts {
  readonly store: Store
  readonly clock: Clock
  /** Told of each request that is taken up; without it nobody is. */
  readonly telemetry?: Telemetry
  readonly destinations: Halting & { lookAgain(name: string): void }
  readonly sources: Halting & { readonly configured: readonly string[]; readingOf?(name: string): Reading | undefined }
  /** Opens the lane of a backfill; without it backfills are left to whoever holds the state next. */
  readonly openBackfill?: OpenBackfill
}

/** How a request ends. */
interface End {
  readonly ok: boolean
  readonly text: string
  readonly moved?: MovedCursors
}

const fullAgainMs = 1_000

export class Requests {
  readonly #parts: RequestsParts
  readonly #backfills: Backfills
  /** By number: what is being carried out, or needs nothing more from here. */
  readonly #carried = new Map<number, Promise<void>>()
  #working = 0
  #failure: { readonly error: unknown } | null = null

  constructor(parts: RequestsParts) {
    this.#parts = parts
    const { store, clock, openBackfill } = parts
    this.#backfills = new Backfills({ store, clock, ...(openBackfill && { open: openBackfill }) })
  }

  /** Whether something is being carried out right now. */
  get busy(): boolean {
    return this.#working > 0
  }

  /** Takes up what is new. Rejects when something that was taken up failed for a fault of ours or of the state. */
  async step(drain: AbortSignal): Promise<void> {
    this.#throwFailure()
    const open = await this.#parts.store.openRequests()
    const numbers = new Set(open.map(({ id }) => id))
    for (const id of this.#carried.keys()) if (!numbers.has(id)) this.#carried.delete(id)
    if (drain.aborted) return
    for (const request of open)
      if (!this.#carried.has(request.id)) this.#carried.set(request.id, this.#carry(request, drain))
  }

  /** Waits for what is being carried out. */
  async finish(): Promise<void> {
    await Promise.all(this.#carried.values())
    this.#throwFailure()
  }

  async #carry(request: StoredRequest, drain: AbortSignal): Promise<void> {
    this.#working++
    try {
      const { id, asked, by } = request
      if (request.state === 'asked')
        this.#parts.telemetry?.emit({ type: 'request_taken', request: id, by, asked: wordsOf(asked) })
      await this.#untilRoom(request, drain)
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      this.#working--
    }
  }

  /** What a full state refused is tried again, from where it has come to by then. */
  async #untilRoom(request: StoredRequest, drain: AbortSignal): Promise<void> {
    let latest: StoredRequest | undefined = request
    while (latest && !drain.aborted) {
      try {
        return await this.#do(latest, drain)
      } catch (error) {
        if (!(error instanceof StateFullError)) throw error
      }
      await this.#parts.clock.sleep(fullAgainMs, drain).catch(() => {})
      latest = (await this.#parts.store.openRequests()).find(({ id }) => id === request.id)
    }
  }

  async #do(request: StoredRequest, drain: AbortSignal): Promise<void> {
    const { id, asked } = request
    try {
      if (isMoving(asked)) await goThrough(request, asked, this.#parts, drain)
      else if (isControl(asked)) await this.#control(id, asked)
      else if (asked.kind === 'reset_source') await this.#reset(request, asked)
      else if (asked.kind === 'cancel_backfill') await this.#cancel(request, asked)
      else {
        const end = await this.#backfills.carry(request, asked, drain)
        if (end) await this.#finish(id, end)
      }
    } catch (error) {
      if (!(error instanceof ControlError)) throw error
      const text = messageOf(error)
      await this.#finish(id, asked.kind === 'backfill' ? await this.#backfills.end(request, text) : { ok: false, text })
    }
  }

  /** Nobody delivers, or reads, there meanwhile. What was done and that it was done are written together: it is never done again. */
  async #control(id: number, asked: ControlAsked): Promise<void> {
    const { store, clock, destinations, sources } = this.#parts
    const work = () => store.control(id, sources.configured, clock.now())
    const { text } = await ('destination' in asked
      ? destinations.with(asked.destination, work)
      : sources.with(asked.source, work))
    this.#tellEnd(id, { ok: true, text: text ?? '' })
    if (asked.kind === 'disable_source') this.#backfills.lookAgain(asked.source)
  }

  /** The cursors move before anybody reads there again. */
  async #reset({ id, by }: StoredRequest, asked: ResetAsked): Promise<void> {
    const { store, sources } = this.#parts
    await sources.with(asked.source, async () => {
      const done = resetSource(asked, await store.cursors(asked.source), by, sources.readingOf?.(asked.source))
      await this.#finish(id, { ok: true, ...done })
    })
  }

  async #cancel({ id, by }: StoredRequest, { backfill }: Extract<Asked, { kind: 'cancel_backfill' }>): Promise<void> {
    await this.#backfills.stop(backfill)
    const found = (await this.#parts.store.openRequests()).find((one) => one.id === backfill)
    if (found?.asked.kind !== 'backfill') throw new ControlError(`backfill ${backfill} is not under way (any more)`)
    const end = await this.#backfills.end(found, `cancelled by ${by}`)
    const told = { ok: true, text: `cancelled; until then ${readText(found.backfilled)}` }
    // Asked in one turn they are one transaction: a kill leaves both open, or neither.
    await Promise.all([this.#finish(backfill, end), this.#finish(id, told)])
  }

  async #finish(id: number, { ok, text, moved }: End): Promise<void> {
    const { store, clock } = this.#parts
    await store.finishRequest(id, { ok, text }, clock.now(), moved)
    this.#tellEnd(id, { ok, text })
  }

  #tellEnd(request: number, { ok, text }: End): void {
    this.#parts.telemetry?.emit({ type: 'request_ended', request, ok, text })
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}

/** `disable destination siem`: what is asked, and of whom. */
function wordsOf(asked: Asked): string {
  const subject = 'destination' in asked ? asked.destination : 'source' in asked ? asked.source : ''
  return `${asked.kind.replaceAll('_', ' ')} ${subject}`.trimEnd()
}
