// Tells an operator in time that credentials are about to end.
import { type Clock, isoTime } from '../runtime/clock.ts'
import type { SourceNotice } from './source.ts'

const aheadMs = 14 * 86_400_000

export class Expiry {
  readonly #clock: Clock
  readonly #notice: ((notice: SourceNotice) => void) | undefined
  /** What was told last; the same is not told again. */
  #told = ''

  constructor(clock: Clock, notice: ((notice: SourceNotice) => void) | undefined) {
    this.#clock = clock
    this.#notice = notice
  }

  /** `endsAt`, ms since the epoch: undefined where nobody knows. */
  check(what: 'token' | 'key', endsAt: number | undefined): void {
    if (endsAt === undefined || endsAt - this.#clock.now() > aheadMs) return
    const ended = endsAt <= this.#clock.now()
    const text = ended
      ? `the ${what} of this source ended at ${isoTime(endsAt)}: give it a new one`
      : `the ${what} of this source ends at ${isoTime(endsAt)}: give it a new one before that`
    if (text === this.#told) return
    this.#told = text
    this.#notice?.({ level: ended ? 'error' : 'warning', code: 'credentials_expire', subject: what, text })
  }
}
