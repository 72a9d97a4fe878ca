// Slack's audit logs, from "Audit Logs API methods & actions" and "Pagination" (docs.slack.dev): Unix seconds, both ends included, newest
// first, an empty next_cursor at the end, more than `limit` where entries share a second; what is wrong may come within a 200.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf } from '../preset-server.ts'

export interface SlackRecord {
  readonly id: string
  readonly date_create: number
}

export class FakeSlack implements AuditApi {
  readonly #records: readonly SlackRecord[]
  readonly #now: number
  readonly #pageSize: number
  /** The next answer is this error. */
  error: string | undefined

  constructor(records: readonly SlackRecord[], now: number, pageSize = 1) {
    this.#records = records.toSorted((one, other) => other.date_create - one.date_create)
    this.#now = now
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/audit/v1/logs') return wrong('bad_endpoint')
    if (headers['authorization'] === undefined) return wrong('missing_authentication')
    if (headers['authorization'] !== 'Bearer xoxp-token') return wrong('invalid_authentication')
    const error = this.error
    this.error = undefined
    if (error !== undefined) return wrong(error)
    const [oldest, latest] = [
      numberOf(query.get('oldest'), 1_519_862_400, 9_999_999_999),
      numberOf(query.get('latest'), 0, this.#now / 1000),
    ]
    if (oldest === undefined || latest === undefined || oldest > latest) return wrong('invalid_range')
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 9999) : 1000
    const cursor = query.get('cursor')
    const offset = cursor === null || cursor === '' ? 0 : cursorOffset(cursor)
    if (offset === undefined || limit === undefined) return wrong('invalid_cursor')
    const found = this.#records.filter(({ date_create: at }) => at >= oldest && at <= latest)
    let end = Math.min(found.length, offset + Math.min(limit, this.#pageSize))
    while (end > offset && end < found.length && found[end]?.date_create === found[end - 1]?.date_create) end++
    return json({
      entries: found.slice(offset, end),
      response_metadata: { next_cursor: end < found.length ? cursorText(end) : '' },
    })
  }
}

function wrong(error: string): Answer {
  return json({ ok: false, error })
}
