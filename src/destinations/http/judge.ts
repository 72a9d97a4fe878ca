// What an answer means: first by the rules of the operator and the preset, then by what a success is, then as of any receiver.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import { forAll, type Reason, type Verdict } from '../../model/verdict.ts'
import type { HttpReply } from '../../runtime/http.ts'
import type { JudgedReply } from '../destination.ts'
import { judgeStatus } from '../judge.ts'
import { retryAfterMs } from '../../runtime/retry-after.ts'
import { excerpt } from '../../runtime/scrub.ts'
import { isOld, REDATED } from './age.ts'
import type { HttpOptions } from './options.ts'
import type { AnswerGiven, RuleGiven } from './schema.ts'

/** One verdict for each event. */
export function judge(reply: JudgedReply, batch: Batch, nowMs: number, options: HttpOptions): readonly Verdict[] {
  const count = batch.events.length
  const answer = new Answer(reply.asItCame ?? reply)
  const rule = options.rules.find((candidate) => answer.fits(candidate))
  if (rule) return remarked(forAll(count, ruled(rule, reply, nowMs)), batch, nowMs, options)
  const usual = reply.status < 200 || reply.status > 299 || answer.fits(options.success)
  if (!usual) return forAll(count, notTaken(reply, options.success))
  return remarked(judgeStatus(reply, count, nowMs), batch, nowMs, options)
}

/** Of an event that was delivered with another time than its own, the operator should know. */
function remarked(verdicts: readonly Verdict[], batch: Batch, nowMs: number, options: HttpOptions): readonly Verdict[] {
  if (options.oldEvents !== 'send') return verdicts
  return verdicts.map((verdict, index) =>
    verdict.kind === 'delivered' && isOld(batch.events[index] as BatchEvent, options, nowMs)
      ? { ...verdict, remark: REDATED }
      : verdict,
  )
}

/** An answer that is looked at in more than one way, secrets and all: nothing of it may get into a reason. */
class Answer {
  readonly #reply: HttpReply
  #text: string | undefined
  #json: { readonly value: unknown } | undefined

  constructor(reply: HttpReply) {
    this.#reply = reply
  }

  fits({ status, body_contains: part, body }: AnswerGiven): boolean {
    if (status && !status.some((one) => fitsStatus(one, this.#reply.status))) return false
    if (part !== undefined && !this.#lower().includes(part.toLowerCase())) return false
    return !body || this.#member(body.path) === body.equals
  }

  #lower(): string {
    this.#text ??= Buffer.from(this.#reply.body).toString().toLowerCase()
    return this.#text
  }

  #member(path: string): unknown {
    this.#json ??= { value: jsonOf(this.#reply.body) }
    let { value } = this.#json
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
      value = (value as Record<string, unknown>)[name]
    }
    return value
  }
}

function fitsStatus(wanted: number | string, status: number): boolean {
  return typeof wanted === 'number' ? wanted === status : wanted.startsWith(`${Math.floor(status / 100)}`)
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}

function ruled(rule: RuleGiven, reply: HttpReply, nowMs: number): Verdict {
  const reason = reasonOf(reply, rule.code ?? `http_${reply.status}`, rule.advice)
  switch (rule.verdict) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'split':
      return { kind: 'reject', reason, split: true }
    case 'retry': {
      const afterMs = retryAfterMs(reply.headers, nowMs)
      return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs }
    }
    default:
      return { kind: rule.verdict, reason }
  }
}

/** A 2xx of something else than the receiver, or of a receiver that says in words that it failed. Nothing may count as delivered by it. */
function notTaken(reply: HttpReply, { status }: AnswerGiven): Verdict {
  const isStatus = status?.some((one) => fitsStatus(one, reply.status)) ?? true
  const reason = isStatus
    ? reasonOf(reply, 'unexpected_answer', 'success says that another answer means taken')
    : reasonOf(reply, 'unexpected_status', `this receiver takes events with ${status?.join(' or ')}: check the url`)
  return { kind: 'halt', reason }
}

function reasonOf(reply: HttpReply, code: string, advice: string | undefined): Reason {
  const said = excerpt(reply)
  const text = `the receiver answered ${reply.status}${said === '' ? '' : `: ${said}`}`
  return { code, text: advice === undefined ? text : `${text} (${advice})`, status: reply.status }
}
