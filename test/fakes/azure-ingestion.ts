// The Logs Ingestion API of Azure Monitor on loopback, made from its documentation ("Logs Ingestion API in Azure Monitor", "Azure
// Monitor service limits", "Standard columns in Azure Monitor Logs") and from what its own clients' tests say of it. It refuses what the
// real one refuses, and has its traps: it answers 204 to what is no array and stores nothing, drops columns that it does not know, cuts
// long values off, and files old events under the time of their arrival.
import type { TlsOptions } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { FakeEntra } from './entra.ts'
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'

type Row = Record<string, unknown>

/** "Maximum allowed content length: 1048576 bytes (1 MB)", of the body as it is sent and of what it becomes. */
const largest = 1_048_576
const longestValue = 65_536
const oldestMs = 48 * 3_600_000
const path = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/

export class FakeAzure {
  readonly receiver: Receiver
  readonly entra: FakeEntra
  readonly rule = `dcr-${'0123456789abcdef'.repeat(2)}`
  readonly stream = 'Custom-AuditRelay_CL'
  /** Columns of the stream declaration. */
  columns: readonly string[] =
    'TimeGenerated event_id event_type occurred_at tenant actor target outcome data context source stream'.split(' ')
  /** What stands in the table, in the order of arrival. */
  readonly table: Row[] = []
  /** Has the caller the role Monitoring Metrics Publisher, and does the rule know by now? */
  mayPublish = true
  /** When events arrive. */
  nowMs = Date.UTC(2026, 4, 17, 8)
  /** Answers before anything else is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  /** Changes an answer after the events were stored. */
  after: ((answer: Answer) => Answer) | undefined

  static async start(secret: string, tls?: TlsOptions): Promise<FakeAzure> {
    return new FakeAzure(await startReceiver(tls), secret)
  }

  private constructor(receiver: Receiver, secret: string) {
    this.receiver = receiver
    this.entra = new FakeEntra(secret)
    receiver.answer((request) => this.entra.answer(request) ?? this.instead?.(request) ?? this.#answer(request))
  }

  get url(): string {
    return this.receiver.url
  }

  /** The requests with events. */
  get uploads(): readonly Received[] {
    return this.receiver.requests.filter((request) => request.path.startsWith('/dataCollectionRules'))
  }

  /** The options of a destination that signs in here. */
  options(change: object = {}): Row {
    const { tenant, clientId, secret } = this.entra
    const auth = { tenant_id: tenant, client_id: clientId, client_secret: secret, authority: this.url }
    return { url: this.url, rule: this.rule, stream: this.stream, auth, ...change }
  }

  close(): Promise<void> {
    return this.receiver.close()
  }

  #answer(request: Received): Answer {
    const { pathname, searchParams } = new URL(request.path, this.url)
    const [, rule, stream] = path.exec(pathname) ?? []
    if (rule === undefined || request.method !== 'POST') return { status: 404 }
    const token = /^Bearer (\S+)$/.exec(request.headers['authorization'] ?? '')?.[1]
    if (token === undefined || !this.entra.good.has(token))
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } }
    if (searchParams.get('api-version') !== '2023-01-01') return fault(400, 'InvalidApiVersion', 'unknown api-version')
    if (rule !== this.rule) return fault(404, 'NotFound', `Data collection rule with immutable Id '${rule}' not found.`)
    if (!this.mayPublish)
      return fault(
        403,
        'OperationFailed',
        'The authentication token provided does not have access to ingest data for the data collection rule.',
      )
    if (stream !== this.stream)
      return fault(400, 'InvalidStream', `The stream '${stream}' was not configured in the data collection rule.`)
    return this.#take(request)
  }

  #take({ body, headers }: Received): Answer {
    if (!headers['content-type']?.startsWith('application/json')) return fault(415, 'UnsupportedMediaType', 'not JSON')
    if (body.length === 0) return { status: 500 }
    if (body.length > largest) return tooLarge(body.length)
    let bytes = body
    if (headers['content-encoding'] !== undefined) {
      if (headers['content-encoding'] !== 'gzip') return fault(415, 'UnsupportedContentEncoding', 'only gzip')
      try {
        bytes = gunzipSync(body)
      } catch {
        return fault(400, 'InvalidContentEncoding', 'the body is no gzip')
      }
    }
    if (bytes.length > largest) return tooLarge(bytes.length)
    for (const entry of rowsOf(bytes)) this.table.push(this.#row(entry))
    const answer: Answer = { status: 204 }
    return this.after?.(answer) ?? answer
  }

  #row(entry: Row): Row {
    const known = this.columns.filter((name) => entry[name] !== undefined)
    const row = Object.fromEntries(known.map((name) => [name, cut(entry[name])]))
    const time = Date.parse(String(entry['TimeGenerated']))
    const usable = this.nowMs - time <= oldestMs && time - this.nowMs <= oldestMs / 2
    return { ...row, TimeGenerated: new Date(usable ? time : this.nowMs).toISOString() }
  }
}

/** Nothing of what is no array of objects, and not a word about it. */
function rowsOf(bytes: Buffer): Row[] {
  try {
    const value = JSON.parse(bytes.toString()) as unknown
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : []
  } catch {
    return []
  }
}

function cut(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.byteLength(text) > longestValue ? text.slice(0, longestValue) : value
}

function fault(status: number, code: string, message: string): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-ms-error-code': code }
  return { status, headers, body: JSON.stringify({ error: { code, message } }) }
}

function tooLarge(length: number): Answer {
  const message = `Maximum allowed content length: ${largest} bytes (1 MB). Provided content length: ${length} bytes.`
  return fault(413, 'ContentLengthLimitExceeded', message)
}
