// One client and one token for all logs of a source: Zuora limits how often an address may ask for tokens. A failure inside a 200 becomes
// the error that it is.
import type { HttpClient, HttpReply } from '../../runtime/http.ts'
import { authorization } from '../authorization.ts'
import { type AuthorizedHttp, authorizedHttp } from '../authorized-http.ts'
import type { SourceTools } from '../source.ts'
import type { ZuoraOptions } from './options.ts'
import { failureIn, isTokenRefused } from './refuse.ts'

export class ZuoraApi {
  readonly #options: ZuoraOptions
  readonly #tools: SourceTools
  readonly #client: HttpClient
  readonly #credentials: ReturnType<typeof authorization>

  constructor(options: ZuoraOptions, tools: SourceTools) {
    this.#options = options
    this.#tools = tools
    this.#client = tools.http(options.connection)
    this.#credentials = authorization(options.auth, {
      http: this.#client,
      clock: tools.clock,
      tokens: tools.tokens,
      notice: (notice) => tools.notice(notice),
      defaults: { tokenUrl: `${options.url}/oauth/token` },
    })
  }

  /** For the logs at one address; closing it closes nothing. */
  at(base: string): AuthorizedHttp {
    const { origin } = new URL(base)
    const isOurs = (url: string): boolean => URL.parse(url)?.origin === origin
    const beneath: HttpClient = {
      request: async (request, signal) => {
        const reply = await this.#client.request(request, signal)
        // With this status another token is had, and the question asked once more.
        return isOurs(request.url) && isTokenRefused(reply) ? { ...reply, status: 401 } : reply
      },
      close: () => Promise.resolve(),
    }
    const http = authorizedHttp(beneath, this.#credentials, base)
    return {
      ...http,
      request: async (request, signal) => {
        const reply = await http.request(request, signal)
        if (isOurs(request.url)) this.#check(reply, request.url, http.secrets())
        return reply
      },
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #check(reply: HttpReply, url: string, secrets: readonly string[]): void {
    const asked = { url, nowMs: this.#tools.clock.now(), secrets: [...this.#options.secrets, ...secrets] }
    const failure = failureIn(reply, asked)
    if (failure) throw failure
  }
}
