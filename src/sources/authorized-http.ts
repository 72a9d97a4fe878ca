// The HTTP client of a source with its credentials: they go to the operator's own origin and nowhere else, and are had anew once when
// they are not accepted, or for the next request when they have not the right.
import { sameHeaders, tokensIn } from '../runtime/http-credentials.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../runtime/http.ts'
import type { SourceAuthorization } from './authorization.ts'

/** A client with credentials. */
export interface AuthorizedHttp extends HttpClient {
  /** What must not appear in any text: what the authorization holds, and what the last requests carried. */
  secrets(): readonly string[]
}

/**
 * Adds the credentials to requests to the origin of `url`, and to no others. When the source answers 401 it is asked once more with new
 * ones, if there are any; what it says to that is the answer. A 403 stands, and the next request has new ones, for the right may have
 * been granted meanwhile.
 */
export function authorizedHttp(http: HttpClient, authorization: SourceAuthorization, url: string): AuthorizedHttp {
  const origin = URL.parse(url)?.origin
  let used: readonly string[] = []
  const ask = async (request: HttpRequest, signal: AbortSignal): Promise<HttpReply> => {
    const credentials = await authorization.headers(signal)
    const reply = await http.request(withHeaders(request, credentials), signal)
    if (reply.status === 403) authorization.denied(credentials)
    if (reply.status !== 401) return reply
    authorization.refused(credentials)
    const renewed = await authorization.headers(signal)
    used = [...tokensIn(credentials), ...tokensIn(renewed)]
    if (sameHeaders(renewed, credentials)) return reply
    const second = await http.request(withHeaders(request, renewed), signal)
    if (second.status === 401) authorization.refused(renewed)
    if (second.status === 403) authorization.denied(renewed)
    return second
  }
  return {
    request: (request, signal) =>
      URL.parse(request.url)?.origin === origin ? ask(request, signal) : http.request(request, signal),
    close: () => http.close(),
    secrets: () => [...new Set([...authorization.secrets(), ...used])],
  }
}

function withHeaders(request: HttpRequest, more: Readonly<Record<string, string>>): HttpRequest {
  return { ...request, headers: { ...request.headers, ...more } }
}
