// GitHub's audit log, from "REST API endpoints for enterprise audit logs", "Using the audit log API for your enterprise" and "Searching the
// audit log for your enterprise" (docs.github.com): dates in a search phrase, cursors in the Link header, whose path has the number of the
// organization; too many requests are a 403; Git events are kept for seven days.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, numberOf, timeOf } from '../preset-server.ts'

export interface GitHubRecord {
  readonly '@timestamp': number
  readonly action: string
}

const docs = 'https://docs.github.com/rest/orgs/orgs#get-the-audit-log-for-an-organization'

export class FakeGitHub implements AuditApi {
  readonly #records: readonly GitHubRecord[]
  readonly #now: number
  readonly #pageSize: number
  /** The next answer says that the limit is reached until this second. */
  limitedUntil: number | undefined

  constructor(records: readonly GitHubRecord[], now: number, pageSize = 2) {
    this.#records = records.toSorted((one, other) => one['@timestamp'] - other['@timestamp'])
    this.#now = now
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const { path, query, headers } = askedOf(request)
    if (headers['user-agent'] === undefined) return fault(403, 'Request forbidden by administrative rules.')
    if (headers['authorization'] !== 'Bearer ghp_token') return fault(401, 'Bad credentials')
    const limited = this.limitedUntil
    this.limitedUntil = undefined
    if (limited !== undefined)
      return fault(403, 'API rate limit exceeded for user ID 1.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(limited),
      })
    if (path !== '/orgs/octo-corp/audit-log' && path !== '/organizations/13827/audit-log')
      return fault(404, 'Not Found')
    const perPage = query.has('per_page') ? numberOf(query.get('per_page'), 1, 100) : 30
    const [, from, to] = /^created:(\S+)\.\.(\S+)$/u.exec(query.get('phrase') ?? '') ?? []
    const [start, end] = [timeOf(from ?? null), timeOf(to ?? null)]
    if (perPage === undefined || Number.isNaN(start) || Number.isNaN(end) || query.get('order') !== 'asc')
      return fault(422, 'Validation Failed')
    const include = query.get('include') ?? 'web'
    if (!['web', 'git', 'all'].includes(include)) return fault(422, 'Validation Failed: include')
    const found = this.#records.filter(
      (record) => record['@timestamp'] >= start && record['@timestamp'] < end + 1000 && this.#isShown(record, include),
    )
    return this.#page(found, { query, perPage, url })
  }

  #isShown({ action, '@timestamp': at }: GitHubRecord, include: string): boolean {
    const isGit = action.startsWith('git.')
    return isGit ? include !== 'web' && at > this.#now - 7 * 86_400_000 : include !== 'git'
  }

  #page(
    found: readonly GitHubRecord[],
    { query, perPage, url }: { query: URLSearchParams; perPage: number; url: string },
  ): Answer {
    const after = query.get('after')
    const offset = after === null ? 0 : cursorOffset(after)
    if (offset === undefined) return fault(422, 'Invalid cursor')
    const end = offset + Math.min(perPage, this.#pageSize)
    if (end >= found.length) return json(found.slice(offset, end))
    const next = new URLSearchParams(query)
    next.set('after', cursorText(end))
    next.set('before', '')
    const base = `${url}/organizations/13827/audit-log`
    return json(found.slice(offset, end), {
      link: `<${base}?${next}>; rel="next", <${base}?after=&before=>; rel="first"`,
    })
  }
}

function fault(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return json({ message, documentation_url: docs, status: String(status) }, headers, status)
}
