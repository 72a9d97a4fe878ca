// A bearer token that is had from elsewhere and runs out: kept until shortly before its end, asked for once for all who wait, and
// anew when a receiver does not accept it. How it is asked for is left to `oauth.ts` and to whoever knows another way.
import { SetupError } from '../model/errors.ts'
import type { Clock } from './clock.ts'

/** What an authorization server, or a cloud's own machine, gave. */
export interface Token {
  readonly text: string
  /** How long it says that it is good for, ms; undefined when it does not say. */
  readonly lifeMs: number | undefined
}

/** The credentials themselves are refused: asking again will not help before somebody has changed something. */
export class CredentialsError extends SetupError {
  /** Stable, for grouping, such as `oauth_invalid_client`. */
  readonly code: string
  /** Private, so that nothing prints it unscrubbed. */
  readonly #said: string

  constructor(code: string, message: string, said = '') {
    super(message)
    this.code = code
    this.#said = said
  }

  /** What the other side said, as it said it: not scrubbed, not printable. The message holds nothing of it. */
  get said(): string {
    return this.#said
  }
}

interface Held {
  readonly text: string
  /** Monotonic. A new one is wanted from here on, and this one serves until its end where none can be had. */
  renewAt: number
  readonly endsAt: number
}

interface Asking {
  readonly answer: Promise<Held>
  readonly stop: AbortController
  waiting: number
}

/** Where nobody says how long a token is good for. */
const unsaidLifeMs = 300_000
const shortestLifeMs = 10_000
const longestLifeMs = 86_400_000
/** How long before its end a new one is wanted, at most; a quarter of a short life. */
const earlyMs = 300_000
/** Between two attempts to have a new one while the old one still serves. */
const pauseMs = 30_000

export class BearerToken {
  readonly #ask: (signal: AbortSignal) => Promise<Token>
  readonly #clock: Clock
  #held: Held | undefined
  #asking: Asking | undefined
  /** The one before: an answer that is still on its way may echo it. */
  #former: string | undefined

  constructor(ask: (signal: AbortSignal) => Promise<Token>, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  /** The header of one request. Rejects with an `HttpError`, a `CredentialsError`, or the reason of the signal. */
  async headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    signal.throwIfAborted()
    return { authorization: `Bearer ${await this.#text(signal)}` }
  }

  /** These headers were not accepted. Of several requests with the same token the first counts. */
  refused({ authorization }: Readonly<Record<string, string>>): void {
    if (this.#held && authorization === `Bearer ${this.#held.text}`) this.#replace(undefined)
  }

  /** What must not appear in any text. Whoever sent a request adds what it carried: that may be older. */
  secrets(): readonly string[] {
    return [this.#held?.text, this.#former].filter((text) => text !== undefined)
  }

  async #text(signal: AbortSignal): Promise<string> {
    if (this.#held && this.#clock.monotonic() < this.#held.renewAt) return this.#held.text
    try {
      return (await this.#renewed(signal)).text
    } catch (error) {
      const held = this.#held
      const now = this.#clock.monotonic()
      if (signal.aborted || !held || now >= held.endsAt) throw error
      held.renewAt = now + pauseMs
      return held.text
    }
  }

  /** Everybody waits for the same answer; whoever gives up leaves it to the others, and the last one ends it. */
  async #renewed(signal: AbortSignal): Promise<Held> {
    const asking = (this.#asking ??= this.#begin())
    asking.waiting++
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([asking.answer, aborted])
    } finally {
      signal.removeEventListener('abort', stop)
      if (--asking.waiting === 0) {
        if (this.#asking === asking) this.#asking = undefined
        asking.stop.abort()
      }
    }
  }

  #begin(): Asking {
    const stop = new AbortController()
    const answer = this.#ask(stop.signal).then((token) => this.#hold(token))
    // Nobody may be there any more when it rejects.
    answer.catch(() => undefined)
    return { answer, stop, waiting: 0 }
  }

  #hold({ text, lifeMs }: Token): Held {
    const life = Math.min(longestLifeMs, Math.max(shortestLifeMs, lifeMs ?? unsaidLifeMs))
    const now = this.#clock.monotonic()
    const held = { text, renewAt: now + life - Math.min(earlyMs, life / 4), endsAt: now + life }
    this.#replace(held)
    return held
  }

  #replace(held: Held | undefined): void {
    if (this.#held && this.#held.text !== held?.text) this.#former = this.#held.text
    this.#held = held
  }
}
