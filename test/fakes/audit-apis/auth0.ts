// Auth0's tenant log, from "Retrieve Logs Using the Management API" and "Log Search Query Syntax" (auth0.com/docs): by checkpoint in the
// order of log_id, an empty array with the same link when caught up; a search gives 1,000 results in all, 100 at once.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, clientCredentials, json, numberOf } from '../preset-server.ts'

export interface Auth0Record {
  readonly log_id: string
  readonly date: string
}

/** Both ends are included; what is left out of a time is zero. */
const RANGE = /^date:\[(\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?) TO (\*|\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?)\]$/u

export class FakeAuth0 implements AuditApi {
  readonly #records: readonly Auth0Record[]
  readonly #pageSize: number
  /** How many of the records, in the order of their ids, are there yet. */
  shown: number
  /** Log ids below this one are past their retention. */
  oldest = ''

  constructor(records: readonly Auth0Record[], pageSize = 2) {
    this.#records = records.toSorted((one, other) => (one.log_id < other.log_id ? -1 : 1))
    this.shown = records.length
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const { path, query, headers } = askedOf(request)
    if (path === '/oauth/token')
      return clientCredentials(
        request,
        { client_id: 'relay', client_secret: 's3cret', audience: `${url}/api/v2/` },
        'mgmt-token',
      )
    if (path !== '/api/v2/logs') return fault(404, 'not_found', 'Not Found')
    if (headers['authorization'] !== 'Bearer mgmt-token') return fault(401, 'Unauthorized', 'Invalid token')
    return query.has('from') ? this.#checkpoint(query, url) : this.#search(query)
  }

  #checkpoint(query: URLSearchParams, url: string): Answer {
    const from = query.get('from') as string
    const take = query.has('take') ? numberOf(query.get('take'), 1, 100) : 50
    if (take === undefined)
      return fault(400, 'invalid_query_string', 'Query validation error: take must be at most 100')
    if (!this.#records.some(({ log_id: id }) => id === from) || from < this.oldest)
      return fault(400, 'invalid_query_string', `Invalid log id: ${from}`)
    const found = this.#present()
      .filter(({ log_id: id }) => id > from)
      .slice(0, Math.min(take, this.#pageSize))
    const last = found.at(-1)?.log_id ?? from
    return json(found, { link: `<${url}/api/v2/logs?from=${last}&take=${take}>; rel="next"` })
  }

  #search(query: URLSearchParams): Answer {
    const [, start = '', end = ''] = RANGE.exec(query.get('q') ?? '') ?? []
    if (start === '') return fault(400, 'invalid_query', 'the search has no range of dates')
    const sort = /^(date|log_id):1$/u.exec(query.get('sort') ?? '')?.[1]
    if (sort === undefined) return fault(400, 'invalid_query_string', 'sort')
    const perPage = numberOf(query.get('per_page'), 1, 100)
    const page = numberOf(query.get('page'), 0, 1000)
    if (perPage === undefined || page === undefined || (page + 1) * perPage > 1000)
      return fault(400, 'invalid_paging', 'You can only page through the first 1000 records.')
    const from = Date.parse(start)
    const to = end === '*' ? Infinity : Date.parse(end)
    const found = this.#present()
      .filter(({ date }) => Date.parse(date) >= from && Date.parse(date) <= to)
      .toSorted((one, other) => (sort === 'date' ? Date.parse(one.date) - Date.parse(other.date) : 0))
    return json(found.slice(page * perPage, (page + 1) * perPage))
  }

  #present(): readonly Auth0Record[] {
    return this.#records.slice(0, this.shown).filter(({ log_id: id }) => id >= this.oldest)
  }
}

function fault(statusCode: number, errorCode: string, message: string): Answer {
  return json({ statusCode, error: 'Bad Request', message, errorCode }, {}, statusCode)
}
