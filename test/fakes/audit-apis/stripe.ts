// Stripe's events, from "List all events", "Pagination" and "Errors" (docs.stripe.com/api): newest first, seconds, the last id as a cursor,
// has_more, what is older than 30 days is gone.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, json, numberOf } from '../preset-server.ts'

export interface StripeRecord {
  readonly id: string
  readonly created: number
}

export class FakeStripe implements AuditApi {
  readonly #records: readonly StripeRecord[]
  readonly #now: number
  readonly #pageSize: number
  /** Ids that Stripe no longer knows. */
  readonly gone = new Set<string>()

  constructor(records: readonly StripeRecord[], now: number, pageSize = 2) {
    this.#records = records.toSorted((one, other) => other.created - one.created)
    this.#now = now
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/v1/events' || request.method !== 'GET')
      return fault(404, { message: `Unrecognized request URL (${request.method}: ${path}).` })
    if (headers['authorization'] !== 'Bearer rk_live_key')
      return fault(401, { message: 'Invalid API Key provided: ****' })
    const known = ['created[gte]', 'created[lt]', 'limit', 'starting_after']
    const unknown = [...query.keys()].find((name) => !known.includes(name))
    if (unknown !== undefined) return fault(400, { code: 'parameter_unknown', param: unknown })
    const [from, to] = [
      numberOf(query.get('created[gte]'), 0, 9_999_999_999),
      numberOf(query.get('created[lt]'), 0, 9_999_999_999),
    ]
    if (from === undefined || to === undefined) return fault(400, { message: 'Invalid integer', param: 'created' })
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 100) : 10
    if (limit === undefined) return fault(400, { message: 'Invalid limit', param: 'limit' })
    const after = query.get('starting_after')
    const place = after === null ? -1 : this.#records.findIndex(({ id }) => id === after && !this.gone.has(id))
    if (after !== null && place < 0)
      return fault(400, { code: 'resource_missing', param: 'starting_after', message: `No such event: '${after}'` })
    const oldest = this.#now / 1000 - 30 * 86_400
    const found = this.#records
      .slice(place + 1)
      .filter(({ created }) => created >= from && created < to && created >= oldest)
    const size = Math.min(limit, this.#pageSize)
    return json({ object: 'list', url: '/v1/events', has_more: found.length > size, data: found.slice(0, size) })
  }
}

function fault(status: number, error: Readonly<Record<string, string>>): Answer {
  return json({ error: { type: 'invalid_request_error', ...error } }, {}, status)
}
