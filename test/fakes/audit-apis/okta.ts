// Okta's System Log, from "System Log API" and "System Log query" (developer.okta.com): polling requests go by the time at which an event
// was stored and always have a next link; `after` is Okta's own; two Link headers come with every answer.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

export interface OktaRecord {
  readonly persisted: string
  readonly record: { readonly uuid: string; readonly published: string }
}

export class FakeOkta implements AuditApi {
  readonly #records: readonly OktaRecord[]
  readonly #pageSize: number
  /** What is stored later is not there yet. */
  now: number
  /** Links given so far are no longer good. */
  forgetful = false
  /** Answers 429 once, with the second of its reset. */
  limitedUntil: number | undefined

  constructor(records: readonly OktaRecord[], now: number, pageSize = 2) {
    this.#records = records
    this.now = now
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const { path, query, headers } = askedOf(request)
    if (path !== '/api/v1/logs' || request.method !== 'GET')
      return fault(404, 'E0000022', 'The endpoint does not support the provided HTTP method')
    if (headers['authorization'] !== 'SSWS 00token') return fault(401, 'E0000011', 'Invalid token provided')
    const limited = this.limitedUntil
    this.limitedUntil = undefined
    if (limited !== undefined)
      return fault(429, 'E0000047', 'API call exceeded rate limit due to too many requests.', {
        'x-rate-limit-limit': '60',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': String(limited),
      })
    const limit = query.has('limit') ? numberOf(query.get('limit'), 0, 1000) : 100
    if (limit === undefined) return fault(400, 'E0000053', "Invalid parameter: 'limit'")
    if (query.has('since') && query.has('after'))
      return fault(400, 'E0000053', 'since and after are mutually exclusive')
    const start = this.#start(query)
    if (typeof start !== 'number') return start
    const stored = this.#records.filter(({ persisted }) => Date.parse(persisted) <= this.now)
    const end = Math.min(stored.length, start + Math.min(limit, this.#pageSize))
    const body = JSON.stringify(stored.slice(start, end).map(({ record }) => record))
    const next = `${url}/api/v1/logs?limit=${limit}&sortOrder=ASCENDING&after=${cursorText(end)}`
    return { raw: raw(body, [`<${url}${request.path}>; rel="self"`, `<${next}>; rel="next"`]) }
  }

  #start(query: URLSearchParams): number | Answer {
    const after = query.get('after')
    if (after !== null) {
      const offset = this.forgetful ? undefined : cursorOffset(after)
      return offset ?? fault(400, 'E0000053', "Invalid parameter: 'after'")
    }
    this.forgetful = false
    if (query.has('until') || query.get('sortOrder') !== 'ASCENDING')
      return fault(400, 'E0000001', 'this fake takes polling requests alone')
    const since = timeOf(query.get('since'))
    if (Number.isNaN(since))
      return fault(400, 'E0000001', "Api validation failed: 'since': must be a valid date-time or empty.")
    if (since < this.now - 180 * 86_400_000)
      return fault(400, 'E0000053', 'Invalid parameter: The since parameter is over 180 days prior to the current day.')
    const first = this.#records.findIndex(({ persisted }) => Date.parse(persisted) >= since)
    return first < 0 ? this.#records.length : first
  }
}

function fault(status: number, errorCode: string, errorSummary: string, headers: Record<string, string> = {}): Answer {
  return json(
    { errorCode, errorSummary, errorLink: errorCode, errorId: 'dd4998a1-2267-499b-9e4d-ec821fcc5ca9', errorCauses: [] },
    headers,
    status,
  )
}

/** Two headers of one name, as Okta sends them. */
function raw(body: string, links: readonly string[]): string {
  const lines = [
    'HTTP/1.1 200 OK',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...links.map((link) => `link: ${link}`),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
