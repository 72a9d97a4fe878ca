// Which members of `auth:` belong to which type, and which type is meant where none is said.
import type { AuthGiven } from './auth.ts'

export type AuthType =
  | 'none'
  | 'bearer'
  | 'basic'
  | 'header'
  | 'client_credentials'
  | 'jwt_bearer'
  | 'google_service_account'
  | 'zitadel_key'

type Member = Exclude<keyof AuthGiven, 'type'>

interface Members {
  readonly needs: readonly Member[]
  readonly takes: readonly Member[]
}

const MEMBERS: Readonly<Record<AuthType, Members>> = {
  none: { needs: [], takes: [] },
  bearer: { needs: ['token'], takes: [] },
  basic: { needs: ['username', 'password'], takes: [] },
  header: { needs: ['headers'], takes: [] },
  client_credentials: {
    needs: ['client_id', 'client_secret', 'token_url'],
    takes: ['client_auth', 'scope', 'scopes', 'audience', 'extra'],
  },
  jwt_bearer: {
    needs: ['token_url', 'issuer', 'audience'],
    takes: ['key_file', 'private_key', 'key_id', 'subject', 'scope', 'scopes'],
  },
  google_service_account: { needs: ['key_file', 'scopes'], takes: ['subject'] },
  zitadel_key: { needs: ['key_file', 'token_url'], takes: ['scope', 'scopes'] },
}

/** What tells each type apart from the others, in the order in which it is looked for. */
const TELLS: readonly (readonly [Member, AuthType])[] = [
  ['token', 'bearer'],
  ['username', 'basic'],
  ['headers', 'header'],
  ['client_id', 'client_credentials'],
  ['issuer', 'jwt_bearer'],
  ['key_file', 'zitadel_key'],
  ['key_file', 'google_service_account'],
]

const WORDS: Partial<Record<Member, string>> = {
  token: 'expected the token',
  password: 'expected the password of this user',
  headers: 'expected the headers to send, such as {Authorization: "SSWS …"}',
  client_secret: 'expected the secret of this client',
  token_url: 'expected the address of the authorization server, where tokens are had',
  scopes:
    'expected what the token is asked for, such as [https://www.googleapis.com/auth/admin.reports.audit.readonly]',
  key_file: 'expected the file with the key',
  audience: 'expected for whom the statement is: usually the token_url, or the address of the server',
}

/** Undefined where the file says none of `types`. */
export function typeOf(given: AuthGiven, types: readonly AuthType[]): AuthType | undefined {
  if (given.type !== undefined) return types.includes(given.type) ? given.type : undefined
  return TELLS.find(([member, type]) => given[member] !== undefined && types.includes(type))?.[1]
}

/** A member that has no meaning for this type. */
export function notOf(type: AuthType, given: AuthGiven): string | undefined {
  const { needs, takes } = MEMBERS[type]
  const known: readonly string[] = ['type', ...needs, ...takes]
  return Object.keys(given).find((member) => !known.includes(member))
}

/** What this type needs, and where to say it. */
export function missingOf(
  type: AuthType,
  given: AuthGiven,
  knowsTokenUrl: boolean,
): { readonly name: string; readonly message: string } | undefined {
  const needs = MEMBERS[type].needs.filter((member) => !(knowsTokenUrl && member === 'token_url'))
  const name = needs.find((member) => given[member] === undefined)
  if (name !== undefined) return { name, message: WORDS[name] ?? `expected ${name}` }
  if (given.scope !== undefined && given.scopes !== undefined)
    return { name: 'scopes', message: 'not together with scope' }
  if (type !== 'jwt_bearer' || (given.key_file === undefined) !== (given.private_key === undefined)) return undefined
  return given.key_file === undefined
    ? { name: 'key_file', message: 'expected the key: key_file, or private_key' }
    : { name: 'private_key', message: 'not together with key_file' }
}
