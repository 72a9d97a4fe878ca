// How many may go now, at so many per second: what was not used up to one second's worth is saved. Pure.

export class Pace {
  readonly #perSecond: number
  #saved: number
  #at: number

  /** `perSecond: null` is no limit. Times are monotonic, ms. */
  constructor(perSecond: number | null, now: number) {
    this.#perSecond = perSecond ?? Infinity
    this.#saved = perSecond === null ? Infinity : Math.min(1, perSecond)
    this.#at = now
  }

  /** Whole ones that may go at `now`. */
  allowed(now: number): number {
    const earned = this.#perSecond === Infinity ? 0 : ((now - this.#at) / 1000) * this.#perSecond
    this.#at = now
    this.#saved = Math.min(this.#saved + earned, Math.max(this.#perSecond, 1))
    return Math.floor(this.#saved)
  }

  spend(count: number): void {
    this.#saved -= count
  }
}
