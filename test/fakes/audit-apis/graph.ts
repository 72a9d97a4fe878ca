// The audit logs of Microsoft Graph, from "List directoryAudits" and "List signIns" (learn.microsoft.com): $filter with ge and le alone,
// newest first, 1,000 at most, an @odata.nextLink with a $skiptoken.
import { FakeEntra } from '../entra.ts'
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

type GraphRecord = Readonly<Record<string, unknown>>

export class FakeGraph implements AuditApi {
  readonly entra = new FakeEntra('s3cret', 'https://graph.microsoft.com')
  readonly #records: readonly GraphRecord[]
  readonly #log: string
  readonly #time: string
  readonly #pageSize: number
  /** The tenant has a premium licence, without which there are no sign-ins. */
  premium = true

  constructor(records: readonly GraphRecord[], log: 'directoryAudits' | 'signIns', pageSize = 2) {
    this.#log = log
    this.#time = log === 'signIns' ? 'createdDateTime' : 'activityDateTime'
    this.#records = records.toSorted((one, other) => this.#at(other) - this.#at(one))
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const token = this.entra.answer(request)
    if (token) return token
    const { path, query, headers } = askedOf(request)
    if (!this.entra.good.has((headers['authorization'] ?? '').replace(/^Bearer /u, '')))
      return fault(401, 'InvalidAuthenticationToken', 'Access token is empty.')
    if (path !== `/v1.0/auditLogs/${this.#log}`)
      return fault(404, 'ResourceNotFound', 'Resource not found for the segment')
    if (!this.premium)
      return fault(
        403,
        'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
        "Neither tenant is B2C or tenant doesn't have premium license",
      )
    const top = query.has('$top') ? numberOf(query.get('$top'), 1, 1000) : 1000
    const [, one, from, other, to] = /^(\w+) ge (\S+) and (\w+) le (\S+)$/u.exec(query.get('$filter') ?? '') ?? []
    const [start, end] = [timeOf(from ?? null), timeOf(to ?? null)]
    if (top === undefined || one !== this.#time || other !== this.#time || Number.isNaN(start) || Number.isNaN(end))
      return fault(400, 'BadRequest', 'Invalid filter clause')
    const skip = query.get('$skiptoken')
    const offset = skip === null ? 0 : cursorOffset(skip)
    if (offset === undefined) return fault(400, 'BadRequest', 'Skip token is null or invalid: $skiptoken')
    const found = this.#records.filter((record) => this.#at(record) >= start && this.#at(record) <= end)
    const until = offset + Math.min(top, this.#pageSize)
    const next = new URLSearchParams(query)
    next.set('$skiptoken', cursorText(until))
    return json({
      '@odata.context': `${url}/v1.0/$metadata#auditLogs/${this.#log}`,
      ...(until < found.length && { '@odata.nextLink': `${url}${path}?${next}` }),
      value: found.slice(offset, until),
    })
  }

  #at(record: GraphRecord): number {
    return Date.parse(String(record[this.#time]))
  }
}

function fault(status: number, code: string, message: string): Answer {
  return json({ error: { code, message, innerError: { 'request-id': '0b1c' } } }, {}, status)
}
