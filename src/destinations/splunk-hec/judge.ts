// What a collector's answer says about each event of a batch: by its number first, by its status where there is none, because the
// same refusal comes with different statuses, and what stands between answers with pages.
import { DELIVERED, forAll, type Reason, type Verdict } from '../../model/verdict.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { judgeStatus } from '../judge.ts'
import { membersOfReply } from '../../runtime/reply-json.ts'
import { retryAfterMs } from '../../runtime/retry-after.ts'
import { excerpt, printable } from '../../runtime/scrub.ts'
import { type Code, CODES } from './codes.ts'

/** A collector that is full does not say for how long: a queue of Splunk empties within seconds, or for a long time not at all. */
const busyMs = 5_000
/** One that took a batch and is nearly full gets a moment. */
const slowMs = 1_000
const longestText = 200

/** What stands in an answer. */
export interface Said {
  readonly code?: number
  readonly text?: string
  /** The events before this one, counted from 0, were taken; this one was not; those behind it were not looked at. */
  readonly invalidEvent?: number
  readonly ackId?: number
}

export interface Judgement {
  readonly verdicts: readonly Verdict[]
  readonly pauseMs?: number
  readonly ackId?: number
}

/** Reads an answer; empty when it is not a collector's. */
export function saidIn(reply: HttpReply): Said {
  const body = membersOfReply(reply)
  const { code, text, ackId } = body
  const invalidEvent = body['invalid-event-number']
  return {
    ...(isCount(code) && { code }),
    ...(typeof text === 'string' && { text: printable(text).slice(0, longestText) }),
    ...(isCount(invalidEvent) && { invalidEvent }),
    ...(isCount(ackId) && { ackId }),
  }
}

/** One verdict for each of `count` events. */
export function judge(reply: HttpReply, count: number, nowMs: number): Judgement {
  const said = saidIn(reply)
  const known = said.code === undefined ? undefined : CODES[said.code]
  const taken = known?.is === 'taken' || known?.is === 'slow'
  if (!known || (taken && !isSuccess(reply))) return { verdicts: unnumbered(reply, said, count, nowMs) }
  const reason = reasonOf(reply, said, known)
  const ack = said.ackId === undefined ? {} : { ackId: said.ackId }
  switch (known.is) {
    case 'taken':
      return { verdicts: forAll(count, DELIVERED), ...ack }
    case 'slow':
      return { verdicts: forAll(count, DELIVERED), ...ack, pauseMs: retryAfterMs(reply.headers, nowMs) ?? slowMs }
    case 'busy':
      return {
        verdicts: forAll(count, { kind: 'retry', reason, afterMs: retryAfterMs(reply.headers, nowMs) ?? busyMs }),
      }
    case 'failed':
      return { verdicts: forAll(count, { kind: 'retry', reason }) }
    case 'setup':
      return { verdicts: forAll(count, { kind: 'halt', reason }) }
    case 'poison':
      return { verdicts: poisoned(said.invalidEvent, count, reason), ...ack }
  }
}

/** Without a number that can be believed the whole batch is refused, and halved until the culprit is alone. */
function poisoned(invalidEvent: number | undefined, count: number, reason: Reason): readonly Verdict[] {
  if (invalidEvent === undefined || invalidEvent >= count) return forAll(count, { kind: 'reject', reason })
  const untried: Verdict = {
    kind: 'retry',
    reason: { ...reason, text: 'another event of its request was refused' },
    untried: true,
  }
  return Array.from({ length: count }, (_, index) => {
    if (index < invalidEvent) return DELIVERED
    return index === invalidEvent ? { kind: 'reject', reason } : untried
  })
}

/** No number, or one that is not known yet. A 2xx is then no receipt: a page of a proxy must not count as a delivery. */
function unnumbered(reply: HttpReply, said: Said, count: number, nowMs: number): readonly Verdict[] {
  const { status } = reply
  if (!isSuccess(reply)) return judgeStatus(reply, count, nowMs)
  if (said.code !== undefined)
    return forAll(count, {
      kind: 'retry',
      reason: { code: `hec_${said.code}`, text: `the collector answered ${status}: ${excerpt(reply)}`, status },
    })
  const seen = excerpt(reply)
  const text = `the receiver answered ${status}${seen === '' ? '' : `: ${seen}`} (no collector answers so: check the url and the port of this destination)`
  return forAll(count, { kind: 'halt', reason: { code: 'not_hec', text, status } })
}

function reasonOf({ status }: HttpReply, said: Said, known: Code): Reason {
  const number = said.invalidEvent === undefined ? '' : `, event ${said.invalidEvent}`
  const advice = known.advice === undefined ? '' : ` (${known.advice})`
  return {
    code: `hec_${said.code}`,
    text: `the collector answered ${status}, code ${said.code}: ${said.text ?? known.says}${number}${advice}`,
    status,
  }
}

function isSuccess({ status }: HttpReply): boolean {
  return status >= 200 && status <= 299
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
