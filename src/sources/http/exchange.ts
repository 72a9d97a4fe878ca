// Asks the source one thing: with credentials, held to the rules for given addresses, and the answer judged: by the definition's own
// rules first, then as any source's answer is.
import { SourceError, WindowError } from '../../model/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import { HttpError, type HttpReply, type HttpRequest } from '../../runtime/http.ts'
import type { ResetHeader } from '../../runtime/rate-limit.ts'
import { excerpt, scrub, scrubReply, secretForms } from '../../runtime/scrub.ts'
import { type Asked, failureOf, refusalOf, waitOf } from '../answer.ts'
import type { AuthorizedHttp } from '../authorized-http.ts'
import { SlowAnswer } from '../slow-answer.ts'
import type { SourceNotice } from '../source.ts'
import { Answer } from './answer.ts'
import { lookupIn, type Scene } from './lookup.ts'
import type { RulePlan } from './plans.ts'
import { buildRequest, type Built } from './request-build.ts'
import { ruleFor } from './rules.ts'
import type { ErrorRule } from './schema.ts'

export interface ExchangeOptions {
  readonly http: AuthorizedHttp
  readonly clock: Clock
  readonly base: string
  readonly hosts: readonly string[]
  /** How much the client keeps of an answer. */
  readonly answerBytes: number
  readonly rules: readonly RulePlan[]
  readonly secrets: readonly string[]
  /** In which header of its own the source says when its limit is full again. */
  readonly reset: ResetHeader | undefined
  notice(notice: SourceNotice): void
}

interface Seen {
  readonly reply: HttpReply
  readonly asked: Asked
}

/** Where nobody says how long a limit lasts. */
const unsaidWaitMs = 60_000
/** So many things that were passed over are remembered, so that each is told once. */
const mostSkipped = 1000

export class Exchange {
  readonly #options: ExchangeOptions
  readonly #skipped = new Set<string>()
  /** When a rule last sent its request, for a part; on the monotonic clock. */
  readonly #sent = new Map<string, number>()

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** The answer; undefined where a rule says that there is nothing to read. Rejects with a `SourceError` or a `WindowError`. */
  async ask(built: Built, scene: Scene, signal: AbortSignal): Promise<Answer | undefined> {
    const asked = this.#asked(built.request.url)
    const reply = await this.#reply(built, asked, signal)
    const answer = new Answer(reply)
    const rule = ruleFor(this.#options.rules, answer)
    if (rule?.given.do === 'skip') {
      this.#skip(rule.given, { reply, asked, scene })
      return undefined
    }
    if (rule) throw this.#failure(rule.given, { reply, asked }, await this.#send(rule, scene, signal))
    const refusal = refusalOf(reply, { ...asked, secrets: this.secrets() })
    if (refusal) throw reply.status === 504 ? slow(refusal) : refusal
    if (reply.truncated)
      throw new WindowError(
        'too_wide',
        `${whereOf(asked.url)} gave an answer of more than ${this.#options.answerBytes / 1024 ** 2} MiB`,
      )
    return answer
  }

  /** What must not appear in any text, as it is now. */
  secrets(): readonly string[] {
    return [...this.#options.secrets, ...this.#options.http.secrets()]
  }

  /** Host and path of an address, for people. */
  where(url: string): string {
    return scrub(whereOf(url), secretForms(this.secrets()))
  }

  #asked(url: string): Asked {
    return { url, nowMs: this.#options.clock.now(), secrets: this.secrets(), reset: this.#options.reset }
  }

  async #reply({ request, given }: Built, asked: Asked, signal: AbortSignal): Promise<HttpReply> {
    try {
      return await this.#options.http.request(given ? this.#held(request) : request, signal)
    } catch (error) {
      const failure = failureOf(error, { ...asked, secrets: this.secrets() })
      throw error instanceof HttpError && error.kind === 'timeout' ? slow(failure as SourceError) : failure
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

  /** A list that ended with its first page, although that page was full, may have more that was not found. */
  suspectEnd(count: number, { part }: Scene): void {
    const key = `end ${part}`
    if (this.#skipped.has(key)) return
    this.#skipped.add(key)
    const text = `a list ended with its first page of exactly ${count} records, as many as page.size asks for: if that was not all, page.next does not name the place where the cursor stands, and events are missed ("sources try" shows the answer)`
    this.#options.notice({ level: 'warning', code: 'full_last_page', subject: part, text })
  }

  /** Passed over, but not in silence: what an item held may be lost. */
  #skip({ say }: ErrorRule, { reply, asked, scene: { item, part } }: Seen & { readonly scene: Scene }): void {
    const what = item ? `item ${asked.url}` : `part ${part}`
    if (this.#skipped.has(what)) return
    if (this.#skipped.size >= mostSkipped) this.#skipped.clear()
    this.#skipped.add(what)
    const text = this.#said({ reply, asked }, say)
    this.#options.notice(
      item
        ? { level: 'error', code: 'item_skipped', subject: part, text: `passed over, its events may be lost: ${text}` }
        : { level: 'warning', code: 'answer_skipped', subject: part, text: `taken for nothing to read: ${text}` },
    )
  }

  /** Sends what a rule wants to be sent before it is tried again, unless it just was. What came of it, for a message. */
  async #send({ given, send }: RulePlan, scene: Scene, signal: AbortSignal): Promise<string> {
    const { rules, clock, base } = this.#options
    const key = `${rules.findIndex((rule) => rule.given === given)} ${scene.part}`
    if (!send || clock.monotonic() - (this.#sent.get(key) ?? -Infinity) < (given.after ?? unsaidWaitMs)) return ''
    const built = buildRequest(send, { base, lookup: lookupIn(scene) })
    const asked = this.#asked(built.request.url)
    const reply = await this.#reply(built, asked, signal)
    this.#sent.set(key, clock.monotonic())
    return `; then ${built.request.method} ${this.#said({ reply, asked })}`
  }

  #said({ reply, asked }: Seen, advice?: string): string {
    const secrets = secretForms(this.secrets())
    const said = excerpt(scrubReply(reply, secrets))
    const told = `${whereOf(asked.url)} answered ${reply.status}${said === '' ? '' : `: ${said}`}`
    return scrub(advice === undefined ? told : `${told} (${advice})`, secrets)
  }

  #failure(rule: ErrorRule, { reply, asked }: Seen, sent: string): Error {
    const text = `${this.#said({ reply, asked }, rule.say)}${sent}`
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

function slow(error: SourceError): SlowAnswer {
  return new SlowAnswer('transient', error.message, { cause: error })
}

/** Host and path of an address: its query may hold what nobody should read. */
function whereOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.host}${parsed.pathname}` : 'the source'
}
