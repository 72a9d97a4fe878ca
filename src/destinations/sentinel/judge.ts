// What an answer of the Logs Ingestion API means. 204 without a body is the only receipt ("Logs Ingestion API in Azure Monitor").
// It does not say which event it did not like.
import type { Batch } from '../../model/batch.ts'
import { DELIVERED, forAll, type Reason, type Verdict } from '../../model/verdict.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { judgeStatus } from '../judge.ts'
import { excerpt, printable, shortened } from '../../runtime/scrub.ts'
import { faultIn } from './answer.ts'
import { isOld } from './refuse.ts'

/** No event is at fault: the address, the credentials, or something on the way. */
const SETUP = new Map([
  [401, 'check tenant_id, client_id and scope: the token is not one for Azure Monitor'],
  [
    403,
    'give it the role Monitoring Metrics Publisher on the data collection rule; that takes up to half an hour to be known',
  ],
  [404, 'check url and rule: the endpoint does not know this data collection rule'],
  [411, 'something between us and Azure takes the length of the body away'],
  [415, 'something between us and Azure changes the body; try gzip: false'],
])
/** Codes that name what stands in the address. Only the code is looked at: a message may quote an event. */
const ADDRESS = /stream|rule|dcr|apiversion|endpoint/i

const REDATED: Verdict = {
  kind: 'delivered',
  remark: {
    code: 'redated',
    text: 'older than 48 hours: Azure files it under the time of its arrival, with its own time in occurred_at',
  },
}

export function judge(reply: HttpReply, batch: Batch, nowMs: number): readonly Verdict[] {
  const { status } = reply
  const count = batch.events.length
  if (status >= 200 && status <= 299) return receipts(reply, batch, nowMs)
  const { code } = faultIn(reply)
  const setup = status === 400 && ADDRESS.test(code) ? 'check stream and rule' : SETUP.get(status)
  if (setup !== undefined) return forAll(count, { kind: 'halt', reason: reasonOf(reply, setup) })
  const [verdict] = judgeStatus(reply, 1, nowMs)
  if (!verdict || verdict.kind === 'delivered' || verdict.kind === 'halt' || code === '')
    return forAll(count, verdict ?? DELIVERED)
  return forAll(count, { ...verdict, reason: reasonOf(reply) })
}

/** Any other good status, or a body, is none of Azure's: what a proxy or a login answers must not count as a delivery. */
function receipts(reply: HttpReply, { events }: Batch, nowMs: number): readonly Verdict[] {
  if (reply.status === 204 && reply.body.length === 0)
    return events.map((event) => (isOld(event, nowMs) ? REDATED : DELIVERED))
  const said = excerpt(reply)
  const text = `the receiver answered ${reply.status}${said === '' ? ' without a body' : `: ${said}`} (the Logs Ingestion API does not answer so: check url)`
  return forAll(events.length, { kind: 'halt', reason: { code: 'not_azure', text, status: reply.status } })
}

function reasonOf(reply: HttpReply, advice = ''): Reason {
  const { status } = reply
  const { code, message } = faultIn(reply)
  const said = code === '' ? excerpt(reply) : shortened(printable(`${code}: ${message}`))
  const text = `Azure answered ${status}${said === '' ? '' : `: ${said}`}${advice === '' ? '' : ` (${advice})`}`
  return { code: `http_${status}`, text, status }
}
