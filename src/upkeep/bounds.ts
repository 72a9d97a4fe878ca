// Keeps what waits for a destination within the destination's own bound, and says what that cost. Nobody delivers to it meanwhile;
// everything else goes on.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { reasonOfTrim, type TrimCause } from '../store/buffer.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

export interface BoundsParts {
  readonly store: Store
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Stops what delivers to this name while `work` changes the state. */
  readonly destinations: { with<Result>(name: string, work: () => Promise<Result>): Promise<Result> }
}

export class Bounds {
  readonly #parts: BoundsParts
  /** Destinations that are being trimmed. */
  readonly #under = new Map<string, Promise<void>>()
  #failure: { readonly error: unknown } | null = null

  constructor(parts: BoundsParts) {
    this.#parts = parts
  }

  /** Whether a destination rests for it right now. */
  get busy(): boolean {
    return this.#under.size > 0
  }

  /** Takes up what has exceeded its bound; stopping one that hangs may take a while, and nobody waits for that. Rejects when an earlier one failed. */
  async step(drain: AbortSignal): Promise<void> {
    this.#throwFailure()
    const { store, clock, destinations } = this.#parts
    for (const name of await store.overBuffer(clock.now())) {
      if (this.#under.has(name) || drain.aborted) continue
      const work = destinations.with(name, () => this.#inTurn(name, drain))
      const ended = work.catch((error: unknown) => void (this.#failure ??= { error }))
      this.#under.set(
        name,
        ended.then(() => void this.#under.delete(name)),
      )
    }
  }

  /** The same for all of them, before anybody delivers. */
  async before(drain: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts
    for (const name of await store.overBuffer(clock.now())) await this.#trim(name, drain)
  }

  /** Waits for what is under way. */
  async finish(): Promise<void> {
    await Promise.all(this.#under.values())
    this.#throwFailure()
  }

  /** What was before it in turn may have emptied it, or removed it altogether. */
  async #inTurn(name: string, drain: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts
    if ((await store.overBuffer(clock.now())).includes(name)) await this.#trim(name, drain)
  }

  async #trim(name: string, drain: AbortSignal): Promise<void> {
    const { store, clock, telemetry } = this.#parts
    const gone: Record<TrimCause, number> = { too_old: 0, buffer_full: 0 }
    let [more, type]: [boolean, 'dropped' | 'died'] = [true, 'dropped']
    try {
      while (more && !drain.aborted) {
        const trimmed = await store.trimBuffer(name, clock.now())
        gone.too_old += trimmed.tooOld
        gone.buffer_full += trimmed.beyond
        more = trimmed.more
        type = trimmed.fate === 'dead' ? 'died' : 'dropped'
      }
    } catch (error) {
      // Nothing can be written down now; it is too much, or too old, later too.
      if (!(error instanceof StateFullError)) throw error
    }
    for (const [cause, events] of Object.entries(gone) as [TrimCause, number][])
      if (events > 0) telemetry.emit({ type, destination: name, events, cause, reason: reasonOfTrim(cause) })
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
