// When to list the folders again: at once when one of them changed, else every second, and never so often that it costs more
// than a twentieth of the time.
import type { Clock } from '../../runtime/clock.ts'
import { type Listing, statOf } from './scan.ts'

const everyMs = 1000
const costFactor = 20
/** Folders beyond these are left to the regular scan. */
const watchedFolders = 64

export class RescanTimer {
  readonly #clock: Clock
  #folders: [string, bigint][] = []
  #scannedAt = -Infinity
  #costMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isDue(): boolean {
    const elapsedMs = this.#clock.monotonic() - this.#scannedAt
    const restMs = this.#costMs * costFactor
    if (elapsedMs < restMs) return false
    // Without a folder there is a single file: one stat is all that a scan costs.
    return (
      elapsedMs >= everyMs ||
      this.#folders.length === 0 ||
      this.#folders.some(([path, mtime]) => statOf(path, true)?.mtimeNs !== mtime)
    )
  }

  done(listing: Listing, beganAt: number): void {
    this.#scannedAt = this.#clock.monotonic()
    this.#costMs = this.#scannedAt - beganAt
    this.#folders = [...listing.folders].slice(0, watchedFolders)
  }
}
