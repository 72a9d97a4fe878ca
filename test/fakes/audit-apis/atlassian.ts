// Atlassian's events-stream, from "Poll events" and "Organizations REST API: Events" (developer.atlassian.com): in the order of processing,
// a cursor with the last page, too, which carries the sort order; X-Ratelimit-Reset is a date (hashicorp-forge/grove).
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf } from '../preset-server.ts'

export interface AtlassianRecord {
  readonly id: string
  readonly attributes: { readonly time: string; readonly processedAt: string }
}

export class FakeAtlassian implements AuditApi {
  readonly #records: readonly AtlassianRecord[]
  readonly #pageSize: number
  /** What is processed later is not there yet. */
  now: number
  forgetful = false
  /** The next answer says that the limit is reached until this date. */
  limitedUntil: string | undefined

  constructor(records: readonly AtlassianRecord[], now: number, pageSize = 2) {
    this.#records = records.toSorted((one, other) => processed(one) - processed(other))
    this.now = now
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (headers['authorization'] !== 'Bearer org-key') return fault(401, 'Unauthorized')
    if (path !== '/admin/v1/orgs/org-1/events-stream') return fault(404, 'Not Found')
    const limited = this.limitedUntil
    this.limitedUntil = undefined
    if (limited !== undefined) return fault(429, 'Too Many Requests', { 'x-ratelimit-reset': limited })
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 500) : 200
    const [from, to] = [timeOf(query.get('from'), 0), timeOf(query.get('to'), Infinity)]
    const cursor = query.get('cursor')
    if (cursor === null) this.forgetful = false
    const offset = cursor === null ? 0 : this.forgetful ? undefined : cursorOffset(cursor)
    if (limit === undefined || from === undefined || to === undefined || offset === undefined)
      return fault(400, 'Bad Request')
    if (query.get('sortOrder') === 'desc') return fault(501, 'this fake sorts ascending alone')
    const until = offset + Math.min(limit, this.#pageSize)
    const there = this.#records.filter((record) => processed(record) <= this.now)
    const page = there
      .slice(offset, until)
      .filter(({ attributes: { time } }) => Date.parse(time) >= from && Date.parse(time) <= to)
    return json({
      data: page,
      meta: { next: cursorText(Math.min(until, there.length)), page_size: page.length },
      links: {},
    })
  }
}

function processed({ attributes }: AtlassianRecord): number {
  return Date.parse(attributes.processedAt)
}

/** Milliseconds since 1970, undefined when they are something else. */
function timeOf(text: string | null, absent: number): number | undefined {
  return text === null ? absent : numberOf(text, 1_000_000_000_000, 9_999_999_999_999)
}

function fault(status: number, title: string, headers: Record<string, string> = {}): Answer {
  return json({ errors: [{ id: 'e1', status: String(status), title }] }, headers, status)
}
