// A ZITADEL instance on loopback, made from its documentation and sources: the event API (docs/guides/integrate/event-api, zitadel/zitadel
// internal/api/grpc/admin/event.go, internal/query/event.go, proto/zitadel/event.proto). It refuses what the real one refuses, and has its
// traps: bounds that are left out, at most 1,000 events whatever is asked for, newest first, an order that is not that of the dates,
// names that are looked up when asked, texts in the language of the request, blanks that differ between builds, a retention that clips.
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'
import { EventTable, type Query, type StoredEvent } from './zitadel-events.ts'
import { FakeZitadelTokens } from './zitadel-token.ts'

const largestLimit = 1_000
const MEMBERS = new Set(
  [
    ['sequence'],
    ['limit'],
    ['asc'],
    ['editorUserId', 'editor_user_id'],
    ['eventTypes', 'event_types'],
    ['aggregateId', 'aggregate_id'],
    ['aggregateTypes', 'aggregate_types'],
    ['resourceOwner', 'resource_owner'],
    ['creationDate', 'creation_date'],
    ['range'],
    ['from'],
  ].flat(),
)
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: { user: 'User' },
  de: { user: 'Benutzer' },
}

/** Microseconds since the epoch of an RFC 3339 time with up to six digits. */
export function micros(text: string): number {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d{1,6}))?Z$/.exec(text) ?? []
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0'))
}

export class FakeZitadel {
  readonly table = new EventTable()
  readonly tokens: FakeZitadelTokens
  /** Of users, by id: what is shown beside what they did. */
  readonly names = new Map<string, string>([['300000000000000001', 'Minnie Mouse']])
  /** What the lists of names hold beside what the table does. */
  knownEventTypes: readonly string[] = ['user.human.added', 'user.human.signed.out', 'org.added']
  knownAggregateTypes: readonly string[] = ['user', 'org', 'session']
  /** The clock of the instance, microseconds. */
  now: number
  /** Microseconds; 0: all is kept. */
  retention = 0
  /** Blanks between members, as another build of ZITADEL has them. */
  blanks = false
  /** The form of errors. */
  errors: 'gateway' | 'connect' = 'gateway'
  /** The role of whoever asks. */
  role: 'IAM_OWNER_VIEWER' | 'ORG_OWNER' = 'IAM_OWNER_VIEWER'
  /** Answers before anything else is looked at. */
  instead: ((request: Received, index: number) => Answer | undefined) | undefined
  /** The searches that were made, as JSON. */
  readonly searches: Record<string, unknown>[] = []
  readonly receiver: Receiver

  constructor(receiver: Receiver, now: number) {
    this.receiver = receiver
    this.now = now
    this.tokens = new FakeZitadelTokens(() => Math.floor(this.now / 1_000_000))
    receiver.answer((request, index) => this.#answer(request, index))
  }

  static async start(now = micros('2026-05-17T08:00:00Z')): Promise<FakeZitadel> {
    return new FakeZitadel(await startReceiver(), now)
  }

  get url(): string {
    return this.receiver.url
  }

  /** A personal access token. */
  token(text = 'pat-0123456789'): string {
    this.tokens.good.add(text)
    return text
  }

  async close(): Promise<void> {
    await this.receiver.close()
  }

  refusal(code: number, word: string, message: string): Answer {
    const status = { 3: 400, 5: 404, 7: 403, 8: 429, 12: 501, 14: 503, 16: 401 }[code] ?? 500
    const body =
      this.errors === 'gateway'
        ? {
            code,
            message,
            details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: 'QUERY-1kIjX', message }],
          }
        : { code: word, message, details: [{ type: 'zitadel.v1.ErrorDetail', value: 'CgxRVUVSWS0xa0lqWA' }] }
    return this.#json(status, JSON.stringify(body))
  }

  #answer(request: Received, index: number): Answer {
    const instead = this.instead?.(request, index)
    if (instead) return instead
    if (request.path === '/oauth/v2/token') return this.tokens.answer(request, this.url)
    if (request.method !== 'POST') return this.refusal(12, 'unimplemented', 'Method Not Allowed')
    const denied = this.#denied(request.headers['authorization'] ?? '')
    if (denied) return denied
    if (request.path === '/admin/v1/events/_search') return this.#search(request)
    if (request.path === '/admin/v1/events/types/_search')
      return this.#names('eventTypes', [...this.knownEventTypes, ...this.table.all.map(({ type }) => type)])
    if (request.path === '/admin/v1/aggregates/types/_search')
      return this.#names('aggregateTypes', [...this.knownAggregateTypes])
    return this.refusal(5, 'not_found', 'Not Found')
  }

  #denied(authorization: string): Answer | undefined {
    if (authorization === '') return this.refusal(16, 'unauthenticated', 'auth header missing')
    if (!this.tokens.good.has(authorization.replace(/^Bearer /, '')))
      return this.refusal(16, 'unauthenticated', 'Errors.Token.Invalid (AUTH-7fs1e)')
    if (this.role !== 'IAM_OWNER_VIEWER')
      return this.refusal(7, 'permission_denied', 'No matching permissions found (AUTH-5mWD2)')
    return undefined
  }

  #names(list: string, names: readonly string[]): Answer {
    return this.#json(
      200,
      JSON.stringify({ [list]: [...new Set(names)].map((type) => ({ type, localized: { key: type } })) }),
    )
  }

  #search({ body, headers }: Received): Answer {
    const given = JSON.parse(body.toString() || '{}') as Record<string, unknown>
    this.searches.push(given)
    const strange = Object.keys(given).find((name) => !MEMBERS.has(name))
    if (strange !== undefined) return this.refusal(3, 'invalid_argument', `proto: unknown field "${strange}"`)
    if ('range' in given && 'from' in given)
      return this.refusal(
        3,
        'invalid_argument',
        'proto: oneof zitadel.admin.v1.ListEventsRequest.creation_date_filter is already set',
      )
    const events = this.table.find(this.#query(given), this.now)
    const language = (headers['accept-language'] ?? 'en').slice(0, 2)
    // Proto3 leaves empty lists out.
    if (events.length === 0) return this.#json(200, '{}')
    return this.#json(200, `{"events":[${events.map((event) => this.json(event, language)).join(',')}]}`)
  }

  #query(given: Record<string, unknown>): Query {
    const member = (name: string, snake: string): unknown => given[name] ?? given[snake]
    const text = (value: unknown): string => (typeof value === 'string' ? value : '')
    const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
    const limit = Number(given['limit'] ?? 0)
    const asc = given['asc'] === true
    const { since, until } = bounds(given, asc)
    const clipped = this.retention === 0 ? since : Math.max(since, this.now - this.retention)
    return {
      asc,
      limit: limit === 0 || limit > largestLimit ? largestLimit : limit,
      since: clipped,
      until,
      eventTypes: texts(member('eventTypes', 'event_types')),
      aggregateTypes: texts(member('aggregateTypes', 'aggregate_types')),
      aggregateId: text(member('aggregateId', 'aggregate_id')),
      resourceOwner: text(member('resourceOwner', 'resource_owner')),
      editor: text(member('editorUserId', 'editor_user_id')),
    }
  }

  /** One event as it is shown: what is empty or zero is left out, 64-bit numbers are texts. */
  json(event: StoredEvent, language = 'en'): string {
    const member = (name: string, value: string | undefined): string[] =>
      value === undefined ? [] : [`"${name}":${value}`]
    const text = (name: string, value: string): string[] =>
      member(name, value === '' ? undefined : JSON.stringify(value))
    const object = (members: readonly string[]): string => `{${members.join(this.blanks ? ', ' : ',')}}`
    const typed = (kind: string, type: string): string =>
      object([
        ...text('type', type),
        ...member(
          'localized',
          object([...text('key', `${kind}.${type}`), ...text('localizedMessage', WORDS[language]?.[type] ?? type)]),
        ),
      ])
    const aggregate = object([
      ...text('id', event.aggregateId),
      ...member('type', typed('AggregateTypes', event.aggregateType)),
      ...text('resourceOwner', event.resourceOwner),
    ])
    const editor = object([
      ...text('userId', event.editor),
      ...text('displayName', this.names.get(event.editor) ?? ''),
      ...text('service', 'zitadel'),
    ])
    return object([
      ...member('editor', editor),
      ...member('aggregate', aggregate),
      ...text('sequence', event.sequence === 0n ? '' : String(event.sequence)),
      ...text('creationDate', shown(event.createdAt)),
      ...member('payload', event.payload),
      ...member('type', typed('EventTypes', event.type)),
    ])
  }

  #json(status: number, body: string): Answer {
    const date = new Date(Math.floor(this.now / 1000)).toUTCString()
    return { status, headers: { 'content-type': 'application/json', date }, body }
  }
}

/** `range` counts before `from`, and `from` before `creation_date`. */
function bounds(given: Record<string, unknown>, asc: boolean): { since: number; until: number } {
  const at = (value: unknown, otherwise: number): number => (typeof value === 'string' ? micros(value) : otherwise)
  const range = given['range'] as { since?: string; until?: string } | undefined
  if (range) return { since: at(range.since, -Infinity), until: at(range.until, Infinity) }
  const from = given['from'] ?? given['creationDate'] ?? given['creation_date']
  return asc ? { since: at(from, -Infinity), until: Infinity } : { since: -Infinity, until: at(from, Infinity) }
}

/** As protobuf writes times: no digits, three or six. */
function shown(at: number): string {
  const seconds = new Date(Math.floor(at / 1_000_000) * 1000).toISOString().slice(0, 19)
  const fraction = at % 1_000_000
  if (fraction === 0) return `${seconds}Z`
  const digits = String(fraction).padStart(6, '0')
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}
