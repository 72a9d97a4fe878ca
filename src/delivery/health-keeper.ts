// Saves a destination's health, so that the next run goes on where this one stopped: at once when it changed, now and then when
// only the time of the last delivery moved.
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Store } from '../store/store.ts'
import { healthOf, type Moment } from './breaker.ts'
import type { Judgement } from './judgement.ts'

const seldomMs = 10_000

export interface HealthKeeperParts {
  readonly name: string
  readonly store: Store
  readonly clock: Clock
  readonly moment: () => Moment
  readonly failed: (error: unknown) => void
  /** A save has ended. */
  readonly saved: () => void
}

export class HealthKeeper {
  readonly #judgement: Judgement
  readonly #parts: HealthKeeperParts
  #saving: Promise<void> | null = null
  /** Monotonic. */
  #seldomAt = 0
  #retryAt = 0

  constructor(judgement: Judgement, parts: HealthKeeperParts) {
    this.#judgement = judgement
    this.#parts = parts
  }

  /** Whether something that matters is not saved yet. */
  get pending(): boolean {
    return this.#saving !== null || this.#judgement.urgent
  }

  get dueAt(): number | null {
    if (this.#saving || !this.#judgement.healthChanged) return null
    return Math.max(this.#retryAt, this.#judgement.urgent ? 0 : this.#seldomAt)
  }

  /** Starts a save if one is due. */
  step(): void {
    const dueAt = this.dueAt
    if (dueAt !== null && dueAt <= this.#parts.clock.monotonic()) this.#start()
  }

  /** Saves what is not saved, once. */
  async finish(): Promise<void> {
    await this.#saving
    if (this.#judgement.healthChanged) this.#start()
    await this.#saving
  }

  #start(): void {
    this.#saving = this.#save().finally(() => {
      this.#saving = null
      this.#parts.saved()
    })
  }

  async #save(): Promise<void> {
    const { name, store, clock, moment, failed } = this.#parts
    const judgement = this.#judgement
    const { urgent } = judgement
    judgement.healthChanged = false
    judgement.urgent = false
    this.#seldomAt = clock.monotonic() + seldomMs
    const { outages, breaker } = judgement
    const notices = outages.take()
    const health = { ...healthOf(breaker, moment()), ...(outages.untold && { untold: true as const }) }
    try {
      await store.saveHealth(name, health, clock.now(), notices)
    } catch (error) {
      if (!(error instanceof StateFullError)) return failed(error)
      outages.giveBack(notices)
      judgement.healthChanged = true
      judgement.urgent ||= urgent
      this.#retryAt = clock.monotonic() + seldomMs
    }
  }
}
