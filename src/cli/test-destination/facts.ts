// What a test of one destination found, with nothing secret left in it: everything that is shown is made from this.
import { excerpt, printable, scrubReply } from '../../runtime/scrub.ts'
import type { Verdict } from '../../model/verdict.ts'
import type { HttpReply } from '../../runtime/http.ts'
import type { Mask } from './masking.ts'
import type { Recorded } from './recorder.ts'

/** The last request and its answer. */
export interface Exchange {
  readonly method: string
  readonly url: string
  /** `host:port` as it is connected to, and the host alone. */
  readonly address: string
  readonly host: string
  readonly secure: boolean
  /** Names of the headers that vouch for us. */
  readonly credentials: readonly string[]
  readonly answer: Answer | null
  /** Why there is no answer: the code of the system or of TLS (empty when there is none), and the sentence. */
  readonly failure: { readonly code: string; readonly text: string; readonly detail: string } | null
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  /** The beginning, on one line. */
  readonly said: string
  /** A web page rather than an answer for a program. */
  readonly isPage: boolean
  readonly truncated: boolean
  /** Who says that it answered: the `server` or `via` header; empty when nobody does. */
  readonly server: string
  /** Where a redirect leads, without what may be secret. */
  readonly location: string
  /** The receiver's clock, ms; NaN when it did not say. */
  readonly dateMs: number
  readonly retryAfter: string
}

/** What came of one destination. */
export interface Facts {
  readonly name: string
  readonly type: string
  readonly enabled: boolean
  readonly eventId: string
  /** Wall clock, ms. */
  readonly sentAt: number
  readonly latencyMs: number
  readonly timeoutMs: number
  readonly exchange: Exchange | null
  readonly verdict: Verdict
  /** What the kind of destination says to check; empty where it has no advice of its own. */
  readonly hints?: readonly string[]
  /** What is worth knowing, whether it went well or not. */
  readonly notes: readonly string[]
}

const credential = /authorization|token|api-?key|secret|signature|cookie|^x-.*(key|auth)/i
const lookedAt = 4096

export function exchangeOf(recorded: Recorded, mask: Mask): Exchange {
  const { request, reply, failure } = recorded
  const url = URL.parse(request.url)
  const secure = url?.protocol === 'https:'
  const port = url?.port === '' ? (secure ? '443' : '80') : url?.port
  return {
    method: request.method,
    url: printable(mask.url(request.url)),
    address: `${url?.hostname}:${port}`,
    host: url?.hostname ?? '',
    secure,
    credentials: Object.keys(request.headers).filter((name) => credential.test(name)),
    answer: reply ? answerOf(reply, request.url, mask) : null,
    failure: failure
      ? {
          code: /\[([A-Z0-9_/]+)\]$/.exec(failure.message)?.[1] ?? '',
          text: printable(mask.text(failure.message)),
          detail: certificateNames(failure.cause),
        }
      : null,
  }
}

function answerOf(reply: HttpReply, url: string, mask: Mask): Answer {
  const clean = scrubReply(reply, mask.forms)
  const header = (name: string): string => printable(mask.text(clean.headers[name] ?? '')).slice(0, 100)
  const start = Buffer.from(clean.body.subarray(0, lookedAt))
  const location = URL.parse(clean.headers['location'] ?? '', url)
  return {
    status: reply.status,
    contentType: header('content-type'),
    // Between the zero bytes of another encoding nobody would find a secret.
    said: start.includes(0) ? `(${clean.body.length} bytes that are not text)` : mask.text(excerpt(clean)),
    isPage: /^[\s\ufeff]*(<!--[^]*?-->\s*)?<(!doctype html|html)/i.test(start.toString()),
    truncated: reply.truncated,
    server: header('server') || header('via'),
    location:
      clean.headers['location'] === undefined || !location ? '' : printable(mask.url(location.href)).slice(0, 300),
    dateMs: Date.parse(header('date')),
    retryAfter: header('retry-after'),
  }
}

/** For whom a certificate of another name was made. */
function certificateNames(cause: unknown): string {
  const { cert } = (cause ?? {}) as { cert?: { subjectaltname?: unknown } }
  return typeof cert?.subjectaltname === 'string' ? printable(cert.subjectaltname).slice(0, 200) : ''
}

/** What a colleague would say about it. */
export interface Finding {
  /** A closed word, see docs/testing-a-destination.md. */
  readonly class: string
  /** What to check, most likely first. Empty when all is well. */
  readonly checks: readonly string[]
}

/** What the classes need to know beyond the facts. */
export interface Here {
  readonly now: number
  /** The proxy that this environment names; empty when it names none. */
  readonly proxy: string
}
