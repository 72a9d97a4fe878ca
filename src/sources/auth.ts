// Who the relay is for a source: the `auth:` of the configuration, as all kinds that speak HTTP share it. How credentials are sent and
// renewed is left to `authorization.ts`.
import { resolve } from 'node:path'
import { z } from 'zod'
import { basic, tokensIn } from '../runtime/http-credentials.ts'
import { httpUrl, isHeaderName, isHeaderValue, isOurHeader } from '../runtime/http-options.ts'
import { type AuthType, missingOf, notOf, typeOf } from './auth-types.ts'

/** A token is asked for at `tokenUrl`; undefined where the kind of source knows the address itself. */
interface FromServer {
  readonly tokenUrl: string | undefined
  /** Empty: none is sent, or what the kind of source needs. */
  readonly scope: string
}

/** Credentials as the configuration gives them, checked. */
export type AuthOptions =
  | { readonly type: 'none' }
  /** Sent as they are, names in lower case: bearer, basic and header come to this. */
  | {
      readonly type: 'headers'
      readonly headers: Readonly<Record<string, string>>
      readonly secrets: readonly string[]
    }
  | ({
      readonly type: 'client_credentials'
      readonly clientId: string
      readonly clientSecret: string
      /** `post`: in the form, and no header (RFC 6749, 2.3.1). */
      readonly clientAuth: 'post' | 'basic'
      /** Further members of the form; `audience` among them. */
      readonly extra: Readonly<Record<string, string>>
    } & FromServer)
  | ({
      readonly type: 'jwt_bearer'
      readonly keyFile: string | undefined
      readonly privateKey: string | undefined
      readonly keyId: string | undefined
      readonly issuer: string
      readonly subject: string | undefined
      readonly audience: string
    } & FromServer)
  | {
      readonly type: 'google_service_account'
      readonly keyFile: string
      readonly subject: string | undefined
      readonly scope: string
    }
  | ({ readonly type: 'zitadel_key'; readonly keyFile: string } & FromServer)

/** What a kind of source takes, and what it knows itself. */
export interface AuthKind {
  /** All but `zitadel_key` where it is left out. */
  readonly types?: readonly AuthType[]
  /** The kind knows where tokens are had: `token_url` may be left out. */
  readonly knowsTokenUrl?: boolean
  /** How its clients say who they are where the file does not say; `post`. */
  readonly clientAuth?: 'post' | 'basic'
}

const EVERY = [
  'none',
  'bearer',
  'basic',
  'header',
  'client_credentials',
  'jwt_bearer',
  'google_service_account',
] as const satisfies readonly AuthType[]

const secret = z.string().min(1)
const text = z.string().min(1)
const formMember = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const authFile = z.strictObject({
  type: z
    .enum([...EVERY, 'zitadel_key'] as const)
    .exactOptional()
    .describe('How the source knows us. Left out where the members say it.'),
  token: secret.exactOptional().describe('Sent as authorization: Bearer TOKEN.'),
  username: z.string().exactOptional().describe('Basic authentication.'),
  password: z.string().exactOptional(),
  headers: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Headers to send, such as {Authorization: "SSWS …"}.'),
  token_url: httpUrl.exactOptional().describe('Where tokens are had (OAuth 2.0).'),
  client_id: text.exactOptional(),
  client_secret: secret.exactOptional(),
  client_auth: z.enum(['post', 'basic']).exactOptional().describe('How the client says who it is. Default post.'),
  scope: z.string().exactOptional().describe('What the token is asked for, with blanks between.'),
  scopes: z.array(text).min(1).exactOptional().describe('The same as a list.'),
  audience: text.exactOptional().describe('For whom the token is to be.'),
  extra: z.record(z.string(), formMember).exactOptional().describe('Further members of the form for a token.'),
  key_file: text.exactOptional().describe('A file with the key: PEM, or JSON as ZITADEL and Google give it.'),
  private_key: secret.exactOptional().describe('The key itself, PEM.'),
  key_id: text.exactOptional(),
  issuer: text.exactOptional().describe('Who the statement is by.'),
  subject: text.exactOptional().describe('On whose behalf.'),
})

/** As it is written, without its faults. */
export type AuthGiven = z.output<typeof authFile>

/** The `auth:` of a kind of source. `{token}`, `{username, password}`, `{client_id, …}` and `{headers}` need no `type`. */
export function authSchema(kind: AuthKind = {}): z.ZodType<AuthOptions> {
  return authFile.transform((given, context): AuthOptions => {
    // A member that nobody knows has been told already; what else seems wrong would only be because of it.
    if (context.issues.length > 0) return z.NEVER
    const type = typeOf(given, kind.types ?? EVERY)
    const fault = type === undefined ? untyped(given, kind.types ?? EVERY) : faultOf(type, given, kind)
    if (type !== undefined && fault === undefined) return optionsOf(type, given, kind)
    context.addIssue({ code: 'custom', path: [...(fault?.path ?? [])], message: fault?.message ?? '' })
    return z.NEVER
  })
}

/** Key files against the folder of the configuration file. */
export function settleAuth<Options extends AuthOptions>(options: Options, folder: string): Options {
  if (!('keyFile' in options) || options.keyFile === undefined) return options
  return { ...options, keyFile: resolve(folder, options.keyFile) }
}

interface Fault {
  readonly path: readonly string[]
  readonly message: string
}

function untyped({ type }: AuthGiven, types: readonly AuthType[]): Fault {
  return type === undefined
    ? { path: [], message: `expected a type: ${types.join(', ')}` }
    : { path: ['type'], message: `expected one of ${types.join(', ')}` }
}

function faultOf(type: AuthType, given: AuthGiven, { knowsTokenUrl = false }: AuthKind): Fault | undefined {
  const extra = notOf(type, given)
  if (extra !== undefined) return { path: [extra], message: `has no meaning with type ${type}` }
  const missing = missingOf(type, given, knowsTokenUrl)
  if (missing) return { path: [missing.name], message: missing.message }
  if (type === 'basic' && given.username?.includes(':') === true)
    return { path: ['username'], message: 'a user name of basic authentication holds no ":"' }
  return unsendable(type, given)
}

/** The value is never named: it is a secret. */
function unsendable(type: AuthType, given: AuthGiven): Fault | undefined {
  const character = 'holds a line break or another character that a header cannot carry'
  if (given.token !== undefined && !isHeaderValue(given.token)) return { path: ['token'], message: character }
  const names = Object.keys(given.headers ?? {})
  if (type === 'header' && names.length === 0) return { path: ['headers'], message: 'expected a header' }
  for (const name of names) {
    if (!isHeaderName(name) || isOurHeader(name.toLowerCase()))
      return { path: ['headers', name], message: 'not a header that can be given' }
    if (!isHeaderValue(given.headers?.[name] ?? '')) return { path: ['headers', name], message: character }
  }
  return undefined
}

function optionsOf(type: AuthType, given: AuthGiven, kind: AuthKind): AuthOptions {
  const { key_file: keyFile = '', subject, audience } = given
  const scope = given.scope ?? given.scopes?.join(' ') ?? ''
  const tokenUrl = given.token_url
  switch (type) {
    case 'none':
      return { type }
    case 'google_service_account':
      return { type, keyFile, subject, scope }
    case 'zitadel_key':
      return { type, keyFile, tokenUrl, scope }
    case 'jwt_bearer': {
      const { issuer = '', key_id: keyId, private_key: privateKey } = given
      return {
        type,
        keyFile: given.key_file,
        privateKey,
        keyId,
        issuer,
        subject,
        audience: audience ?? '',
        tokenUrl,
        scope,
      }
    }
    case 'client_credentials': {
      const {
        client_id: clientId = '',
        client_secret: clientSecret = '',
        client_auth: clientAuth = kind.clientAuth ?? 'post',
      } = given
      const extra = { ...(audience !== undefined && { audience }), ...given.extra }
      return { type, clientId, clientSecret, clientAuth, extra, tokenUrl, scope }
    }
    default:
      return sentAsTheyAre(given)
  }
}

function sentAsTheyAre({ token, username = '', password = '', headers }: AuthGiven): AuthOptions {
  const type = 'headers'
  if (token !== undefined) return { type, headers: { authorization: `Bearer ${token}` }, secrets: [token] }
  if (headers === undefined)
    return {
      type,
      headers: { authorization: basic(username, password) },
      secrets: [password, basic(username, password)],
    }
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return { type, headers: Object.fromEntries(named) as Record<string, string>, secrets: tokensIn(headers) }
}
