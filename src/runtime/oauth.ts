// Asks an authorization server for a token (RFC 6749, client credentials; RFC 7523, a signed statement) through our own HTTP client,
// so that proxies, authorities and time limits are those of the source or destination that wants it.
import type { ClientAuth } from 'oauth4webapi'
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
  /** `post`, the default: in the form, and no header. `basic`: in the header (RFC 6749, 2.3.1). */
  readonly clientAuth?: 'post' | 'basic'
  /** Further members of the form. */
  readonly extra?: Readonly<Record<string, string>>
}

/** A signed statement about ourselves, which stands for a client and its secret (RFC 7523, 2.1). */
export interface Statement {
  readonly tokenUrl: string
  /** A JSON Web Token (`statement.ts`). */
  readonly assertion: string
  readonly scope: string
}

interface TokenRequest {
  readonly tokenUrl: string
  /** Of a client that says who it is; empty for a statement. */
  readonly clientId: string
  readonly grant: string
  readonly form: Readonly<Record<string, string>>
  readonly clientAuth: ClientAuth
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
  const { tokenUrl, clientId, clientSecret, scope, clientAuth = 'post', extra = {} } = client
  // Only those who need it wait until it is loaded.
  const { ClientSecretBasic, ClientSecretPost } = await import('oauth4webapi')
  const byClient = (clientAuth === 'basic' ? ClientSecretBasic : ClientSecretPost)(clientSecret)
  const form = { ...scopeOf(scope), ...extra }
  return askToken({ tokenUrl, clientId, grant: 'client_credentials', form, clientAuth: byClient }, http, signal)
}

/** The token for a signed statement. Rejects as the other does. */
export async function statementToken(
  { tokenUrl, assertion, scope }: Statement,
  http: HttpClient,
  signal: AbortSignal,
): Promise<Token> {
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const form = { assertion, ...scopeOf(scope) }
  return askToken({ tokenUrl, clientId: '', grant, form, clientAuth: () => undefined }, http, signal)
}

async function askToken(request: TokenRequest, http: HttpClient, signal: AbortSignal): Promise<Token> {
  const { tokenUrl, clientId, grant, form, clientAuth } = request
  const oauth = await import('oauth4webapi')
  const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl }
  const us = { client_id: clientId === '' ? 'none' : clientId }
  let reply: HttpReply | undefined
  const fetched = async (url: string, { headers, body }: { headers: object; body?: unknown }): Promise<Response> => {
    const sent = { ...headers, 'user-agent': 'audit-relay' }
    const bytes = Buffer.from(String(body))
    reply = await http.request({ method: 'POST', url, headers: sent, body: bytes, elsewhere: true }, signal)
    return responseOf(reply)
  }
  try {
    const response = await oauth.genericTokenEndpointRequest(server, us, clientAuth, grant, form, {
      [oauth.customFetch]: fetched,
      [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'),
      signal,
    })
    const { access_token: text, expires_in: seconds } = await oauth.processGenericTokenEndpointResponse(
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

function scopeOf(scope: string): Record<string, string> {
  return scope === '' ? {} : { scope }
}

/**
 * What the library has to see of it: never a challenge, which it would judge instead of the error in the body. Of a token no more than we
 * use: an identity token would be checked against a server that nobody here knows. Some servers leave the type of the token out, or call
 * their JSON something else: then it is the usual one.
 */
function responseOf(reply: HttpReply): Response {
  const { status, headers } = reply
  const { access_token: token, token_type: type = 'bearer', expires_in: seconds } = membersOfReply(reply)
  if (typeof token === 'string' && status === 200)
    return Response.json({
      access_token: token,
      token_type: type,
      ...(seconds !== undefined && { expires_in: seconds }),
    })
  const empty = status === 204 || status === 205 || status === 304
  const contentType = headers['content-type']?.replace(/[^\x20-\x7e]/g, '') ?? ''
  return new Response(empty ? null : new Uint8Array(reply.body), { status, headers: { 'content-type': contentType } })
}

/** Anything that is no token. What was said may echo a secret, so that nothing of it stands in a message. */
function refusalOf(reply: HttpReply, origin: string): Error {
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
