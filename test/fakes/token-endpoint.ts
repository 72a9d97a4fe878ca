// A token endpoint that checks everything that its documentation says it checks: the form (RFC 6749, 4.4; RFC 7523, 2.1), who asks, and
// the signed statement ("Private Key JWT Authentication for Service Users" of ZITADEL, "Using OAuth 2.0 for server to server applications"
// of Google). It refuses what the real ones refuse.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Answer, Received } from './http-receiver.ts'

interface Client {
  readonly id: string
  readonly secret: string
  readonly by: 'post' | 'basic'
}

interface Signer {
  readonly keyId: string
  readonly pem: string
  readonly issuer: string
  readonly subject: string | undefined
  readonly audience: string
}

const grantOfStatements = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const longestLifeSeconds = 3_600

export class FakeTokenEndpoint {
  client: Client | undefined
  signer: Signer | undefined
  /** What the form, or the statement of Google, must hold besides. */
  form: Readonly<Record<string, string>> = {}
  /** Must be in the statement rather than in the form. */
  statedScope: string | undefined
  life: number | string | undefined = 3_600
  /** Answers before anything else is looked at. */
  instead: (() => Answer | undefined) | undefined
  /** Every token given out; a source takes those that are `good`. */
  readonly given: string[] = []
  readonly good = new Set<string>()
  readonly #now: () => number

  /** Its clock, ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** No token given out so far is taken any more. */
  revoke(): void {
    this.good.clear()
  }

  answer(request: Received): Answer {
    const instead = this.instead?.()
    if (instead) return instead
    if (request.method !== 'POST') return { status: 405 }
    if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      return refused('invalid_request', 'expected a form')
    const form = new URLSearchParams(request.body.toString())
    const wrong = this.#wrong(form, request.headers['authorization'])
    return wrong ?? this.#token()
  }

  #wrong(form: URLSearchParams, authorization: string | undefined): Answer | undefined {
    const names = [...form.keys()]
    if (new Set(names).size !== names.length) return refused('invalid_request', 'a parameter is given twice')
    for (const [name, value] of Object.entries(this.form))
      if (form.get(name) !== value) return refused('invalid_scope', `${name} is ${form.get(name) ?? 'missing'}`)
    const grant = form.get('grant_type')
    if (this.client && grant === 'client_credentials') return this.#wrongClient(this.client, form, authorization)
    if (this.signer && grant === grantOfStatements) return this.#wrongStatement(this.signer, form, authorization)
    return refused('unsupported_grant_type', `${grant}`)
  }

  #wrongClient(
    { id, secret, by }: Client,
    form: URLSearchParams,
    authorization: string | undefined,
  ): Answer | undefined {
    const [user = '', word = ''] = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':')
    const shown = by === 'basic' ? [user, word].map(formDecoded) : [form.get('client_id'), form.get('client_secret')]
    if (by === 'post' && authorization !== undefined)
      return refused('invalid_request', 'no Authorization header is wanted here')
    if (by === 'basic' && form.has('client_secret')) return refused('invalid_request', 'two ways of authentication')
    return shown[0] === id && shown[1] === secret
      ? undefined
      : refused('invalid_client', `wrong secret ${shown[1]}`, 401)
  }

  #wrongStatement(signer: Signer, form: URLSearchParams, authorization: string | undefined): Answer | undefined {
    if (authorization !== undefined || form.has('client_id'))
      return refused('invalid_request', 'the statement says who asks')
    const [head = '', payload = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const { alg, kid, typ } = partOf(head)
    if (typ !== 'JWT' || kid !== signer.keyId) return refused('invalid_grant', `no key ${String(kid)}`)
    const key = createPublicKey(signer.pem)
    if (alg !== algorithmOf(key)) return refused('invalid_grant', `not with ${String(alg)}`)
    const asEc = { key, dsaEncoding: 'ieee-p1363' } as const
    const hash = alg === 'EdDSA' ? null : 'sha256'
    if (!verify(hash, Buffer.from(`${head}.${payload}`), asEc, Buffer.from(signature, 'base64url')))
      return refused('invalid_grant', 'the signature is wrong')
    return this.#wrongClaims(signer, partOf(payload))
  }

  #wrongClaims({ issuer, subject, audience }: Signer, claims: Readonly<Record<string, unknown>>): Answer | undefined {
    const seconds = this.#now() / 1000
    const { iss, sub, aud, iat, exp, scope } = claims
    if (iss !== issuer || sub !== subject)
      return refused('invalid_grant', `issuer ${String(iss)}, subject ${String(sub)}`)
    if (aud !== audience) return refused('invalid_grant', `audience ${String(aud)}`)
    if (scope !== this.statedScope) return refused('invalid_scope', String(scope))
    if (typeof iat !== 'number' || typeof exp !== 'number' || !Number.isInteger(iat) || !Number.isInteger(exp))
      return refused('invalid_grant', 'iat and exp are whole seconds')
    if (iat > seconds) return refused('invalid_grant', 'issued in the future')
    if (iat < seconds - longestLifeSeconds) return refused('invalid_grant', 'issued too long ago')
    return exp <= seconds || exp > seconds + longestLifeSeconds ? refused('invalid_grant', 'exp') : undefined
  }

  #token(): Answer {
    const token = `token-${this.given.length}-aaaaaaaaaaaa`
    this.given.push(token)
    this.good.add(token)
    const body = {
      access_token: token,
      token_type: 'Bearer',
      ...(this.life !== undefined && { expires_in: this.life }),
      id_token: 'a.b.c',
    }
    return json(200, body)
  }
}

function algorithmOf(key: KeyObject): string {
  return { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' }[key.asymmetricKeyType as string] ?? ''
}

function partOf(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString() || '{}') as Record<string, unknown>
}

/** RFC 6749, 2.3.1: the id and the secret stand in the header as in a form. */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function refused(error: string, description: string, status = 400): Answer {
  return json(status, { error, error_description: description })
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
