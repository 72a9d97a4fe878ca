// Receivers of logs on loopback, made from the documentation of their vendors. Each refuses what the real one refuses, and takes and
// spoils what the real one takes and spoils: `stored` is what one would find there.
import { gunzipSync } from 'node:zlib'
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'

/** What one would find at the vendor, as text. */
export interface Vendor {
  readonly receiver: Receiver
  readonly stored: string[]
  /** Answers before anything else is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  close(): Promise<void>
}

/** What a vendor makes of one request: what it keeps, and what it says. */
type Rule = (
  request: Received,
  body: Buffer,
  nowMs: number,
) => { readonly keep?: readonly string[]; readonly answer: Answer }

export async function vendor(rule: Rule, nowMs: number): Promise<Vendor> {
  const receiver = await startReceiver()
  const it: Vendor = { receiver, stored: [], instead: undefined, close: () => receiver.close() }
  receiver.answer((request) => {
    const early = it.instead?.(request)
    if (early) return early
    try {
      const { keep = [], answer } = rule(request, unpacked(request), nowMs)
      it.stored.push(...keep)
      return answer
    } catch (error) {
      if (error instanceof Refused) return error.answer
      return { status: 400, body: `cannot be read: ${String(error)}` }
    }
  })
  return it
}

export class Refused extends Error {
  readonly answer: Answer
  constructor(status: number, body = '') {
    super('refused')
    this.answer = { status, body }
  }
}

function unpacked({ headers, body }: Received): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

function need(truth: boolean, status: number, body: string): void {
  if (!truth) throw new Refused(status, body)
}

const isText = (value: unknown): value is string => typeof value === 'string'
const hourMs = 3_600_000

/** Dynatrace, "POST ingest logs", "Log ingestion drop reasons", "Log Management and Analytics default limits". */
export const dynatrace: Rule = ({ method, path, headers }, body, nowMs) => {
  need(method === 'POST' && path === '/api/v2/logs/ingest', 404, '{"error":{"code":404,"message":"Not found"}}')
  need(
    headers['authorization'] === 'Api-Token dt0c01.KEY',
    401,
    '{"error":{"code":401,"message":"Token Authentication failed"}}',
  )
  need(/^application\/json(; charset=utf-8)?$/.test(headers['content-type'] ?? ''), 415, 'unsupported media type')
  need(body.length <= 10_000_000, 413, 'payload_byte_size_limit')
  const logs = JSON.parse(body.toString()) as { timestamp: string; content: string }[]
  need(Array.isArray(logs) && logs.length > 0, 400, 'empty_messages')
  need(logs.length <= 50_000, 413, 'event_count_limit')
  const old = logs.some(({ timestamp }) => nowMs - Date.parse(timestamp) > 24 * hourMs)
  need(
    !old,
    400,
    '{"error":{"code":400,"message":"timestamps_out_of_range: log with a timestamp more than 24 hours in the past"}}',
  )
  const sound = logs.filter(({ content }) => isText(content) && !content.includes('"poison"'))
  const keep = sound.map(({ content }) => (content.length > 512_000 ? content.slice(0, 512_000) : content))
  if (sound.length === logs.length) return { keep, answer: { status: 204 } }
  return {
    keep,
    answer: { status: 200, body: '{"details":{"code":200,"message":"Only a part of input events were ingested"}}' },
  }
}

/** New Relic, "Send your logging data with our Log API", "Log event data". */
export const newRelic: Rule = ({ method, path, headers, body: sent }, body, nowMs) => {
  need(method === 'POST' && path === '/log/v1', 404, '')
  need(headers['api-key'] === 'nr-license-key', 403, '{}')
  need(sent.length <= 1_000_000, 413, '')
  need(headers['content-type'] === 'application/json', 415, '')
  const accepted = { status: 202, body: '{"requestId":"b2d1-0001"}' }
  let blocks: unknown
  try {
    blocks = JSON.parse(body.toString())
  } catch {
    // It is only queued: what cannot be read is reported elsewhere, as an NrIntegrationError.
    return { answer: accepted }
  }
  if (!Array.isArray(blocks)) return { answer: accepted }
  const logs = (blocks as { logs: { timestamp: number; message: string }[] }[]).flatMap(({ logs: all }) => all)
  const young = logs.filter(({ timestamp }) => Number.isInteger(timestamp) && nowMs - timestamp <= 48 * hourMs)
  return { keep: young.map(({ message }) => message.slice(0, 131_072)), answer: accepted }
}

/** LogScale, "Ingesting with HTTP Event Collector (HEC)", "Limits and Standards". */
export const logscale: Rule = ({ method, path, headers }, body) => {
  need(method === 'POST' && ['/api/v1/ingest/hec', '/services/collector'].includes(path), 404, '')
  need(headers['authorization'] === 'Bearer ingest-token', 401, 'The supplied authentication is invalid')
  const events = body
    .toString()
    .split(/\s+(?=\{"time")/)
    .map((text) => JSON.parse(text) as { time: unknown; event?: unknown })
  need(
    events.every(({ event, time }) => event !== undefined && typeof time === 'number'),
    400,
    'Could not handle input',
  )
  const keep = events.map(({ event }) => JSON.stringify(event))
  return {
    keep: keep.map((text) => (text.length > 1_000_000 ? `${text.slice(0, 999_997)}...` : text)),
    answer: { status: 200, body: `{"text":"Success","code":0,"eventCount":${keep.length}}` },
  }
}

/** Cortex XSIAM, "Set up an HTTP log collector to receive logs", set up for JSON that is not compressed. */
export const cortexXsiam: Rule = ({ method, path, headers }, body) => {
  need(method === 'POST' && path === '/logs/v1/event', 404, '')
  need(headers['authorization'] === 'cortex-key', 401, '{"error":"unauthorized"}')
  need(headers['content-encoding'] === undefined, 400, '{"error":"failed to read"}')
  need(body.length <= 25 * 1024 ** 2, 413, '{"error":"too large"}')
  return { keep: body.toString().split('\n').filter(Boolean), answer: { status: 200, body: '{"error":"false"}' } }
}

/** Sumo Logic, "Troubleshooting HTTP Sources", "Search Large Messages". */
export const sumoLogic: Rule = ({ method, path, headers }, body) => {
  need(path === '/receiver/v1/http/ZaVnC4dhaV0secret==', 401, '')
  need(method === 'POST', 405, '')
  need(headers['content-encoding'] === 'gzip' || headers['content-encoding'] === undefined, 415, '')
  const lines = body.toString().split('\n').filter(Boolean)
  return { keep: lines.flatMap((line) => line.match(/[^]{1,65536}/g) ?? []), answer: { status: 200 } }
}

/** Google SecOps, "Method: logs.import". */
export const googleSecops: Rule = ({ method, path, headers }, body) => {
  const address = /^\/v1alpha\/projects\/p\/locations\/eu\/instances\/i\/logTypes\/[A-Z_]+\/logs:import$/
  need(method === 'POST' && address.test(path), 404, '{"error":{"code":404,"status":"NOT_FOUND"}}')
  need(headers['authorization'] === 'Bearer ya29.token', 401, '{"error":{"code":401,"status":"UNAUTHENTICATED"}}')
  need(body.length <= 4_000_000, 400, '{"error":{"code":400,"message":"Request payload size exceeds the limit"}}')
  const { inlineSource, ...rest } = JSON.parse(body.toString()) as {
    inlineSource: { logs: { data: string; logEntryTime: string }[] }
  }
  need(Object.keys(rest).length === 0, 400, '{"error":{"code":400,"message":"Unknown name"}}')
  for (const { data, logEntryTime } of inlineSource.logs)
    need(/^[A-Za-z0-9+/]+=*$/.test(data) && !Number.isNaN(Date.parse(logEntryTime)), 400, '{"error":{"code":400}}')
  return {
    keep: inlineSource.logs.map(({ data }) => Buffer.from(data, 'base64').toString()),
    answer: { status: 200, body: '{}' },
  }
}
