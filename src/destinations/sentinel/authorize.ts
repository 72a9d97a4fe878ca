// Who the relay is for Azure: a client that signs in, or this machine. Either way the token is kept in one place.
import { BearerToken } from '../../runtime/bearer-token.ts'
import { clientCredentialsToken } from '../../runtime/oauth.ts'
import type { Authorization, AuthorizeTools } from '../destination.ts'
import { machineToken } from './machine-identity.ts'
import type { SentinelOptions } from './options.ts'

export function authorize({ auth }: SentinelOptions, { http, clock, connect }: AuthorizeTools): Authorization {
  if (auth.kind === 'client')
    return authorizationOf(new BearerToken((signal) => clientCredentialsToken(auth, http, signal), clock))
  // Straight: no proxy reaches the addresses of this machine, and none may be shown its token.
  const straight = connect()
  const token = new BearerToken((signal) => machineToken(auth, straight, () => clock.now(), signal), clock)
  return { ...authorizationOf(token), close: () => straight.close() }
}

function authorizationOf(token: BearerToken): Authorization {
  return {
    headers: (_request, signal) => token.headers(signal),
    refused: (credentials) => token.refused(credentials),
    secrets: () => token.secrets(),
  }
}
