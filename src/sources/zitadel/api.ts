// Asks an instance of ZITADEL, with the credentials of a service account, and says in one form what went wrong.
import type { SourceError } from '../../model/errors.ts'
import { HttpError, type HttpReply } from '../../runtime/http.ts'
import { membersOf, membersOfReply } from '../../runtime/reply-json.ts'
import { type Asked, failureOf } from '../answer.ts'
import { authorization } from '../authorization.ts'
import { type AuthorizedHttp, authorizedHttp } from '../authorized-http.ts'
import { SlowAnswer } from '../slow-answer.ts'
import type { SourceNotice, SourceTools } from '../source.ts'
import type { ZitadelOptions } from './options.ts'
import { isForLong, QUOTA_ADVICE, refusalBy } from './refuse.ts'

/** So that the token may be used with ZITADEL's own API ("Access ZITADEL APIs"). */
const scope = 'openid urn:zitadel:iam:org:project:id:zitadel:aud'
/** So many refusals in a row are no passing rate limit. */
const longLimit = 10

export class ZitadelApi {
  readonly #options: ZitadelOptions
  readonly #tools: SourceTools
  readonly #http: AuthorizedHttp
  #limited = 0

  constructor(options: ZitadelOptions, tools: SourceTools) {
    const { url, auth, connection } = options
    const { origin } = new URL(url)
    const http = tools.http(connection)
    const defaults = { tokenUrl: `${url}/oauth/v2/token`, audience: origin, scope }
    this.#options = options
    this.#tools = tools
    const notice = (told: SourceNotice): void => tools.notice(told)
    const { clock, tokens } = tools
    // Before August 2024 ZITADEL answered 403 to an expired token (zitadel/zitadel#8476): with that, too, the next request has a new one.
    this.#http = authorizedHttp(http, authorization(auth, { http, clock, tokens, notice, defaults }), url)
  }

  /** Rejects with a `SourceError`, a `SetupError`, or the reason of the signal. */
  async search(path: string, body: Uint8Array, signal: AbortSignal): Promise<HttpReply> {
    const url = `${this.#options.url}${path}`
    // One language, so that nothing depends on the machine; the texts are not used.
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-language': 'en',
      'user-agent': 'audit-relay',
    }
    const reply = await this.#answer(() => this.#http.request({ method: 'POST', url, headers, body }, signal), url)
    const refusal = refusalBy(reply, this.#asked(url))
    if (refusal) this.#refused(refusal)
    this.#limited = 0
    return reply
  }

  /** The names of the kinds of events, or of things, that this version of ZITADEL knows. */
  async names(list: 'eventTypes' | 'aggregateTypes', signal: AbortSignal): Promise<readonly string[]> {
    const path = list === 'eventTypes' ? '/admin/v1/events/types/_search' : '/admin/v1/aggregates/types/_search'
    const found = membersOfReply(await this.search(path, Buffer.from('{}'), signal))[list]
    const types = (Array.isArray(found) ? found : []).map((entry) => membersOf(entry)['type'])
    return types.filter((type) => typeof type === 'string')
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #answer<Given>(ask: () => Promise<Given>, url: string): Promise<Given> {
    try {
      return await ask()
    } catch (error) {
      const failure = failureOf(error, this.#asked(url))
      const slow = error instanceof HttpError && error.kind === 'timeout'
      throw slow ? new SlowAnswer('transient', (failure as SourceError).message) : failure
    }
  }

  #refused(refusal: SourceError): never {
    if (refusal.kind === 'limited' && (++this.#limited === longLimit || isForLong(refusal))) this.#tellOfQuota(refusal)
    throw refusal
  }

  #tellOfQuota({ message }: SourceError): void {
    const text = `${message.replace(` (${QUOTA_ADVICE})`, '')}: perhaps no rate limit, but ${quotaInShort}`
    this.#tools.notice({ level: 'warning', code: 'zitadel_quota', subject: this.#options.instance, text })
  }

  #asked(url: string): Asked {
    const secrets = [...this.#options.secrets, ...this.#http.secrets()]
    return { url, nowMs: this.#tools.clock.now(), secrets }
  }
}

const quotaInShort =
  'a quota that is used up or a blocked instance; events are read again when ZITADEL answers (ask whoever runs it)'
