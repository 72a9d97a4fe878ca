// What the fakes of audit APIs (`audit-apis/`) share: a request taken apart, refusals, lists cut into pages, token endpoints.
// Each is built from the vendor's documents, named in its file, and refuses what they say that the real one refuses.
import { createPublicKey, verify } from 'node:crypto'
import type { Answer, Received } from './http-receiver.ts'

/** A fake audit API: one request, one answer. `url` is where it stands, for the links that it gives. */
export interface AuditApi {
  answer(request: Received, url: string): Answer
}

export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
}

export function askedOf({ path, headers }: Received): Asked {
  const { pathname, searchParams } = new URL(path, 'http://fake')
  return { path: pathname, query: searchParams, headers }
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** The cursor that an opaque text stands for; undefined when this server never gave it. */
export function cursorText(offset: number): string {
  return Buffer.from(`after:${offset}`).toString('base64url')
}

export function cursorOffset(text: string): number | undefined {
  const found = /^after:(\d+)$/u.exec(Buffer.from(text, 'base64url').toString())
  return found ? Number(found[1]) : undefined
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/u

/** The time of a parameter, ms; NaN when it is absent or is no RFC 3339 time. */
export function timeOf(text: string | null): number {
  return text !== null && RFC3339.test(text) ? Date.parse(text) : NaN
}

/** A whole number between two others; undefined when it is none. */
export function numberOf(text: string | null, least: number, most: number): number | undefined {
  const value = text !== null && /^\d+$/u.test(text) ? Number(text) : NaN
  return value >= least && value <= most ? value : undefined
}

/** The token endpoint of an OAuth 2.0 server for `client_credentials`: the form must hold exactly these members. */
export function clientCredentials(
  request: Received,
  expected: Readonly<Record<string, string>>,
  token: string,
): Answer {
  if (request.method !== 'POST') return json({ error: 'method_not_allowed' }, {}, 405)
  const form = Object.fromEntries(new URLSearchParams(request.body.toString()))
  for (const [name, value] of Object.entries({ grant_type: 'client_credentials', ...expected }))
    if (form[name] !== value)
      return json({ error: 'access_denied', error_description: `Unauthorized: ${name}` }, {}, 401)
  return json({ access_token: token, token_type: 'Bearer', expires_in: 86_400 })
}

/** Google's token endpoint: the statement must be signed with the key and say these claims. */
export function signedStatement(
  request: Received,
  { publicKey, claims }: { readonly publicKey: string; readonly claims: Readonly<Record<string, string>> },
  token: string,
): Answer {
  const form = new URLSearchParams(request.body.toString())
  const [head = '', payload = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const sound =
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
    verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${payload}`),
      createPublicKey(publicKey),
      Buffer.from(signature, 'base64url'),
    )
  if (!sound) return json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, {}, 400)
  const stated = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  for (const [name, value] of Object.entries(claims))
    if (stated[name] !== value) return json({ error: 'unauthorized_client', error_description: name }, {}, 401)
  return json({ access_token: token, token_type: 'Bearer', expires_in: 3599 })
}
