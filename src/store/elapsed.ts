// How long the relay has lived by its own count. Destruction by age trusts this and not the wall clock, which may jump a year.

const dayMs = 86_400_000
const toleranceMs = 600_000

/** What is kept between runs: time lived, and the wall clock when that was written. */
export interface Lived {
  readonly elapsedMs: number
  readonly wallAt: number
}

/** A moment: the wall clock's time, and how long the relay had lived, both ms. */
export interface Moment {
  readonly now: number
  readonly age: number
}

/** Counts time lived: monotonic while it runs, at most a day for each time it was off. */
export class Elapsed {
  readonly #monotonic: () => number
  #base: number
  #monotonicAt: number
  #wallAt: number

  constructor(saved: Lived | null, now: number, monotonic: () => number) {
    const off = saved ? Math.min(Math.max(now - saved.wallAt, 0), dayMs) : 0
    this.#base = (saved?.elapsedMs ?? 0) + off
    this.#monotonic = monotonic
    this.#monotonicAt = monotonic()
    this.#wallAt = now
  }

  /** Milliseconds lived. Never goes back. */
  ms(): number {
    return this.#base + (this.#monotonic() - this.#monotonicAt)
  }

  /** Whether wall clock and time lived agree; while they do not, nothing is destroyed for its age. */
  agrees(now: number): boolean {
    const lived = this.#monotonic() - this.#monotonicAt
    const disagreement = Math.abs(now - this.#wallAt - lived)
    // Compared from day to day: a slow drift over months is no jump, and a jump is forgiven after a day of standing still.
    if (lived > dayMs) {
      this.#base += lived
      this.#monotonicAt += lived
      this.#wallAt = now
    }
    return disagreement <= toleranceMs
  }

  moment(now: number): Moment {
    return { now, age: Math.round(this.ms()) }
  }

  save(now: number): Lived {
    return { elapsedMs: this.ms(), wallAt: now }
  }
}
