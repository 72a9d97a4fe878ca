// The intake of Datadog Logs on loopback, made from its documentation: "Send logs", "Pipelines" (preprocessing of JSON logs), "Log Date
// Remapper", "Logs Troubleshooting". It refuses what the real one refuses, and has its traps: it says 202 and cuts an entry that is too
// long, says 202 and drops one that is dated too far away, and takes what an entry calls `date`, `status` or `host` for its own.
import { gunzipSync, inflateSync } from 'node:zlib'
import { type DatadogLog, entriesIn, logOf } from './datadog-entry.ts'
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'

const maxPayloadBytes = 5_000_000
const maxEntries = 1_000
const maxEntryBytes = 1_000_000
const hourMs = 3_600_000

const unpack: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body),
  deflate: (body) => inflateSync(body),
}

/** An answer in the form that the vendor's client reads (`HTTPLogErrors`). */
export function refused(status: number, title: string, detail: string): Answer {
  const body = JSON.stringify({ errors: [{ status: `${status}`, title, detail }] })
  return { status, headers: { 'content-type': 'application/json' }, body }
}

const accepted: Answer = { status: 202, headers: { 'content-type': 'application/json' }, body: '{}' }

export class FakeDatadog {
  readonly receiver: Receiver
  /** What can be found, in the order of arrival. */
  readonly stored: DatadogLog[] = []
  /** What was taken with 202 and is nowhere: "dropped at intake". */
  readonly dropped: DatadogLog[] = []
  readonly keys = new Set<string>()
  now = Date.UTC(2026, 4, 17, 8)
  /** Requests that it still takes in this period, and when the next one begins, seconds. */
  limit: { remaining: number; readonly reset: number } | undefined
  /** Answers before anything else is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  /** Changes an answer after the entries were stored. */
  after: ((answer: Answer) => Answer) | undefined

  static async start(key: string): Promise<FakeDatadog> {
    return new FakeDatadog(await startReceiver(), key)
  }

  private constructor(receiver: Receiver, key: string) {
    this.receiver = receiver
    this.keys.add(key)
    receiver.answer((request) => this.instead?.(request) ?? this.#answer(request))
  }

  get url(): string {
    return this.receiver.url
  }

  close(): Promise<void> {
    return this.receiver.close()
  }

  #answer(request: Received): Answer {
    const { pathname } = new URL(request.path, this.url)
    if (pathname !== '/api/v2/logs') return refused(404, 'Not Found', 'no such path')
    if (request.method !== 'POST') return refused(405, 'Method Not Allowed', 'use POST')
    const key = request.headers['dd-api-key']
    if (key === undefined) return refused(401, 'Unauthorized', 'missing API key')
    if (!this.keys.has(key)) return refused(403, 'Forbidden', 'invalid API key')
    return this.#limited() ?? this.#take(request)
  }

  #limited(): Answer | undefined {
    if (!this.limit) return undefined
    if (this.limit.remaining === 0) return this.#withLimit(refused(429, 'Too Many Requests', 'rate limited'))
    this.limit.remaining--
    return undefined
  }

  #withLimit(answer: Answer): Answer {
    if (!this.limit) return answer
    const { remaining, reset } = this.limit
    const limits = { 'x-ratelimit-remaining': `${remaining}`, 'x-ratelimit-reset': `${reset}` }
    return { ...answer, headers: { ...answer.headers, ...limits } }
  }

  #take(request: Received): Answer {
    const bytes = unpacked(request)
    if (bytes === undefined) return refused(400, 'Bad Request', 'the body cannot be unpacked')
    if (bytes.length > maxPayloadBytes) return refused(413, 'Payload Too Large', 'above 5MB uncompressed')
    const entries = entriesIn(bytes.toString())
    if (entries === undefined) return refused(400, 'Bad Request', 'the body is no JSON')
    if (entries.length > maxEntries) return refused(413, 'Payload Too Large', 'more than 1000 entries')
    for (const entry of entries) this.#store(entry)
    const answer = this.#withLimit(accepted)
    return this.after?.(answer) ?? answer
  }

  #store(entry: string): void {
    const log = logOf(entry, maxEntryBytes, this.now)
    const ageMs = this.now - log.date
    if (ageMs > 18 * hourMs || ageMs < -2 * hourMs) this.dropped.push(log)
    else this.stored.push(log)
  }
}

function unpacked({ headers, body }: Received): Buffer | undefined {
  try {
    return unpack[headers['content-encoding'] ?? 'identity']?.(body)
  } catch {
    return undefined
  }
}
