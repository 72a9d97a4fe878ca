// Says of an answer that cannot be read, or of none, whose fault it is and what to do.
import { SourceError } from '../model/errors.ts'
import { CredentialsError } from '../runtime/bearer-token.ts'
import { HttpError, type HttpReply } from '../runtime/http.ts'
import { namedResetMs, type ResetHeader, resetMs } from '../runtime/rate-limit.ts'
import { retryAfterMs } from '../runtime/retry-after.ts'
import { excerpt, printable, scrub, scrubReply, secretForms, shortened } from '../runtime/scrub.ts'

/** What was asked, for messages. */
export interface Asked {
  /** Host and path of it are shown; never its query. */
  readonly url: string
  /** Wall clock, for a time to come back that is a date. */
  readonly nowMs: number
  /** What must not appear in any text: what the options hold, and `authorizedHttp(…).secrets()`. */
  readonly secrets?: readonly string[]
  /** A header of another name than the usual ones, in which the source says when its limit is full again. */
  readonly reset?: ResetHeader | undefined
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [400, 'the source does not understand the request: check the options of this source'],
  [401, 'check the credentials of this source'],
  [403, 'check that the credentials of this source may read here, and that no firewall stands between'],
  [404, 'check the url of this source'],
  [405, 'check the url of this source: nothing there takes such a request'],
  [406, 'check the url and the headers of this source'],
  [407, 'a proxy wants credentials of its own: give them in proxy'],
  [410, 'the source says that this address is gone for good: give this source its new url'],
])
const PASSING = new Set([408, 409, 423, 425])
/** A limit that does not say for how long: GitHub asks for a minute at least ("Rate limits for the REST API"). */
const unsaidWaitMs = 60_000
/** How limits are called in the body of a 403: GitHub's "Rate limits for the REST API", Google's "Resolve errors" (rateLimitExceeded, quotaExceeded …). */
const LIMIT_WORDS = /rate[ _]?limit|(quota|limit) ?exceeded|too many requests/i
const PAGE = /^[\s\ufeff]*<(!doctype\s+html|html|head|body)\b/i
/** As much of a body as is looked at for words. */
const lookedAt = 4_096

/**
 * What stands against reading an answer: any status but 2xx, or a page for a person in place of data. Undefined: it may be read.
 * That an answer was cut off at the limit of the client (`truncated`) is left to the caller.
 */
export function refusalOf(reply: HttpReply, asked: Asked): SourceError | undefined {
  const { status } = reply
  const secrets = secretForms(asked.secrets ?? [])
  const clear = scrubReply(reply, secrets)
  if (status >= 200 && status <= 299)
    return PAGE.test(beginningOf(reply)) ? pageInstead(clear, asked, secrets) : undefined
  if (status >= 300 && status <= 399) return redirected(reply, asked, secrets)
  const limited = limitOf(reply, asked)
  const said = excerpt(clear)
  const text = `${placeOf(asked.url, secrets)} answered ${status}${said === '' ? '' : `: ${said}`}`
  if (limited !== undefined)
    return new SourceError('limited', `${text} (the source limits how often it may be asked)`, { afterMs: limited })
  if (status >= 500 || PASSING.has(status)) return new SourceError('transient', `${text} (it is tried again)`)
  return new SourceError('denied', `${text} (${ADVICE.get(status) ?? 'check the options of this source'})`)
}

/** The `SourceError` for what a request threw, or our credentials. Anything else, an abort above all, comes back as it is. */
export function failureOf(error: unknown, asked: Asked): unknown {
  const secrets = secretForms(asked.secrets ?? [])
  if (error instanceof CredentialsError) {
    const said = shortened(printable(scrub(error.said, secrets)))
    const text = `${error.message}${said === '' ? '' : `: ${said}`} (check the credentials of this source)`
    return new SourceError('denied', scrub(text, secrets))
  }
  if (!(error instanceof HttpError)) return error
  const { kind, advice } = UNANSWERED[error.kind]
  return new SourceError(kind, scrub(`${error.message} (${advice})`, secrets))
}

/** The wait that an answer asks for, ms, between a second and an hour: `Retry-After`, or the reset of its limit. */
export function waitOf({ headers }: HttpReply, { nowMs, reset }: Asked): number | undefined {
  return retryAfterMs(headers, nowMs) ?? (reset && namedResetMs(headers, reset, nowMs)) ?? resetMs(headers, nowMs)
}

const UNANSWERED: Readonly<Record<HttpError['kind'], { kind: 'transient' | 'denied'; advice: string }>> = {
  connect: { kind: 'transient', advice: 'it is tried again; check the network, and the url of this source' },
  timeout: { kind: 'transient', advice: 'it is tried again' },
  broken: { kind: 'transient', advice: 'it is tried again' },
  name: { kind: 'denied', advice: 'check the url of this source, and the name server of this machine' },
  tls: {
    kind: 'denied',
    advice:
      'check the certificate of the source; a private authority is trusted by ca_file, or through NODE_EXTRA_CA_CERTS',
  },
  address: {
    kind: 'denied',
    advice: 'nothing was sent there; check the url of this source, and which hosts it may lead to',
  },
  proxy: { kind: 'denied', advice: 'check proxy, and what the proxy lets pass' },
}

/** How long the source is to be left alone, ms; undefined when it is no limit that turned us away. */
function limitOf(reply: HttpReply, asked: Asked): number | undefined {
  const { status, headers } = reply
  if (status === 429) return waitOf(reply, asked) ?? unsaidWaitMs
  if (status === 503) return retryAfterMs(headers, asked.nowMs)
  if (status !== 403) return undefined
  const after = retryAfterMs(headers, asked.nowMs)
  if (after !== undefined) return after
  if (isUsedUp(headers)) return waitOf(reply, asked) ?? unsaidWaitMs
  if (!LIMIT_WORDS.test(beginningOf(reply))) return undefined
  return (asked.reset && namedResetMs(headers, asked.reset, asked.nowMs)) ?? unsaidWaitMs
}

function isUsedUp(headers: HttpReply['headers']): boolean {
  return ['x-ratelimit-remaining', 'x-rate-limit-remaining', 'ratelimit-remaining'].some((name) =>
    /^\s*-?0+(\.0*)?\s*($|[,;])/.test(headers[name] ?? ''),
  )
}

function pageInstead(reply: HttpReply, asked: Asked, secrets: readonly string[]): SourceError {
  const text = `${placeOf(asked.url, secrets)} answered ${reply.status} with a page for a person in place of data: ${excerpt(reply)}`
  return new SourceError(
    'transient',
    `${text} (it is tried again; if it stays so, check the url, and whether a login page or a firewall stands between)`,
  )
}

/** Only the host of the new address: the rest of it often holds a token. */
function redirected(reply: HttpReply, asked: Asked, secrets: readonly string[]): SourceError {
  const target = URL.parse(reply.headers['location'] ?? '', asked.url)
  const now = target ? `; the address is now on ${printable(target.host)}` : ''
  const text = `${placeOf(asked.url, secrets)} answered ${reply.status}: redirects are not followed${scrub(now, secrets)}`
  return new SourceError('denied', `${text} (give this source the address that answers itself)`)
}

/** Host and path. */
function placeOf(url: string, secrets: readonly string[]): string {
  const parsed = URL.parse(url)
  return parsed ? shortened(printable(scrub(`${parsed.host}${parsed.pathname}`, secrets))) : 'the source'
}

function beginningOf({ body }: HttpReply): string {
  return Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, lookedAt)).toString()
}
