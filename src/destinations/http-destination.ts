// Makes a kind of destination out of pure functions, encode and judge above all. Owns what every HTTP kind shares: failures that
// are no answer, credentials that are had apart, events that are not sent at all, the scrubbing of secrets, closing. Knows nothing of
// attempts and schedules.
import type { Batch } from '../model/batch.ts'
import { forAll, type Outcome, type Verdict } from '../model/verdict.ts'
import { CredentialsError } from '../runtime/bearer-token.ts'
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from '../runtime/http.ts'
import { pauseMsOf } from '../runtime/rate-limit.ts'
import type { Authorization, Destination, DestinationKind, HttpSpec, Tools } from './destination.ts'
import { withoutRefused } from './refused-events.ts'
import { sameHeaders, tokensIn } from '../runtime/http-credentials.ts'
import { printable, scrub, scrubReply, secretForms, shortened } from '../runtime/scrub.ts'

/** A kind whose destinations POST one request a batch. */
export function httpDestination<Options>(spec: HttpSpec<Options>): DestinationKind<Options> {
  const { type, options, inFlight, settle, hints, profile } = spec
  return {
    type,
    options,
    inFlight,
    ...(settle ? { settle } : {}),
    ...(hints ? { hints } : {}),
    ...(profile ? { profile } : {}),
    limits: (given) => spec.limits(given),
    open: (given, tools) => {
      const destination = new HttpDestination(spec, given, tools)
      return {
        send: (batch, signal) => destination.send(batch, signal),
        close: () => destination.close(),
      }
    },
  }
}

class HttpDestination<Options> implements Destination {
  readonly #spec: HttpSpec<Options>
  readonly #options: Options
  readonly #tools: Tools
  readonly #http: HttpClient
  readonly #authorization: Authorization | undefined
  readonly #secrets: readonly string[]

  constructor(spec: HttpSpec<Options>, options: Options, tools: Tools) {
    this.#spec = spec
    this.#options = options
    this.#tools = tools
    this.#http = tools.http(spec.connection?.(options))
    this.#authorization = spec.authorize?.(options, {
      http: this.#http,
      clock: tools.clock,
      connect: (connection) => tools.http(connection),
    })
    this.#secrets = secretForms(spec.secrets?.(options) ?? [])
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted()
    const { refuse } = this.#spec
    const options = this.#options
    const nowMs = this.#tools.clock.now()
    if (!refuse) return this.#deliver(batch, signal)
    return withoutRefused(
      batch,
      (event) => refuse(event, options, nowMs, batch),
      (rest) => this.#deliver(rest, signal),
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#authorization?.close?.()])
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<Outcome & { readonly verdicts: readonly Verdict[] }> {
    const spec = this.#spec
    const request = await spec.encode(batch, this.#options, this.#tools.clock.now())
    const used: string[] = []
    let reply: HttpReply
    try {
      reply = await this.#ask(request, signal, used)
    } catch (error) {
      return unanswered(error, batch, this.#known(used))
    }
    const nowMs = this.#tools.clock.now()
    const secrets = this.#known(used)
    const clear = scrubReply(reply, secrets)
    const judged = clear === reply ? reply : { ...clear, asItCame: reply }
    const verdicts = spec.judge(judged, batch, nowMs, this.#options)
    const clean = secrets.length === 0 ? verdicts : verdicts.map((verdict) => scrubVerdict(verdict, secrets))
    const pauseMs = pauseMsOf(reply, nowMs)
    return pauseMs === undefined ? { verdicts: clean } : { verdicts: clean, pauseMs }
  }

  /** `used` gets the credentials that were sent: by the time of the answer they may have been renewed any number of times. */
  async #ask(request: HttpRequest, signal: AbortSignal, used: string[] = []): Promise<HttpReply> {
    const authorization = this.#authorization
    if (!authorization) return this.#http.request(request, signal)
    const credentials = await authorization.headers(request, signal)
    used.push(...tokensIn(credentials))
    const reply = await this.#http.request(withHeaders(request, credentials), signal)
    if (reply.status !== 401) return reply
    authorization.refused(credentials)
    const renewed = await authorization.headers(request, signal)
    if (sameHeaders(renewed, credentials)) return reply
    used.push(...tokensIn(renewed))
    const second = await this.#http.request(withHeaders(request, renewed), signal)
    if (second.status === 401) authorization.refused(renewed)
    return second
  }

  #known(used: readonly string[]): readonly string[] {
    const authorization = this.#authorization
    return authorization
      ? [...this.#secrets, ...secretForms([...new Set([...used, ...authorization.secrets()])])]
      : this.#secrets
  }
}

const UNANSWERED: Readonly<Record<HttpError['kind'], { code: string; kind: 'retry' | 'halt'; advice: string }>> = {
  connect: { code: 'unreachable', kind: 'retry', advice: '' },
  timeout: { code: 'timeout', kind: 'retry', advice: '' },
  broken: { code: 'broken', kind: 'retry', advice: '' },
  name: {
    code: 'name',
    kind: 'halt',
    advice: ' (check the url of this destination, and the name server of this machine)',
  },
  tls: {
    code: 'tls',
    kind: 'halt',
    advice:
      ' (check the certificate of the receiver; a private authority is trusted by ca_file, or through NODE_EXTRA_CA_CERTS)',
  },
  address: { code: 'address', kind: 'halt', advice: ' (check the url of this destination)' },
  proxy: { code: 'proxy', kind: 'halt', advice: ' (check proxy, and what the proxy lets pass)' },
}

function withHeaders(request: HttpRequest, more: Readonly<Record<string, string>>): HttpRequest {
  return { ...request, headers: { ...request.headers, ...more } }
}

/**
 * No answer was had: the network is to blame, or the set-up, or the credentials were not given. Anything else is an abort or our
 * own fault.
 */
export function unanswered(error: unknown, batch: Batch, secrets: readonly string[]): { verdicts: readonly Verdict[] } {
  if (error instanceof CredentialsError) {
    const said = shortened(printable(scrub(error.said, secrets)))
    const text = scrub(`${error.message}${said === '' ? '' : `: ${said}`}`, secrets)
    return { verdicts: forAll(batch.events.length, { kind: 'halt', reason: { code: error.code, text } }) }
  }
  if (!(error instanceof HttpError)) throw error
  const { code, kind, advice } = UNANSWERED[error.kind]
  const text = scrub(`${error.message}${advice}`, secrets)
  return { verdicts: forAll(batch.events.length, { kind, reason: { code, text } }) }
}

/** The same verdict without the secrets in its reason, its remark, or what the receiver calls it. */
export function scrubVerdict(verdict: Verdict, secrets: readonly string[]): Verdict {
  if (verdict.kind === 'delivered') {
    const { ref, remark } = verdict
    return {
      ...verdict,
      ...(ref !== undefined && { ref: scrub(ref, secrets) }),
      ...(remark && { remark: { ...remark, text: scrub(remark.text, secrets) } }),
    }
  }
  const text = scrub(verdict.reason.text, secrets)
  return text === verdict.reason.text ? verdict : { ...verdict, reason: { ...verdict.reason, text } }
}
