// The time that the sources of a campaign have: it goes as ours does, hours behind it, and leaps while no relay runs, as if the relay had
// been off for that long.
import { performance } from 'node:perf_hooks'

/** So much behind this machine that only the source's own word can tell it. */
const behindMs = 2 * 3_600_000

export class SourceTime {
  readonly #base = Math.floor(Date.now() - behindMs - performance.now())
  #leapt = 0

  /** Ms since the epoch. */
  now(): number {
    return Math.floor(this.#base + this.#leapt + performance.now())
  }

  leap(ms: number): void {
    this.#leapt += ms
  }

  /** For a `Date` header. */
  text(): string {
    return new Date(this.now()).toUTCString()
  }
}
