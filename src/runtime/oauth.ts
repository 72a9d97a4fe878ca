// Asks an authorization server for a token (RFC 6749, client credentials) through our own HTTP client, so that proxies, authorities
// and time limits are those of the source or destination that wants it.
import { CredentialsError, type Token } from './bearer-token.ts'
import { type HttpClient, HttpError, type HttpReply } from './http.ts'
import { membersOfReply } from './reply-json.ts'

/** How a client of an authorization server says who it is. */
export interface ClientCredentials {
  /** The token endpoint; `http:` only where an operator wrote so. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string
}

/** What is kept of what a server says, characters. */
const longestSaid = 4_096
const RETRY = new Set([408, 425, 429])
/** RFC 6749, 4.1.2.1, and what servers send in that spirit: theirs is the fault, and it passes. */
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down'])

/** The characters that a token may have in a header (RFC 6750, 2.1). */
export function isToken(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9._~+/-]+=*$/.test(text)
}

/** Rejects with an `HttpError` when asking again may help, with a `CredentialsError` when it will not, with the signal's reason. */
export async function clientCredentialsToken(
  client: ClientCredentials,
  http: HttpClient,
  signal: AbortSignal,
): Promise<Token> {
  // Only those who need it wait until it is loaded.
  const oauth = await import('oauth4webapi')
  const server = { issuer: new URL(client.tokenUrl).origin, token_endpoint: client.tokenUrl }
  const us = { client_id: client.clientId }
  let reply: HttpReply | undefined
  const fetched = async (url: string, { headers, body }: { headers: object; body?: unknown }): Promise<Response> => {
    reply = await http.request(
      { method: 'POST', url, headers: { ...headers, 'user-agent': 'audit-relay' }, body: Buffer.from(String(body)) },
      signal,
    )
    return responseOf(reply)
  }
  try {
    const secret = oauth.ClientSecretPost(client.clientSecret)
    const response = await oauth.clientCredentialsGrantRequest(server, us, secret, scopeOf(client), {
      [oauth.customFetch]: fetched,
      [oauth.allowInsecureRequests]: client.tokenUrl.startsWith('http:'),
      signal,
    })
    const { access_token: text, expires_in: seconds } = await oauth.processClientCredentialsResponse(
      server,
      us,
      response,
    )
    if (!isToken(text)) throw new HttpError('broken', `${server.issuer}: the answer holds no token`)
    return { text, lifeMs: seconds === undefined ? undefined : seconds * 1000 }
  } catch (error) {
    if (error instanceof HttpError || signal.aborted || !reply) throw error
    throw refusalOf(reply, server.issuer)
  }
}

function scopeOf({ scope }: ClientCredentials): Record<string, string> {
  return scope === '' ? {} : { scope }
}

/** What the library has to see of it: never a challenge, which it would judge instead of the error in the body. */
function responseOf({ status, headers, body }: HttpReply): Response {
  const type = headers['content-type']?.replace(/[^\x20-\x7e]/g, '') ?? ''
  const empty = status === 204 || status === 205 || status === 304
  return new Response(empty ? null : new Uint8Array(body), { status, headers: { 'content-type': type } })
}

/** Anything that is no token. What was said may echo a secret, so that nothing of it stands in a message. */
export function refusalOf(reply: HttpReply, origin: string): Error {
  const { status } = reply
  const { error, error_description: description } = membersOfReply(reply)
  const word = typeof error === 'string' && /^[a-z_]{1,30}$/.test(error) ? error : undefined
  const mayPass = status < 300 || status >= 500 || RETRY.has(status) || (word !== undefined && PASSING.has(word))
  if (mayPass) return new HttpError('broken', `${origin}: no token was had: it answered ${status}`)
  const said = typeof description === 'string' ? description : ''
  return new CredentialsError(
    word === undefined ? `oauth_http_${status}` : `oauth_${word}`,
    `${origin} gave no token: it answered ${status}${word === undefined ? '' : `, ${word}`}`,
    said.slice(0, longestSaid),
  )
}
