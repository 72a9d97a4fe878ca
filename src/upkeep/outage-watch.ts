// Reminds now and then of a destination that does not take events: that it stopped is said when it happens, how long it lasts and how
// much waits meanwhile at most once an hour.
import type { DestinationOverview, Overview } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

const remindEveryMs = 3_600_000

export interface WatchTime {
  readonly now: number
  readonly monotonic: number
}

export class OutageWatch {
  readonly #telemetry: Telemetry
  /** Wall clock: what began before has not been said in this run. */
  readonly #startedAt: number
  /** Monotonic, by destination: when its outage was spoken of last. */
  readonly #said = new Map<string, number>()

  constructor(telemetry: Telemetry, startedAt: number) {
    this.#telemetry = telemetry
    this.#startedAt = startedAt
  }

  look({ destinations }: Pick<Overview, 'destinations'>, time: WatchTime): void {
    const names = new Set(destinations.map(({ name }) => name))
    for (const name of this.#said.keys()) if (!names.has(name)) this.#said.delete(name)
    for (const destination of destinations) this.#lookAt(destination, time)
  }

  #lookAt({ name, state, health, waiting, retrying }: DestinationOverview, { now, monotonic }: WatchTime): void {
    if (state !== 'enabled' || !health || health.state === 'closed') {
      this.#said.delete(name)
      return
    }
    const said = this.#said.get(name) ?? (health.since >= this.#startedAt ? monotonic : -Infinity)
    const due = monotonic - said >= remindEveryMs
    this.#said.set(name, due ? monotonic : said)
    if (!due) return
    this.#telemetry.emit({
      type: 'outage_lasts',
      destination: name,
      state: health.state,
      reason: health.reason,
      lastsMs: Math.max(0, now - health.since),
      waiting: waiting + retrying,
    })
  }
}
