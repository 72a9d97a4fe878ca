// CockroachDB Cloud's audit logs, from "Export CockroachDB Cloud Organization Audit Logs" and "List audit logs" (cockroachlabs.com/docs):
// starting_from is exclusive, an answer holds every entry of its last instant, next_starting_from while there is more.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, json, numberOf, timeOf } from '../preset-server.ts'

export interface CockroachRecord {
  readonly id: string
  readonly created_at: string
}

export class FakeCockroachCloud implements AuditApi {
  readonly #records: readonly CockroachRecord[]
  readonly #pageSize: number

  constructor(records: readonly CockroachRecord[], pageSize = 1) {
    this.#records = records.toSorted((one, other) => (micros(one.created_at) < micros(other.created_at) ? -1 : 1))
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/api/v1/auditlogevents') return fault(404, 5, 'Not Found')
    if (headers['authorization'] !== 'Bearer cc-key') return fault(401, 16, 'invalid token')
    if (!/^\d{4}-\d\d-\d\d$/u.test(headers['cc-version'] ?? '')) return fault(400, 3, 'invalid Cc-Version')
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 500) : 200
    const start = query.get('starting_from')
    if (
      limit === undefined ||
      !['ASC', null].includes(query.get('sort_order')) ||
      (start !== null && Number.isNaN(timeOf(start)))
    )
      return fault(400, 3, 'invalid argument')
    const found = this.#records.filter(({ created_at: time }) => start === null || micros(time) > micros(start))
    let end = Math.min(found.length, limit, this.#pageSize)
    while (end > 0 && end < found.length && micros(found[end]?.created_at) === micros(found[end - 1]?.created_at)) end++
    const last = found[end - 1]?.created_at
    return json({ entries: found.slice(0, end), ...(end < found.length && { next_starting_from: last }) })
  }
}

/** The digits of a time, so many that microseconds compare. */
function micros(time = ''): string {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

function fault(status: number, code: number, message: string): Answer {
  return json({ code, message, details: [] }, {}, status)
}
