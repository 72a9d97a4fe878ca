// A signed statement about ourselves (a JSON Web Token, RFC 7519) that an authorization server takes for a token (RFC 7523).
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SetupError } from '../model/errors.ts'

export interface StatementClaims {
  readonly iss: string
  readonly sub?: string
  readonly aud: string
  readonly scope?: string
}

/** How long a statement is good for, an hour at most wherever that is documented; it is used at once. */
const lifeSeconds = 3_000
/** A server whose clock is behind ours must not find it issued in the future. */
const skewSeconds = 30

/** A private key in PEM: PKCS#8, PKCS#1 or SEC 1. `where` names it for the message; nothing of the key is in it. */
export function privateKeyOf(pem: string, where: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause is left out: it may quote the key.
    throw new SetupError(
      `${where} is no private key in PEM that can be used without a passphrase (look for "-----BEGIN PRIVATE KEY-----")`,
    )
  }
}

/** Signed with RS256, ES256, ES384, ES512 or EdDSA, whichever the key is for. */
export async function signedStatement(
  { key, keyId }: { readonly key: KeyObject; readonly keyId?: string },
  claims: StatementClaims,
  nowMs: number,
): Promise<string> {
  const { SignJWT } = await import('jose')
  const issuedAt = Math.floor(nowMs / 1000) - skewSeconds
  return new SignJWT({ ...claims, iat: issuedAt, exp: issuedAt + lifeSeconds })
    .setProtectedHeader({
      alg: algorithmOf(key),
      typ: 'JWT',
      ...(keyId !== undefined && keyId !== '' && { kid: keyId }),
    })
    .sign(key)
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
const shortestRsaBits = 2048

function algorithmOf(key: KeyObject): string {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType
  if (type === 'rsa' && modulusLength >= shortestRsaBits) return 'RS256'
  if (type === 'ed25519') return 'EdDSA'
  const algorithm = type === 'ec' ? CURVES[namedCurve] : undefined
  if (algorithm !== undefined) return algorithm
  throw new SetupError(
    `the private key cannot sign a statement: expected RSA of ${shortestRsaBits} bits or more, P-256, P-384, P-521 or Ed25519`,
  )
}

/** When a JSON Web Token says that it ends, ms since the epoch; undefined for any other text. Nothing is verified. */
export function endOfToken(text: string): number | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text)?.[1]
  if (payload === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
