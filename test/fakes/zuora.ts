// Zuora on loopback, from its documents: OAuth ("Create an OAuth token"), audit logs ("Audit Logs": page numbers, totalPages, totalElements, a
// tenantId in filter.must), errors inside a 200 ("Error codes"), limits with a reset in seconds from now ("Rate limits"), Data Query (see
// zuora-data-query.ts). What the documents leave open is as the source guesses it, or as a test sets it.
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'
import { FakeDataQuery } from './zuora-data-query.ts'
import { FakeTokenEndpoint } from './token-endpoint.ts'

export interface AuditRecord {
  readonly timestamp: string
  readonly [member: string]: unknown
}

interface Search {
  readonly filter?: { readonly must?: readonly Readonly<Record<string, unknown>>[] }
  readonly page?: number
  readonly size?: number
}

const PATH = '/admin/audit/v2/'
const MEMBERS = new Set(['filter', 'page', 'size'])

export class FakeZuora {
  readonly tokens: FakeTokenEndpoint
  readonly queries: FakeDataQuery
  /** By the name of the log; newest first is how they are listed. */
  readonly logs = new Map<string, AuditRecord[]>(
    ['global-logins', 'global-settings', 'tenant-logins', 'tenant-settings', 'tenant-objects'].map((name) => [
      name,
      [],
    ]),
  )
  /** So many tokens may be asked for from one address; 100 a minute with the real one. */
  tokenLimit = 100
  /** An expired token is refused inside a 200. */
  refusesInside = false
  /** After each page of a list that was given. */
  afterPage: ((page: number) => void) | undefined
  /** Answers before anything but tokens is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  readonly searches: (Search & { readonly log: string })[] = []
  readonly receiver: Receiver

  private constructor(receiver: Receiver, files: Receiver, now: () => number) {
    this.receiver = receiver
    this.tokens = new FakeTokenEndpoint(now)
    this.tokens.client = { id: 'client', secret: 'zuora-secret-1', by: 'post' }
    this.queries = new FakeDataQuery(files)
    receiver.answer((request) => this.#answer(request))
  }

  static async start(now = () => Date.UTC(2026, 4, 17, 8)): Promise<FakeZuora> {
    return new FakeZuora(await startReceiver(), await startReceiver(), now)
  }

  get url(): string {
    return this.receiver.url
  }

  /** What stands in a file that reads it. */
  options(more: object = {}): object {
    return { url: this.url, auth: { client_id: 'client', client_secret: 'zuora-secret-1' }, ...more }
  }

  add(log: string, ...records: readonly AuditRecord[]): void {
    this.logs.get(log)?.push(...records)
  }

  async close(): Promise<void> {
    await this.receiver.close()
    await this.queries.files.close()
  }

  #answer(request: Received): Answer {
    if (request.path === '/oauth/token') return this.#token(request)
    const instead = this.instead?.(request)
    if (instead) return instead
    const bearer = (request.headers['authorization'] ?? '').replace(/^Bearer /, '')
    if (!this.tokens.good.has(bearer))
      return failure(90_000_011, 'this resource is protected, please sign in first', this.refusesInside ? 200 : 401)
    if (request.path.startsWith('/query/jobs')) return this.queries.answer(request)
    return request.path.startsWith(PATH)
      ? this.#search(request.path.slice(PATH.length), request)
      : failure(50_000_040, `no handler for ${request.path}`, 404)
  }

  #token(request: Received): Answer {
    if (this.tokens.given.length >= this.tokenLimit)
      return { ...failure(50_000_070, 'Too many tokens', 429), headers: { 'RateLimit-Reset': '60' } }
    return this.tokens.answer(request)
  }

  #search(log: string, request: Received): Answer {
    const records = this.logs.get(log)
    if (!records || request.method !== 'POST') return failure(50_000_040, `no log ${log}`, 404)
    const search = JSON.parse(request.body.toString()) as Search
    const unknown = Object.keys(search).find((member) => !MEMBERS.has(member))
    if (unknown !== undefined) return failure(50_000_021, `unknown field ${unknown}`)
    this.searches.push({ ...search, log })
    const must = search.filter?.must ?? []
    const tenant = must.find(({ field }) => field === 'tenantId')?.['value']
    if (log.startsWith('tenant-') && tenant === undefined)
      return failure(50_000_022, 'tenantId is required in filter.must')
    return this.#page(search, within(records, must, tenant))
  }

  #page({ page = 0, size = 20 }: Search, found: readonly AuditRecord[]): Answer {
    const content = found.slice(page * size, (page + 1) * size)
    const answer = json({ content, totalPages: Math.ceil(found.length / size), totalElements: found.length })
    this.afterPage?.(page)
    return answer
  }
}

/** Newest first, as they are now. */
function within(
  records: readonly AuditRecord[],
  must: readonly Readonly<Record<string, unknown>>[],
  tenant: unknown,
): AuditRecord[] {
  const time = must.find(({ field }) => field === 'timestamp')
  const [from, to] = [Date.parse(String(time?.['from'])), Date.parse(String(time?.['to']))]
  return records
    .filter(({ timestamp, tenantId }) => {
      const at = Date.parse(timestamp)
      // Neither end is in it: the least that an API may give.
      return (
        (!time || (at > from && at < to)) && (tenant === undefined || `${tenantId as string}` === `${tenant as string}`)
      )
    })
    .toSorted((one, other) => Date.parse(other.timestamp) - Date.parse(one.timestamp))
}

/** As Zuora says it, also with 200. */
export function failure(code: number, message: string, status = 200, headers: Record<string, string> = {}): Answer {
  return json({ success: false, processId: 'CBCFED6580B4E076', reasons: [{ code, message }] }, status, headers)
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
