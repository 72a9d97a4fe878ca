// Where a ZITADEL instance gives tokens to service accounts, made from its documentation ("Private Key JWT Authentication", "Client
// Credentials", "Personal Access Tokens"). It checks of a statement what the real one checks.
import { type KeyObject, createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto'
import type { Answer, Received } from './http-receiver.ts'

const audienceScope = 'urn:zitadel:iam:org:project:id:zitadel:aud'
const hourSeconds = 3_600

export class FakeZitadelTokens {
  readonly userId = '170000000000000001'
  readonly keyId = '170000000000000002'
  readonly clientId = 'audit-relay-reader'
  secret = 'a client secret:with/odd+signs'
  /** Seconds; what is given out is good for so long, by what it says. */
  life = 43_199
  /** Seconds since the epoch. */
  now: () => number
  readonly given: string[] = []
  /** Those that the instance takes now, personal access tokens among them. */
  readonly good = new Set<string>()
  readonly #pem: string
  readonly #public: KeyObject

  constructor(now: () => number) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    this.now = now
    this.#public = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
    // ZITADEL gives keys in the older form.
    this.#pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  }

  /** The file that an administrator downloads. */
  keyFile(): string {
    return JSON.stringify({ type: 'serviceaccount', keyId: this.keyId, key: this.#pem, userId: this.userId })
  }

  answer({ headers, body }: Received, origin: string): Answer {
    if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true)
      return refused('invalid_request', 'the body is no form')
    const form = new URLSearchParams(body.toString())
    const scopes = (form.get('scope') ?? '').split(' ')
    if (!scopes.includes('openid')) return refused('invalid_scope', 'scope openid is missing')
    const fault = this.#faultOf(form, headers['authorization'], origin)
    if (fault !== undefined) return refused(fault, 'Errors.Internal')
    const token = randomUUID()
    this.given.push(token)
    // Without the audience of ZITADEL's own project the token is good for other APIs only.
    if (scopes.includes(audienceScope)) this.good.add(token)
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: this.life })
  }

  #faultOf(form: URLSearchParams, authorization: string | undefined, origin: string): string | undefined {
    if (form.get('grant_type') === 'client_credentials') {
      const [id, secret] = basicOf(authorization)
      return id === this.clientId && secret === this.secret ? undefined : 'invalid_client'
    }
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'unsupported_grant_type'
    return this.#isGood(form.get('assertion') ?? '', origin) ? undefined : 'invalid_grant'
  }

  #isGood(assertion: string, origin: string): boolean {
    const [head = '', claims = '', signature = ''] = assertion.split('.')
    const { alg, kid } = decoded(head)
    if (alg !== 'RS256' || kid !== this.keyId) return false
    if (!verify('sha256', Buffer.from(`${head}.${claims}`), this.#public, Buffer.from(signature, 'base64url')))
      return false
    const { iss, sub, aud, iat, exp } = decoded(claims)
    const now = this.now()
    const isFresh = Number(iat) <= now && now - Number(iat) <= hourSeconds && Number(exp) > now
    return iss === this.userId && sub === this.userId && aud === origin && isFresh
  }
}

function basicOf(header = ''): string[] {
  const [, encoded = ''] = /^Basic (.+)$/.exec(header) ?? []
  const text = Buffer.from(encoded, 'base64').toString()
  return [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)].map((part) =>
    decodeURIComponent(part.replaceAll('+', ' ')),
  )
}

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}

function refused(error: string, description: string): Answer {
  return json(error === 'invalid_client' ? 401 : 400, { error, error_description: description })
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
