// Takes back rejects that turned out to be the destination's set-up: they wait again, once all that is known of them is written.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { Judgement } from './judgement.ts'
import type { Retries } from './retries.ts'
import type { Settler } from './settler.ts'

const againMs = 1_000

export interface ExhumerParts {
  readonly name: string
  readonly store: Store
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly judgement: Judgement
  readonly settler: Settler
  readonly retries: Retries
}

export class Exhumer {
  readonly #parts: ExhumerParts
  #dueAt = 0

  constructor(parts: ExhumerParts) {
    this.#parts = parts
  }

  /** Monotonic; not before then, because the state was full. */
  get dueAt(): number {
    return this.#dueAt
  }

  /** Takes them back if there is a reason to, and if it can be done now. */
  async step(): Promise<void> {
    const { name, store, clock, telemetry, judgement, settler, retries } = this.#parts
    const reason = judgement.refusal
    if (!reason || clock.monotonic() < this.#dueAt) return
    if (!settler.idle) return settler.hurry()
    try {
      const events = await store.exhume(name, clock.now())
      judgement.refusal = null
      retries.changed()
      telemetry.emit({ type: 'exhumed', destination: name, events, reason })
    } catch (error) {
      if (!(error instanceof StateFullError)) throw error
      this.#dueAt = clock.monotonic() + againMs
    }
  }
}
