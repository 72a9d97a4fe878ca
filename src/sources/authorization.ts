// Credentials of a source as they are sent: the same headers always, or a token that is had from elsewhere, kept, and had anew before
// it ends or when the source does not accept it. Key files are read anew for every token.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type AskToken, BearerToken, type Token } from '../runtime/bearer-token.ts'
import type { Clock } from '../runtime/clock.ts'
import type { HttpClient } from '../runtime/http.ts'
import { clientCredentialsToken, statementToken } from '../runtime/oauth.ts'
import { endOfToken, signedStatement } from '../runtime/statement.ts'
import { SetupError } from '../model/errors.ts'
import type { AuthOptions } from './auth.ts'
import { Expiry } from './auth-expiry.ts'
import { type SharedToken, SharedTokens } from './auth-shared.ts'
import { pemKey, type SigningKey, serviceAccountKey, zitadelKey } from './auth-keys.ts'
import type { SourceNotice } from './source.ts'

/** Credentials of an open source. */
export interface SourceAuthorization {
  /** For one request, names in lower case. Rejects with an `HttpError`, `CredentialsError` or `SetupError` when there are none to be had. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** The source did not accept these: the next ones are had anew, files read again. */
  refused(headers: Readonly<Record<string, string>>): void
  /** The source says that these have not the right: new ones are wanted, and these serve until they are had. */
  denied(headers: Readonly<Record<string, string>>): void
  /** What must not appear in any text, as it is now. */
  secrets(): readonly string[]
}

export interface AuthorizationTools {
  /** The source's own client; tokens are asked for through it. */
  readonly http: HttpClient
  readonly clock: Clock
  /** Told when credentials are about to end, where that is known. */
  readonly notice?: (notice: SourceNotice) => void
  /** What the kind of source knows itself, where the file does not say; `audience` is for `zitadel_key`: the origin of the instance. */
  readonly defaults?: AuthDefaults
  /** What all openings of the source share; without it a token is had for this one alone. */
  readonly tokens?: SharedTokens | undefined
}

export interface AuthDefaults {
  readonly tokenUrl?: string
  readonly scope?: string
  readonly audience?: string
}

type FromServer = Exclude<AuthOptions, { readonly type: 'none' | 'headers' }>
type BySecret = Extract<FromServer, { readonly type: 'client_credentials' }>
type ByKey = Exclude<FromServer, BySecret>

/** Nothing is asked for before the first `headers`; a key is only looked at. */
export function authorization(options: AuthOptions, tools: AuthorizationTools): SourceAuthorization {
  if (options.type === 'none')
    return { headers: () => Promise.resolve({}), refused: () => undefined, denied: () => undefined, secrets: () => [] }
  const expiry = new Expiry(tools.clock, tools.notice)
  return options.type === 'headers' ? constant(options, expiry) : renewable(options, tools, expiry)
}

function constant(options: Extract<AuthOptions, { readonly type: 'headers' }>, expiry: Expiry): SourceAuthorization {
  const ends = options.secrets.map(endOfToken).find((end) => end !== undefined)
  return {
    headers: async () => {
      expiry.check('token', ends)
      return options.headers
    },
    refused: () => undefined,
    denied: () => undefined,
    secrets: () => options.secrets,
  }
}

function renewable(options: FromServer, tools: AuthorizationTools, expiry: Expiry): SourceAuthorization {
  const { clock, defaults, tokens = new SharedTokens(clock) } = tools
  const shared = tokens.of(hash('sha256', JSON.stringify([options, defaults, keyPrint(options)]), 'hex'))
  const own = options.type === 'client_credentials' ? [options.clientSecret] : []
  const ask: AskToken = (signal) =>
    options.type === 'client_credentials'
      ? bySecret(options, tools, signal)
      : byKey(options, { ...tools, expiry, shared }, signal)
  const token = new BearerToken(ask, clock, shared.token)
  return {
    async headers(signal) {
      const headers = await token.headers(signal)
      // Another opening may have asked.
      expiry.check('key', shared.keyEndsAt)
      return headers
    },
    refused: (headers) => token.refused(headers),
    denied: (headers) => token.denied(headers),
    secrets: () => [...own, ...shared.seen, ...token.secrets()],
  }
}

/** Another key may come under the same name; one that cannot be read is told about when it is needed. */
function keyPrint(options: FromServer): string | null {
  const { keyFile } = { keyFile: undefined, ...options }
  if (keyFile === undefined) return null
  try {
    return hash('sha256', readFileSync(keyFile), 'hex')
  } catch {
    return null
  }
}

function bySecret(options: BySecret, { http, defaults = {} }: AuthorizationTools, signal: AbortSignal): Promise<Token> {
  const { clientId, clientSecret, clientAuth, extra } = options
  const at = {
    tokenUrl: tokenUrlOf(options.tokenUrl ?? defaults.tokenUrl),
    scope: options.scope || (defaults.scope ?? ''),
  }
  return clientCredentialsToken({ ...at, clientId, clientSecret, clientAuth, extra }, http, signal)
}

interface KeyTools extends AuthorizationTools {
  readonly expiry: Expiry
  readonly shared: SharedToken
}

async function byKey(options: ByKey, tools: KeyTools, signal: AbortSignal): Promise<Token> {
  const { http, clock, expiry, shared, defaults = {} } = tools
  const signing = await keyOf(options, defaults)
  shared.seen.clear()
  for (const secret of signing.secrets) shared.seen.add(secret)
  shared.keyEndsAt = signing.endsAt
  expiry.check('key', signing.endsAt)
  const { tokenUrl, scope, claims } = signing
  const assertion = await signedStatement(signing, claims, clock.now())
  return statementToken({ tokenUrl: tokenUrlOf(tokenUrl), assertion, scope }, http, signal)
}

/** The key, and what is stated with it. */
async function keyOf(options: ByKey, defaults: AuthDefaults): Promise<SigningKey> {
  const scope = options.scope || (defaults.scope ?? '')
  switch (options.type) {
    case 'google_service_account':
      return serviceAccountKey(await textOf(options.keyFile), { ...options, scope })
    case 'zitadel_key': {
      const tokenUrl = options.tokenUrl ?? defaults.tokenUrl
      const audience = defaults.audience ?? URL.parse(tokenUrl ?? '')?.origin ?? ''
      return zitadelKey(await textOf(options.keyFile), { keyFile: options.keyFile, tokenUrl, audience, scope })
    }
    case 'jwt_bearer': {
      const pem = options.privateKey ?? (await textOf(options.keyFile ?? ''))
      return pemKey(pem, { ...options, tokenUrl: options.tokenUrl ?? defaults.tokenUrl, scope })
    }
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    throw new SetupError(
      `the key file ${path} cannot be read [${code}]: give the relay the right to read it, or correct key_file`,
    )
  }
}

function tokenUrlOf(url: string | undefined): string {
  if (url === undefined) throw new SetupError('nobody says where tokens are had: give auth a token_url')
  return url
}
