// What an HTTP status means when a vendor says nothing else: one verdict for every event of the batch.
import { DELIVERED, forAll, type Reason, type Verdict } from '../model/verdict.ts'
import type { HttpReply } from '../runtime/http.ts'
import { resetMs } from '../runtime/rate-limit.ts'
import { retryAfterMs } from '../runtime/retry-after.ts'
import { excerpt, printable } from '../runtime/scrub.ts'

const RETRY = new Set([408, 425, 429])
/** Answers that a limit can explain; of any other, what stands in its rate-limit headers says nothing about when to come back. */
const LIMITED = new Set([429, 503])
const HALT = new Set([401, 403, 404, 405, 407, 410])

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, 'check the secret and the headers of this destination'],
  [403, 'check that its credentials may write here, and that no firewall stands between'],
  [404, 'check the url of this destination'],
  [405, 'check the url of this destination: nothing there takes a POST'],
  [407, 'a proxy wants credentials of its own'],
  [410, 'the receiver says that this address is gone for good: give the destination its new url'],
  [413, 'lower max_bytes or batch of this destination'],
])

/** The shared judgement. `nowMs` is the relay's clock, for a time to come back that is a date. */
export function judgeStatus(reply: HttpReply, count: number, nowMs: number): readonly Verdict[] {
  return forAll(count, verdictOf(reply, nowMs))
}

function verdictOf(reply: HttpReply, nowMs: number): Verdict {
  const { status } = reply
  if (status >= 200 && status <= 299) return DELIVERED
  if (status >= 300 && status <= 399) return { kind: 'halt', reason: redirected(reply) }
  const reason = reasonOf(reply)
  if (HALT.has(status)) return { kind: 'halt', reason }
  if (status === 413) return { kind: 'reject', reason, split: true }
  if (status >= 400 && status <= 499 && !RETRY.has(status)) return { kind: 'reject', reason }
  const { headers } = reply
  const afterMs = retryAfterMs(headers, nowMs) ?? (LIMITED.has(status) ? resetMs(headers, nowMs) : undefined)
  return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs }
}

/** `http_503`, and what the receiver said. */
function reasonOf(reply: HttpReply): Reason {
  const said = excerpt(reply)
  const advice = ADVICE.get(reply.status)
  const text = `the receiver answered ${reply.status}${said === '' ? '' : `: ${said}`}`
  return {
    code: `http_${reply.status}`,
    text: advice === undefined ? text : `${text} (${advice})`,
    status: reply.status,
  }
}

/** The query of the target is left out: it often holds a token. */
function redirected(reply: HttpReply): Reason {
  const target = URL.parse(reply.headers['location'] ?? '', 'relative://here')
  const to = !target
    ? ''
    : target.protocol === 'relative:'
      ? ` to ${target.pathname} on the same host`
      : ` to ${target.origin}${target.pathname}`
  const text = `the receiver answered ${reply.status}${printable(to).slice(0, 200)}; redirects are not followed: give the destination the address that answers itself`
  return { code: `http_${reply.status}`, text, status: reply.status }
}
