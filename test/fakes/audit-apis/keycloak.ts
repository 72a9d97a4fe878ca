// Keycloak's events, from the Admin REST API of 26.2 (keycloak.org/docs-api) and the issues keycloak/keycloak 36600, 30414 and 38442:
// dateFrom and dateTo inclusive, first and max, newest first unless direction=asc; before 26.2 whole days alone, and no ids.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, clientCredentials, json, numberOf } from '../preset-server.ts'

export interface KeycloakRecord {
  readonly id: string
  readonly time: number
  readonly operationType?: string
}

const DAY = /^\d{4}-\d\d-\d\d$/u

export class FakeKeycloak implements AuditApi {
  #records: readonly KeycloakRecord[]
  readonly #pageSize: number
  /** A server before 26.2. */
  old = false
  /** The roles of the service account. */
  mayViewEvents = true
  /** How many requests are answered before the oldest event expires. */
  expiresAfter = Infinity

  constructor(records: readonly KeycloakRecord[], pageSize = 500) {
    this.#records = records.toSorted((one, other) => other.time - one.time)
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path === '/realms/acme/protocol/openid-connect/token')
      return clientCredentials(request, { client_id: 'relay', client_secret: 's3cret' }, 'kc-token')
    if (headers['authorization'] !== 'Bearer kc-token') return fault(401, 'HTTP 401 Unauthorized')
    const log = /^\/admin\/realms\/acme\/(events|admin-events)$/u.exec(path)?.[1]
    if (log === undefined) return fault(404, 'Realm not found.')
    if (!this.mayViewEvents) return fault(403, 'HTTP 403 Forbidden')
    if (this.expiresAfter-- === 0) this.#records = this.#records.slice(0, -1)
    const from = this.#time(query.get('dateFrom'), 0)
    const to = this.#time(query.get('dateTo'), 86_399_999)
    const first = numberOf(query.get('first') ?? '0', 0, 1_000_000)
    const max = numberOf(query.get('max') ?? '100', 1, 1_000_000)
    if (from === undefined || to === undefined || first === undefined || max === undefined)
      return fault(400, 'Invalid value for the date, expected format is yyyy-MM-dd')
    const found = this.#records.filter(
      ({ time, operationType }) =>
        (operationType !== undefined) === (log === 'admin-events') && time >= from && time <= to,
    )
    const sorted = query.get('direction') === 'asc' && !this.old ? found.toReversed() : found
    const page = sorted.slice(first, first + Math.min(max, this.#pageSize))
    return json(this.old ? page.map((event) => ({ ...event, id: undefined })) : page)
  }

  #time(text: string | null, endOfDay: number): number | undefined {
    if (text !== null && DAY.test(text)) return Date.parse(text) + endOfDay
    return this.old ? undefined : numberOf(text, 1_000_000_000_000, 9_999_999_999_999)
  }
}

function fault(status: number, error: string): Answer {
  return json({ error }, {}, status)
}
