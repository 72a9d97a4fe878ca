// Tokens that are had from elsewhere, for a client of an authorization server or for a service account.
import { BearerToken, type Token } from '../../runtime/bearer-token.ts'
import { clientCredentialsToken, statementToken } from '../../runtime/oauth.ts'
import { signedStatement } from '../../runtime/statement.ts'
import type { Authorization, AuthorizeTools } from '../destination.ts'
import type { ServiceAccount, TokenAuth } from './auth.ts'

export function bearer(auth: TokenAuth, tools: AuthorizeTools): Authorization {
  const token = new BearerToken(
    (signal) =>
      auth.kind === 'client'
        ? clientCredentialsToken(auth, tools.http, signal)
        : serviceAccountToken(auth, tools, signal),
    tools.clock,
  )
  return {
    headers: (_request, signal) => token.headers(signal),
    refused: (credentials) => token.refused(credentials),
    secrets: () => token.secrets(),
  }
}

/** The scope is part of what is stated ("Using OAuth 2.0 for server to server applications"). */
async function serviceAccountToken(
  { email: iss, tokenUrl, scope, key, keyId }: ServiceAccount,
  { http, clock }: AuthorizeTools,
  signal: AbortSignal,
): Promise<Token> {
  const assertion = await signedStatement({ key, keyId }, { iss, scope, aud: tokenUrl }, clock.now())
  return statementToken({ tokenUrl, assertion, scope: '' }, http, signal)
}
