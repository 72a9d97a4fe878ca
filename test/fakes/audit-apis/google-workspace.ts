// Google's Reports API, from "Method: activities.list" and "Reports API: Limits and Quotas" (developers.google.com): newest first, both ends
// included, 1,000 activities at once, no `items` where there is nothing; the etag of an activity is no part of what it is.
import type { Answer, Received } from '../http-receiver.ts'
import {
  askedOf,
  type AuditApi,
  cursorOffset,
  cursorText,
  json,
  numberOf,
  signedStatement,
  timeOf,
} from '../preset-server.ts'

export interface GoogleRecord {
  readonly id: { readonly time: string; readonly applicationName: string }
}

const reportsScope = 'https://www.googleapis.com/auth/admin.reports.audit.readonly'
const applications = [
  'admin',
  'login',
  'token',
  'user_accounts',
  'groups_enterprise',
  'saml',
  'rules',
  'drive',
  'calendar',
  'chat',
  'meet',
  'mobile',
]

export class FakeGoogleWorkspace implements AuditApi {
  readonly #records: readonly GoogleRecord[]
  readonly #publicKey: string
  readonly #pageSize: number
  #answers = 0
  /** The next answer is a refusal with this reason. */
  limited: string | undefined

  constructor(records: readonly GoogleRecord[], publicKey: string, pageSize = 2) {
    this.#records = records.toSorted((one, other) => Date.parse(other.id.time) - Date.parse(one.id.time))
    this.#publicKey = publicKey
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const { path, query, headers } = askedOf(request)
    if (path === '/token') {
      const claims = {
        iss: 'relay@project.iam.gserviceaccount.com',
        sub: 'admin@example.com',
        scope: reportsScope,
        aud: `${url}/token`,
      }
      return signedStatement(request, { publicKey: this.#publicKey, claims }, 'ya29.token')
    }
    if (headers['authorization'] !== 'Bearer ya29.token')
      return fault(401, 'Request had invalid authentication credentials.', 'authError')
    const limited = this.limited
    this.limited = undefined
    if (limited !== undefined) return fault(403, 'Quota exceeded for quota metric', limited)
    const application = /^\/admin\/reports\/v1\/activity\/users\/all\/applications\/([a-z_]+)$/u.exec(path)?.[1]
    if (application === undefined || !applications.includes(application))
      return fault(400, `Invalid value at 'application_name'`, 'badRequest')
    const [from, to] = [timeOf(query.get('startTime')), timeOf(query.get('endTime'))]
    if (Number.isNaN(from) || Number.isNaN(to) || from >= to) return fault(400, 'Invalid value: startTime', 'invalid')
    const size = query.has('maxResults') ? numberOf(query.get('maxResults'), 1, 1000) : 1000
    const token = query.get('pageToken')
    const offset = token === null ? 0 : cursorOffset(token)
    if (size === undefined) return fault(400, 'Invalid value: maxResults', 'invalid')
    if (offset === undefined) return fault(400, 'Invalid value: pageToken', 'invalid')
    const found = this.#records.filter(
      ({ id }) => id.applicationName === application && Date.parse(id.time) >= from && Date.parse(id.time) <= to,
    )
    const end = offset + Math.min(size, this.#pageSize)
    this.#answers++
    const items = found.slice(offset, end).map((record) => ({ etag: `"${this.#answers}"`, ...record }))
    return json({
      kind: 'admin#reports#activities',
      etag: `"${this.#answers}"`,
      ...(items.length > 0 && { items }),
      ...(end < found.length && { nextPageToken: cursorText(end) }),
    })
  }
}

function fault(code: number, message: string, reason: string): Answer {
  return json({ error: { code, message, errors: [{ message, domain: 'global', reason }] } }, {}, code)
}
