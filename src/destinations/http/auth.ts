// Who the relay is for a receiver: a header that is always the same, or a token that is had from elsewhere.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { ClientCredentials } from '../../runtime/oauth.ts'
import { basic } from '../../runtime/http-credentials.ts'
import type { Tell } from './faults.ts'
import type { AuthGiven } from './schema.ts'

/** A Google service account, as its JSON key says. */
export interface ServiceAccount {
  readonly email: string
  readonly keyId: string
  readonly key: KeyObject
  readonly tokenUrl: string
  readonly scope: string
}

/** Whose token is asked for. */
export type TokenAuth =
  ({ readonly kind: 'client' } & ClientCredentials) | ({ readonly kind: 'service_account' } & ServiceAccount)

export interface Auth {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly token: TokenAuth | null
  readonly secrets: readonly string[]
}

const METHODS = {
  token: 'token',
  username: 'username and password',
  client_id: 'client_id',
  service_account: 'service_account',
}
type Method = keyof typeof METHODS

const keyFile = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().default(''),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
})

/** Undefined when there is a fault, which has been told. `headers` are those that the operator gives. */
export function authOf(given: AuthGiven, headers: Readonly<Record<string, string>>, tell: Tell): Auth | undefined {
  const fault = (path: string, message: string): undefined => tell(['auth', path], message) as undefined
  const methods = (Object.keys(METHODS) as Method[]).filter((name) => given[name] !== undefined)
  const [method] = methods
  if (methods.length > 1) return fault(methods[1] as string, `not together with ${METHODS[method as Method]}`)
  const name = (given.header ?? 'authorization').toLowerCase()
  if (method === undefined) {
    if (headers[name] !== undefined) return { headers: {}, token: null, secrets: [] }
    return given.scope === undefined
      ? fault('token', 'expected the token or key of this destination')
      : fault('service_account', 'expected the JSON key of a service account (or client_id and client_secret)')
  }
  if (headers[name] !== undefined && method === 'token')
    return fault('token', `headers say already what ${name} is to be`)
  return METHOD[method](given, fault)
}

type Fault = (path: string, message: string) => undefined

const METHOD: Readonly<Record<Method, (given: AuthGiven, fault: Fault) => Auth | undefined>> = {
  token({ token = '', header = 'authorization', prefix }) {
    const name = header.toLowerCase()
    const value = `${prefix ?? (name === 'authorization' ? 'Bearer ' : '')}${token}`
    return { headers: { [name]: value }, token: null, secrets: [token] }
  },
  username({ username = '', password }, fault) {
    if (password === undefined) return fault('password', 'expected the password of this user')
    return { headers: { authorization: basic(username, password) }, token: null, secrets: [password] }
  },
  client_id({ client_id: clientId = '', client_secret: clientSecret, token_url: tokenUrl, scope = '' }, fault) {
    if (clientSecret === undefined) return fault('client_secret', 'expected the secret of this client')
    if (tokenUrl === undefined) return fault('token_url', 'expected the address of the authorization server')
    return { headers: {}, token: { kind: 'client', tokenUrl, clientId, clientSecret, scope }, secrets: [clientSecret] }
  },
  service_account({ service_account: text = '', token_url: tokenUrl, scope = '' }, fault) {
    const account = accountOf(text)
    if (!account) return fault('service_account', 'expected the JSON key of a service account, as Google gives it')
    const { client_email: email, private_key_id: keyId, token_uri: address, key, private_key: pem } = account
    const token = { kind: 'service_account', email, keyId, key, tokenUrl: tokenUrl ?? address, scope } as const
    return { headers: {}, token, secrets: [pem, text] }
  },
}

function accountOf(text: string): (z.output<typeof keyFile> & { key: KeyObject }) | undefined {
  try {
    const account = keyFile.parse(JSON.parse(text))
    return { ...account, key: createPrivateKey(account.private_key) }
  } catch {
    return undefined
  }
}
