// Ends dead letters that have been kept long enough, one step for each destination at a time, and says so. While somebody replays
// dead letters of a destination none of its own is taken away.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { StoredRequest } from '../store/requests.ts'
import { type Expiry, UNCHANGED } from '../store/retention.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

export interface ExpiryParts {
  readonly store: Store
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** By destination: how long its dead letters are kept, ms; null: for ever. */
  readonly keepMs: ReadonlyMap<string, number | null>
}

export class DeadLetterExpiry {
  readonly #parts: ExpiryParts
  /** By destination: purged so far, and not told yet. */
  readonly #purged = new Map<string, number>()

  constructor(parts: ExpiryParts) {
    this.#parts = parts
  }

  /** One step for each destination; true when there is more to do at once. */
  async step(): Promise<boolean> {
    const { store, keepMs } = this.#parts
    const replayed = replayedFrom(await store.openRequests())
    let more = false
    for (const [destination, ms] of keepMs)
      if (!replayed.has(destination) && (await this.#expire(destination, ms ?? Infinity))) more = true
    return more
  }

  async #expire(destination: string, keepMs: number): Promise<boolean> {
    const { store, clock, telemetry } = this.#parts
    const { announced, purged, more } = await unlessFull(() =>
      store.expireDeadLetters(destination, keepMs, clock.now()),
    )
    if (announced > 0) telemetry.emit({ type: 'dead_letters_expiring', destination, letters: announced })
    const gone = (this.#purged.get(destination) ?? 0) + purged
    this.#purged.set(destination, more ? gone : 0)
    if (gone > 0 && !more) telemetry.emit({ type: 'dead_letters_purged', destination, letters: gone })
    return more
  }
}

/** Destinations of which somebody wants letters back. */
function replayedFrom(requests: readonly StoredRequest[]): ReadonlySet<string> {
  const chosen = requests.flatMap(({ asked }) => (asked.kind === 'replay_dead_letters' ? asked.letters : []))
  return new Set(chosen.map(({ destination }) => destination))
}

/** A full state ends nothing; there is time. */
async function unlessFull(work: () => Promise<Expiry>): Promise<Expiry> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StateFullError) return UNCHANGED
    throw error
  }
}
