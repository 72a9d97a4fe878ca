// What a dispatcher sleeps on: it wakes when somebody rings, or when the alarm that was set goes off. Rings between two waits are one.
import type { Clock } from '../runtime/clock.ts'

/** Given as the reason, it spares a costly error object for each alarm that is moved. */
const disarmed = new Error('another alarm was set')

export class Bell {
  readonly #clock: Clock
  #rung = false
  #waiter: (() => void) | null = null
  #alarmAt = Infinity
  #alarm: AbortController | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Somebody has rung since the last wait. */
  get rung(): boolean {
    return this.#rung
  }

  ring(): void {
    this.#rung = true
    this.#waiter?.()
  }

  /** Rings at this monotonic time, or earlier: an alarm that is already set for sooner stays, which costs one idle look and saves a timer. */
  setAlarm(at: number): void {
    if (at >= this.#alarmAt) return
    this.#alarm?.abort(disarmed)
    const alarm = new AbortController()
    this.#alarm = alarm
    this.#alarmAt = at
    const ended = (): void => {
      if (this.#alarm !== alarm) return
      this.#alarmAt = Infinity
      this.ring()
    }
    this.#clock.sleep(Math.max(0, at - this.#clock.monotonic()), alarm.signal).then(ended, () => undefined)
  }

  async wait(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#waiter = resolve))
    this.#waiter = null
    this.#rung = false
  }

  /** Stops the alarm. */
  close(): void {
    this.#alarm?.abort(disarmed)
    this.#alarm = null
    this.#alarmAt = Infinity
  }
}
