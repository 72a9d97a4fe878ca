// Cuts a window into stretches of time that one answer holds whole. ZITADEL lists events by its internal position, which it does not
// show and which is stamped later than the creation date (clock_timestamp() and statement_timestamp(), zitadel/zitadel#12703): an event
// behind a full answer may be older than the last one in it. So a full answer never says how far one has read; only one that is not
// full does, and a full one says how much narrower to ask.
import type { Stretch } from './search.ts'

/** How full an answer should be, of what it can hold. */
const aim = 0.75
const fastestGrowth = 8
const narrowest = 1
/** A stretch that proved too wide becomes narrower by an eighth at least, so that it ends soon whatever the answers hold. */
const leastNarrowing = 7 / 8
/** After a time-out it is not made narrower than this, microseconds: a server that is down must not lead to tiny requests. */
const narrowestAfterTimeout = 1_000_000
/** How fast it is forgotten that a stretch was too wide to be found in time. */
const forgetting = 1.1

/** What earlier answers taught of the next, microseconds. */
export interface Pace {
  /** How wide a stretch proved right. */
  readonly width: number
  /** No stretch is wider. */
  readonly ceiling: number
}

/** Nothing is known. */
export const UNKNOWN_PACE: Pace = { width: Infinity, ceiling: Infinity }

export class Stretches {
  /** All before this is read. */
  at: number
  readonly #end: number
  readonly #limit: number
  #width: number
  #ceiling: number

  constructor(window: Stretch, limit: number, { width, ceiling }: Pace) {
    this.at = window.from
    this.#end = window.to
    this.#limit = limit
    this.#width = width
    this.#ceiling = ceiling
  }

  /** What is to be asked for; undefined when the window is read. */
  get next(): Stretch | undefined {
    return this.at < this.#end ? { from: this.at, to: Math.min(this.#end, this.at + this.#width) } : undefined
  }

  get pace(): Pace {
    return { width: this.#width, ceiling: this.#ceiling }
  }

  /** The next stretch was read whole, and held so many events. */
  finished(count: number): void {
    const { to } = this.#current()
    const growth = count === 0 ? fastestGrowth : (aim * this.#limit) / count
    const wider = Math.ceil(this.#width * Math.min(fastestGrowth, growth))
    this.#ceiling *= forgetting
    this.#width = Math.max(narrowest, Math.min(wider, Math.ceil(this.#ceiling)))
    this.at = to
  }

  /** It held more than an answer can; of that these creation dates. False when it cannot be made narrower. */
  overfull(dates: readonly number[]): boolean {
    const { from } = this.#current()
    const sorted = [...dates].sort((one, other) => one - other)
    return this.#narrow((sorted[Math.floor(sorted.length * aim)] ?? Infinity) - from)
  }

  /** Its answer was more bytes than are kept. False when it cannot be made narrower. */
  tooLarge(): boolean {
    const { from, to } = this.#current()
    return this.#narrow(Math.floor((to - from) / 2))
  }

  /** ZITADEL did not find all of it in time. */
  tooSlow(): void {
    const { from, to } = this.#current()
    this.#ceiling = Math.max(narrowestAfterTimeout, Math.floor((to - from) / 2))
    this.#width = Math.min(this.#width, this.#ceiling)
  }

  #narrow(width: number): boolean {
    const { from, to } = this.#current()
    if (to - from <= narrowest) return false
    this.#width = Math.max(narrowest, Math.min(width, Math.floor((to - from) * leastNarrowing)))
    return true
  }

  #current(): Stretch {
    const { next } = this
    if (!next) throw new Error('the window is read')
    return next
  }
}
