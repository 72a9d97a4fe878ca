// A token for the identity that Azure gave to this machine ("How to use managed identities on an Azure VM to acquire an access token",
// "How to use managed identities for App Service and Azure Functions"). The address is only reached from this machine.
import { CredentialsError, type Token } from '../../runtime/bearer-token.ts'
import { type HttpClient, HttpError, type HttpRequest } from '../../runtime/http.ts'
import { isToken } from '../../runtime/oauth.ts'
import { membersOfReply } from '../../runtime/reply-json.ts'
import type { MachineIdentity } from './options.ts'

const metadataVersion = '2018-02-01'
const appServiceVersion = '2019-08-01'
const longestSaid = 4_096
/** The answers that asking again does not change. All others pass: 404 and 410 while the service is updated, 429, 5xx. */
const REFUSED = new Set([400, 401, 403])

/** Rejects with an `HttpError` when asking again may help, with a `CredentialsError` when it will not, with the signal's reason. */
export async function machineToken(
  identity: MachineIdentity,
  http: HttpClient,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<Token> {
  const request = requestOf(identity)
  const { origin } = new URL(request.url)
  const reply = await http.request(request, signal)
  const { status } = reply
  const { access_token: text, expires_in: seconds, expires_on: until, error_description: said } = membersOfReply(reply)
  if (REFUSED.has(status) || (status >= 300 && status <= 399))
    throw new CredentialsError(
      `identity_http_${status}`,
      `${origin} gave no token for the identity of this machine: it answered ${status}`,
      typeof said === 'string' ? said.slice(0, longestSaid) : '',
    )
  if (status !== 200 || !isToken(text))
    throw new HttpError('broken', `${origin}: no token for the identity of this machine: it answered ${status}`)
  return { text, lifeMs: msOf(seconds) ?? left(msOf(until), nowMs()) }
}

function requestOf({ endpoint, identityHeader, clientId, resource }: MachineIdentity): HttpRequest {
  const url = new URL(endpoint)
  url.searchParams.set('api-version', identityHeader === undefined ? metadataVersion : appServiceVersion)
  url.searchParams.set('resource', resource)
  if (clientId !== undefined) url.searchParams.set('client_id', clientId)
  const proof: Record<string, string> =
    identityHeader === undefined ? { metadata: 'true' } : { 'x-identity-header': identityHeader }
  return { method: 'GET', url: url.href, headers: { 'user-agent': 'audit-relay', ...proof } }
}

/** Seconds, which come as text or as a number. */
function msOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^[0-9]{1,12}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

function left(untilMs: number | undefined, nowMs: number): number | undefined {
  return untilMs === undefined ? undefined : Math.max(0, untilMs - nowMs)
}
