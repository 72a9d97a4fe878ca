// GitLab's audit events, from "Audit events API" and "REST API", keyset-based pagination (docs.gitlab.com): 30 days at most, both ends
// included, `order_by=id` and `sort=desc` alone; behind the last full page comes an empty one without a link.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

export interface GitLabRecord {
  readonly id: number
  readonly created_at: string
}

export class FakeGitLab implements AuditApi {
  readonly #records: readonly GitLabRecord[]
  readonly #pageSize: number

  constructor(records: readonly GitLabRecord[], pageSize = 2) {
    this.#records = records.toSorted((one, other) => other.id - one.id)
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const { path, query, headers } = askedOf(request)
    if (headers['private-token'] !== 'glpat-token') return json({ message: '401 Unauthorized' }, {}, 401)
    if (path !== '/api/v4/audit_events') return json({ message: '404 Not Found' }, {}, 404)
    const [from, to] = [timeOf(query.get('created_after')), timeOf(query.get('created_before'))]
    if (Number.isNaN(from) || Number.isNaN(to)) return json({ error: 'created_after is invalid' }, {}, 400)
    if (to - from > 30 * 86_400_000)
      return json({ message: '400 Bad request - Created date is more than 30 days' }, {}, 400)
    if (query.get('pagination') !== 'keyset')
      return json({ message: '400 Bad request - offset pagination was removed' }, {}, 400)
    if (query.get('order_by') !== 'id' || query.get('sort') !== 'desc')
      return json({ error: 'Keyset pagination is not yet available for this type of request' }, {}, 405)
    const perPage = query.has('per_page') ? numberOf(query.get('per_page'), 1, 100) : 20
    if (perPage === undefined) return json({ error: 'per_page does not have a valid value' }, {}, 400)
    const cursor = query.get('cursor')
    const offset = cursor === null ? 0 : cursorOffset(cursor)
    if (offset === undefined) return json({ message: '400 Bad request - cursor is invalid' }, {}, 400)
    const found = this.#records.filter(({ created_at: at }) => Date.parse(at) >= from && Date.parse(at) <= to)
    const rows = found.slice(offset, offset + Math.min(perPage, this.#pageSize))
    if (rows.length === 0) return json([])
    const next = new URLSearchParams(query)
    next.set('cursor', cursorText(offset + rows.length))
    return json(rows, { link: `<${url}/api/v4/audit_events?${next}>; rel="next"` })
  }
}
