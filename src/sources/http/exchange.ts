// Asks the source one thing: with credentials, held to the rules for given addresses, and the answer judged: by the definition's own
// rules first, then as any source's answer is.
import { SourceError, WindowError } from '../../model/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { HttpReply, HttpRequest } from '../../runtime/http.ts'
import { excerpt, scrub, scrubReply, secretForms } from '../../runtime/scrub.ts'
import { type Asked, failureOf, refusalOf, waitOf } from '../answer.ts'
import type { AuthorizedHttp } from '../authorized-http.ts'
import { Answer } from './answer.ts'
import { ruleFor } from './rules.ts'
import type { Built } from './request-build.ts'
import type { ErrorRule } from './schema.ts'

export interface ExchangeOptions {
  readonly http: AuthorizedHttp
  readonly clock: Clock
  readonly base: string
  readonly hosts: readonly string[]
  readonly rules: readonly ErrorRule[]
  readonly secrets: readonly string[]
}

/** Where nobody says how long a limit lasts. */
const unsaidWaitMs = 60_000

export class Exchange {
  readonly #options: ExchangeOptions

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** The answer; undefined where a rule says that there is nothing to read. Rejects with a `SourceError` or a `WindowError`. */
  async ask(built: Built, signal: AbortSignal): Promise<Answer | undefined> {
    const asked = this.#asked(built.request.url)
    const reply = await this.#reply(built, asked, signal)
    const answer = new Answer(reply)
    const rule = ruleFor(this.#options.rules, answer)
    if (rule?.do === 'skip') return undefined
    if (rule) throw this.#failure(rule, reply, asked)
    const refusal = refusalOf(reply, { ...asked, secrets: this.secrets() })
    if (refusal) throw refusal
    if (reply.truncated)
      throw new WindowError('too_wide', `${whereOf(asked.url)} gave an answer of more than ${reply.body.length} bytes`)
    return answer
  }

  /** What must not appear in any text, as it is now. */
  secrets(): readonly string[] {
    return [...this.#options.secrets, ...this.#options.http.secrets()]
  }

  #asked(url: string): Asked {
    return { url, nowMs: this.#options.clock.now(), secrets: this.secrets() }
  }

  async #reply({ request, given }: Built, asked: Asked, signal: AbortSignal): Promise<HttpReply> {
    try {
      return await this.#options.http.request(given ? this.#held(request) : request, signal)
    } catch (error) {
      throw failureOf(error, { ...asked, secrets: this.secrets() })
    }
  }

  /** An address that an answer gave; elsewhere than at the source itself nobody learns more than that we ask. */
  #held(request: HttpRequest): HttpRequest {
    const { base, hosts } = this.#options
    const held = { ...request, given: { operatorUrl: base, allowedHosts: hosts } }
    if (URL.parse(request.url)?.origin === new URL(base).origin) return held
    const { body: _, ...bare } = held
    const { 'user-agent': agent = '', accept = '' } = request.headers
    return { ...bare, method: 'GET', headers: { 'user-agent': agent, accept } }
  }

  #failure(rule: ErrorRule, reply: HttpReply, asked: Asked): Error {
    const secrets = secretForms(this.secrets())
    const said = excerpt(scrubReply(reply, secrets))
    const advice = rule.say === undefined ? '' : ` (${rule.say})`
    const text = scrub(
      `${whereOf(asked.url)} answered ${reply.status}${said === '' ? '' : `: ${said}`}${advice}`,
      secrets,
    )
    switch (rule.do) {
      case 'throttle':
        return new SourceError('limited', text, { afterMs: waitOf(reply, asked) ?? rule.after ?? unsaidWaitMs })
      case 'deny':
        return new SourceError('denied', text)
      case 'too_wide':
      case 'expired':
        return new WindowError(rule.do, text)
      default:
        return new SourceError('transient', text, rule.after === undefined ? {} : { afterMs: rule.after })
    }
  }
}

/** Host and path of an address: its query may hold what nobody should read. */
export function whereOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.host}${parsed.pathname}` : 'the source'
}
