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

/** How a token is asked for. Rejects with an `HttpError`, a `CredentialsError`, or the reason of the signal. */
export type AskToken = (signal: AbortSignal) => Promise<Token>

interface Asking {
  readonly ask: AskToken
  readonly answer: Promise<Held>
  readonly stop: AbortController
  waiting: number
  /** Of them those who ask in this way. */
  own: number
  /** The last of those has given up; their connections go with them. */
  isLeft: boolean
}

/** Where nobody says how long a token is good for. */
const unsaidLifeMs = 300_000
const shortestLifeMs = 10_000
const longestLifeMs = 86_400_000
/** How long before its end a new one is wanted, at most; a quarter of a short life. */
const earlyMs = 300_000
/** Between two attempts to have a new one while the old one still serves. */
const pauseMs = 30_000

/** Between two attempts to have one with more rights. */
const deniedMs = 300_000

/** A token as one of those who use it sees it: it asks in a way of its own when it is the one that has to. */
export class BearerToken {
  readonly #ask: AskToken
  readonly #token: HeldToken

  /** `token`: shared with others, who ask for the same in other ways. */
  constructor(ask: AskToken, clock: Clock, token = new HeldToken(clock)) {
    this.#ask = ask
    this.#token = token
  }

  /** The header of one request. Rejects with an `HttpError`, a `CredentialsError`, or the reason of the signal. */
  async headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#token.headers(this.#ask, signal)
  }

  /** These headers were not accepted. Of several requests with the same token the first counts. */
  refused(headers: Readonly<Record<string, string>>): void {
    this.#token.refused(headers)
  }

  /** These headers were accepted, but have not the right: the next token may, and until then this one serves. */
  denied(headers: Readonly<Record<string, string>>): void {
    this.#token.denied(headers)
  }

  /** What must not appear in any text. Whoever sent a request adds what it carried: that may be older. */
  secrets(): readonly string[] {
    return this.#token.secrets()
  }
}

/** The token itself, for all who use it. */
export class HeldToken {
  readonly #clock: Clock
  #held: Held | undefined
  #asking: Asking | undefined
  /** The one before: an answer that is still on its way may echo it. */
  #former: string | undefined
  /** Monotonic. From here on one that is denied is had anew: what is denied for ever is no reason to ask at every turn. */
  #deniableAt = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async headers(ask: AskToken, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    signal.throwIfAborted()
    return { authorization: `Bearer ${await this.#text(ask, signal)}` }
  }

  refused({ authorization }: Readonly<Record<string, string>>): void {
    if (this.#held && authorization === `Bearer ${this.#held.text}`) this.#replace(undefined)
  }

  denied({ authorization }: Readonly<Record<string, string>>): void {
    const now = this.#clock.monotonic()
    if (!this.#held || authorization !== `Bearer ${this.#held.text}` || now < this.#deniableAt) return
    this.#held.renewAt = now
    this.#deniableAt = now + deniedMs
  }

  secrets(): readonly string[] {
    return [this.#held?.text, this.#former].filter((text) => text !== undefined)
  }

  async #text(ask: AskToken, signal: AbortSignal): Promise<string> {
    if (this.#held && this.#clock.monotonic() < this.#held.renewAt) return this.#held.text
    try {
      return (await this.#renewed(ask, signal)).text
    } catch (error) {
      const held = this.#held
      const now = this.#clock.monotonic()
      if (signal.aborted || !held || now >= held.endsAt) throw error
      held.renewAt = now + pauseMs
      return held.text
    }
  }

  /** Everybody waits for the same answer, a failure included; when whoever had asked goes away, another one asks. */
  async #renewed(ask: AskToken, signal: AbortSignal): Promise<Held> {
    for (;;) {
      const asking = (this.#asking ??= this.#begin(ask))
      try {
        return await this.#answer(asking, ask, signal)
      } catch (error) {
        if (signal.aborted || !asking.isLeft) throw error
      }
    }
  }

  /** Whoever gives up leaves it to the others, and the last one of those who ask in the same way ends it. */
  async #answer(asking: Asking, ask: AskToken, signal: AbortSignal): Promise<Held> {
    const own = asking.ask === ask ? 1 : 0
    asking.waiting++
    asking.own += own
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([asking.answer, aborted])
    } finally {
      signal.removeEventListener('abort', stop)
      asking.waiting--
      asking.own -= own
      if (signal.aborted && asking.own === 0) asking.isLeft = true
      if (asking.waiting === 0 || asking.isLeft) {
        this.#end(asking)
        asking.stop.abort()
      }
    }
  }

  #begin(ask: AskToken): Asking {
    const stop = new AbortController()
    const { promise: left, reject } = Promise.withResolvers<never>()
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error))
    // An ask may be deaf to its signal: nobody waits for one that was left, and what it still gives may be older than what is held.
    const answer = Promise.race([ask(stop.signal), left]).then((token) => this.#hold(token))
    const asking = { ask, answer, stop, waiting: 0, own: 0, isLeft: false }
    // Nobody may be there any more when it rejects; and who is there may ask anew at once.
    answer.catch(() => this.#end(asking))
    return asking
  }

  #end(asking: Asking): void {
    if (this.#asking === asking) this.#asking = undefined
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
