// Cloudflare's audit logs, version 2, from "Get account audit logs (Version 2)" and "Rate limits" (developers.cloudflare.com): since and
// before are needed, the cursor stands in result_info, failures say success: false; `since` is inclusive (elastic/integrations 13698).
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

export interface CloudflareRecord {
  readonly id: string
  readonly action: { readonly time: string }
}

export class FakeCloudflare implements AuditApi {
  readonly #records: readonly CloudflareRecord[]
  readonly #pageSize: number
  /** The next answer is this failure, with its status. */
  failure: { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined

  constructor(records: readonly CloudflareRecord[], pageSize = 2) {
    this.#records = records.toSorted((one, other) => at(one) - at(other))
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (headers['authorization'] !== 'Bearer cf-token') return fault(403, 10_000, 'Authentication error')
    const { failure } = this
    this.failure = undefined
    if (failure) return fault(failure.status, 1000, 'the request could not be served', failure.headers)
    if (path !== '/client/v4/accounts/4bb334f7c94c4a29a045f03944f072e5/logs/audit')
      return fault(404, 7003, 'Could not route to the account')
    const limit = query.has('limit') ? numberOf(query.get('limit'), 1, 1000) : 100
    const [since, before] = [timeOf(query.get('since')), timeOf(query.get('before'))]
    const direction = query.get('direction') ?? 'desc'
    if (Number.isNaN(since) || Number.isNaN(before) || limit === undefined || !['asc', 'desc'].includes(direction))
      return fault(400, 1001, 'since and before are required')
    const cursor = query.get('cursor')
    const offset = cursor === null ? 0 : cursorOffset(cursor)
    if (offset === undefined) return fault(400, 1002, 'invalid cursor')
    const found = this.#records.filter((record) => at(record) >= since && at(record) < before)
    const sorted = direction === 'asc' ? found : found.toReversed()
    const until = offset + Math.min(limit, this.#pageSize)
    const result = sorted.slice(offset, until)
    const next = until < sorted.length ? cursorText(until) : ''
    return json({ success: true, errors: [], result, result_info: { count: result.length, cursor: next } })
  }
}

function at({ action }: CloudflareRecord): number {
  return Date.parse(action.time)
}

function fault(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return json({ success: false, errors: [{ code, message }], messages: [], result: [] }, headers, status)
}
