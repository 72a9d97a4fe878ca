// A token for a Google service account: a statement about ourselves, signed with the key of the account ("Using OAuth 2.0 for server to
// server applications"; RFC 7523).
import { sign } from 'node:crypto'
import type { Token } from '../../runtime/bearer-token.ts'
import { type HttpClient, HttpError } from '../../runtime/http.ts'
import { isToken, refusalOf } from '../../runtime/oauth.ts'
import type { ServiceAccount } from './auth.ts'

/** How long the statement is good for; Google takes an hour at most. */
const lifeSeconds = 3_600
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Rejects with an `HttpError` when asking again may help, with a `CredentialsError` when it will not, with the signal's reason. */
export async function serviceAccountToken(
  account: ServiceAccount,
  http: HttpClient,
  nowMs: number,
  signal: AbortSignal,
): Promise<Token> {
  const { tokenUrl: url } = account
  const body = new URLSearchParams({ grant_type: grant, assertion: statement(account, Math.floor(nowMs / 1000)) })
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'audit-relay' }
  const reply = await http.request({ method: 'POST', url, headers, body: Buffer.from(body.toString()) }, signal)
  const { origin } = new URL(url)
  if (reply.status !== 200) throw refusalOf(reply, origin)
  const { access_token: text, expires_in: seconds } = answerOf(reply.body)
  if (!isToken(text)) throw new HttpError('broken', `${origin}: the answer holds no token`)
  return { text, lifeMs: typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : undefined }
}

/** A JSON Web Token (RFC 7519), RS256. */
function statement({ email, keyId, key, tokenUrl, scope }: ServiceAccount, now: number): string {
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== '' && { kid: keyId }) }
  const claims = { iss: email, scope, aud: tokenUrl, iat: now, exp: now + lifeSeconds }
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

function answerOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
