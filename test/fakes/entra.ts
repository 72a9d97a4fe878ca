// Where Azure gives tokens, made from its documentation: the token endpoint of Microsoft Entra ("Microsoft identity platform and the
// OAuth 2.0 client credentials flow", "Microsoft Entra authentication and authorization error codes") and the two places where a
// machine asks for its own identity ("How to use managed identities on an Azure VM to acquire an access token", "How to use managed
// identities for App Service and Azure Functions"). They refuse what the real ones refuse.
import type { Answer, Received } from './http-receiver.ts'

const json = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store, no-cache' }

export class FakeEntra {
  readonly tenant = '11111111-2222-3333-4444-555555555555'
  readonly clientId = '66666666-7777-8888-9999-000000000000'
  readonly audience: string
  secret: string
  /** Seconds; what is given out is good for so long, by what it says. */
  life = 3599
  /** Of App Service; without it this is the Instance Metadata Service. */
  identityHeader: string | undefined
  /** Client ids of the identities of this machine; the first is the one that the system assigned. */
  identities: readonly string[] = ['aaaaaaaa-0000-0000-0000-000000000000']
  /** Answers before anything else is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  /** Every token given out; a receiver takes those that are `good`. */
  readonly given: string[] = []
  readonly good = new Set<string>()

  constructor(secret: string, audience = 'https://monitor.azure.com') {
    this.secret = secret
    this.audience = audience
  }

  /** Undefined when the request is for somebody else. */
  answer(request: Received): Answer | undefined {
    const { pathname, searchParams } = new URL(request.path, 'http://entra')
    const isMachine = pathname === '/metadata/identity/oauth2/token' || pathname === '/msi/token'
    if (!isMachine && !pathname.endsWith('/oauth2/v2.0/token')) return undefined
    const instead = this.instead?.(request)
    if (instead) return instead
    if (isMachine) return this.#machine(request, searchParams)
    return request.method === 'POST' ? this.#client(request, pathname) : { status: 405 }
  }

  /** No token given out so far is taken any more. */
  revoke(): void {
    this.good.clear()
  }

  #client({ body, headers }: Received, path: string): Answer {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      return refused(
        400,
        'invalid_request',
        900144,
        "The request body must contain the following parameter: 'grant_type'.",
      )
    const form = new URLSearchParams(body.toString())
    if (path !== `/${this.tenant}/oauth2/v2.0/token`)
      return refused(400, 'invalid_request', 90002, `Tenant '${path.split('/')[1]}' not found.`)
    if (form.get('grant_type') !== 'client_credentials')
      return refused(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
    if (form.get('client_id') !== this.clientId)
      return refused(400, 'unauthorized_client', 700016, `Application '${form.get('client_id')}' was not found.`)
    if (form.get('client_secret') !== this.secret)
      return refused(
        401,
        'invalid_client',
        7000215,
        'Invalid client secret provided. Ensure the secret being sent is the client secret value.',
      )
    if (form.get('scope') !== `${this.audience}/.default`)
      return refused(400, 'invalid_scope', 1002012, `The provided value for scope ${form.get('scope')} is not valid.`)
    const expires_in = this.life
    return {
      headers: json,
      body: JSON.stringify({
        token_type: 'Bearer',
        expires_in,
        ext_expires_in: expires_in,
        access_token: this.#token(),
      }),
    }
  }

  #machine({ headers, method }: Received, query: URLSearchParams): Answer {
    const isService = this.identityHeader !== undefined
    const proven = isService ? headers['x-identity-header'] === this.identityHeader : headers['metadata'] === 'true'
    if (method !== 'GET') return { status: 405 }
    if (!proven)
      return isService ? { status: 401 } : simple(400, 'invalid_request', 'Required metadata header not specified')
    if (headers['x-forwarded-for'] !== undefined)
      return simple(400, 'invalid_request', 'Proxied requests are not answered')
    if (query.get('api-version') !== (isService ? '2019-08-01' : '2018-02-01'))
      return simple(400, 'bad_request_102', 'Required audience parameter or api-version not specified')
    if (query.get('resource') !== this.audience)
      return simple(400, 'invalid_resource', 'The resource principal was not found')
    const asked = query.get('client_id')
    if (this.identities.length === 0 || (asked !== null && !this.identities.includes(asked)))
      return simple(400, 'invalid_request', 'Identity not found')
    const until = Math.floor(Date.UTC(2026, 4, 17, 8) / 1000) + this.life
    const life = isService ? {} : { expires_in: `${this.life}` }
    const body = {
      access_token: this.#token(),
      ...life,
      expires_on: `${until}`,
      resource: this.audience,
      token_type: 'Bearer',
    }
    return { headers: json, body: JSON.stringify(body) }
  }

  #token(): string {
    const token = `header.payload-${this.given.length}.t0ken-canary_~+/=`
    this.given.push(token)
    this.good.add(token)
    return token
  }
}

function refused(status: number, error: string, number: number, text: string): Answer {
  const error_description = `AADSTS${number}: ${text} Trace ID: 0b1c Correlation ID: 2d3e Timestamp: 2026-05-17 08:00:00Z`
  return { status, headers: json, body: JSON.stringify({ error, error_description, error_codes: [number] }) }
}

function simple(status: number, error: string, error_description: string): Answer {
  return { status, headers: json, body: JSON.stringify({ error, error_description }) }
}
