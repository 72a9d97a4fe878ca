// Tokens that are had from elsewhere, for a client of an authorization server or for a service account.
import { BearerToken } from '../../runtime/bearer-token.ts'
import { clientCredentialsToken } from '../../runtime/oauth.ts'
import type { Authorization, AuthorizeTools } from '../destination.ts'
import type { TokenAuth } from './auth.ts'
import { serviceAccountToken } from './service-account.ts'

export function bearer(auth: TokenAuth, { http, clock }: AuthorizeTools): Authorization {
  const token = new BearerToken(
    (signal) =>
      auth.kind === 'client'
        ? clientCredentialsToken(auth, http, signal)
        : serviceAccountToken(auth, http, clock.now(), signal),
    clock,
  )
  return {
    headers: (_request, signal) => token.headers(signal),
    refused: (credentials) => token.refused(credentials),
    secrets: () => token.secrets(),
  }
}
