// What an answer of Datadog says about a batch: the whole of it was taken or none, and only a 202 says that it was.
import type { Batch } from '../../model/batch.ts'
import { DELIVERED, forAll, type Reason, type Verdict } from '../../model/verdict.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { judgeStatus } from '../judge.ts'
import { excerpt } from '../../runtime/scrub.ts'
import { isDated } from './age.ts'

/** "Send logs", response codes. */
const accepted = 202

const redated: Reason = {
  code: 'redated',
  text: 'dated at its arrival, because Datadog drops what is dated more than 18 h ago or 2 h ahead; its own time is in original_time',
}
const REDATED: Verdict = { kind: 'delivered', remark: redated }

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, 'the key did not arrive: something between takes the header dd-api-key away'],
  [403, 'check api_key, and site: a key of one site is refused by all others, in the same words'],
  [404, 'check site or url: no intake for logs answers so'],
])

/** One verdict for each event. */
export function judge(reply: HttpReply, batch: Batch, nowMs: number): readonly Verdict[] {
  const { status } = reply
  const count = batch.events.length
  if (status === accepted) return batch.events.map(({ timeMs }) => (isDated(timeMs, nowMs) ? DELIVERED : REDATED))
  if (status >= 200 && status <= 299)
    return forAll(count, halted('not_datadog', reply, 'Datadog takes logs with a 202: check site or url'))
  const advice = ADVICE.get(status)
  return advice === undefined
    ? judgeStatus(reply, count, nowMs)
    : forAll(count, halted(`http_${status}`, reply, advice))
}

function halted(code: string, reply: HttpReply, advice: string): Verdict {
  const said = excerpt(reply)
  const text = `the receiver answered ${reply.status}${said === '' ? '' : `: ${said}`} (${advice})`
  return { kind: 'halt', reason: { code, text, status: reply.status } }
}
