// HCP Terraform's audit trails, from "Audit Trails API" (developer.hashicorp.com) and "Terraform Cloud Audit Trail API returns HTTP 200 and
// no data" (support.hashicorp.com): `since` without an end, pages by number, an empty list for a token of another kind.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, json, numberOf } from '../preset-server.ts'

export interface TerraformRecord {
  readonly id: string
  readonly timestamp: string
}

const MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u

export class FakeTerraformCloud implements AuditApi {
  readonly #records: TerraformRecord[]
  readonly #pageSize: number
  /** Stored one after each answer: the rows of all further pages have moved. */
  arriving: TerraformRecord[] = []

  constructor(records: readonly TerraformRecord[], pageSize = 2) {
    this.#records = [...records]
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/api/v2/organization/audit-trail') return fault(404, 'not found')
    const token = headers['authorization']
    if (token !== 'Bearer org-token' && token !== 'Bearer user-token') return fault(401, 'unauthorized')
    const since = query.get('since')
    const [number, size] = [
      numberOf(query.get('page[number]') ?? '1', 1, 1_000_000),
      numberOf(query.get('page[size]') ?? '1000', 1, 1000),
    ]
    if ((since !== null && !MILLISECONDS.test(since)) || number === undefined || size === undefined)
      return fault(400, 'invalid parameter')
    const newestFirst = this.#records.toSorted((one, other) => Date.parse(other.timestamp) - Date.parse(one.timestamp))
    const found =
      token === 'Bearer user-token'
        ? []
        : newestFirst.filter(({ timestamp }) => Date.parse(timestamp) > Date.parse(since ?? '1970-01-01'))
    const step = Math.min(size, this.#pageSize)
    const pages = Math.ceil(found.length / step)
    this.#records.push(...this.arriving.splice(0, 1))
    return json({
      data: found.slice((number - 1) * step, number * step),
      pagination: {
        current_page: number,
        prev_page: number > 1 ? number - 1 : null,
        next_page: number < pages ? number + 1 : null,
        total_pages: pages,
        total_count: found.length,
      },
    })
  }
}

function fault(status: number, title: string): Answer {
  return json({ errors: [{ status: String(status), title }] }, {}, status)
}
