// PagerDuty's audit records, from "List audit records" and "Pagination" (developer.pagerduty.com): newest first, 31 days at most, a cursor
// that is null at the end, a version in the Accept header.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

export interface PagerDutyRecord {
  readonly id: string
  readonly execution_time: string
}

export class FakePagerDuty implements AuditApi {
  readonly #records: readonly PagerDutyRecord[]
  readonly #pageSize: number
  /** The plan has an audit trail. */
  entitled = true

  constructor(records: readonly PagerDutyRecord[], pageSize = 2) {
    this.#records = records.toSorted((one, other) => at(other) - at(one))
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/audit/records') return fault(404, 2100, 'Not Found')
    if (headers['authorization'] !== 'Token token=pd-key') return fault(401, 2006, 'Unauthorized')
    if (!this.entitled) return fault(402, 2012, 'Account does not have the abilities to perform the action')
    if (headers['accept'] !== 'application/vnd.pagerduty+json;version=2') return fault(400, 2001, 'Invalid version')
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 100) : 100
    const [since, until] = [timeOf(query.get('since')), timeOf(query.get('until'))]
    if (limit === undefined || Number.isNaN(since) || Number.isNaN(until))
      return fault(400, 2001, 'Invalid Input Provided')
    if (until < since || until - since > 31 * 86_400_000)
      return fault(400, 2001, 'until may not be more than 31 days after since')
    const cursor = query.get('cursor')
    const offset = cursor === null ? 0 : cursorOffset(cursor)
    if (offset === undefined) return fault(400, 2001, 'cursor is invalid')
    const found = this.#records.filter((record) => at(record) >= since && at(record) <= until)
    const end = offset + Math.min(limit, this.#pageSize)
    return json({
      records: found.slice(offset, end),
      response_metadata: null,
      next_cursor: end < found.length ? cursorText(end) : null,
      limit,
    })
  }
}

function at({ execution_time: time }: PagerDutyRecord): number {
  return Date.parse(time)
}

function fault(status: number, code: number, message: string): Answer {
  return json({ error: { message, code } }, {}, status)
}
