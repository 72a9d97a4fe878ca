// What all openings of one source have in common as to who they are: the token, which is then asked for once, and what its key is.
// Each opening has connections of its own, and asks through them.
import { HeldToken } from '../runtime/bearer-token.ts'
import type { Clock } from '../runtime/clock.ts'

/** What was had with certain credentials. */
export interface SharedToken {
  readonly token: HeldToken
  /** What must not appear in any text: the keys that were read. */
  readonly seen: Set<string>
  /** When the key ends that was read last, ms since the epoch; undefined where nobody knows. */
  keyEndsAt: number | undefined
}

/** One for each source. */
export class SharedTokens {
  readonly #clock: Clock
  #print = ''
  #shared: SharedToken | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `print` tells credentials apart: with new ones a new token is had, and those that were opened with the old ones keep theirs. */
  of(print: string): SharedToken {
    if (!this.#shared || print !== this.#print)
      this.#shared = { token: new HeldToken(this.#clock), seen: new Set(), keyEndsAt: undefined }
    this.#print = print
    return this.#shared
  }
}
