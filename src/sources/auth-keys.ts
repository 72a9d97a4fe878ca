// Keys of the forms in which they are handed out, and what has to be stated with each.
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { SetupError } from '../model/errors.ts'
import { privateKeyOf, type StatementClaims } from '../runtime/statement.ts'

/** A key that was just read, and the statement to sign with it. */
export interface SigningKey {
  readonly key: KeyObject
  readonly keyId?: string
  readonly tokenUrl: string | undefined
  readonly scope: string
  readonly claims: StatementClaims
  readonly secrets: readonly string[]
  /** When the key ends, ms since the epoch, where the file says so. */
  readonly endsAt?: number
}

interface Where {
  readonly keyFile: string
  readonly scope: string
}

const zitadelFile = z.object({
  type: z.literal('serviceaccount'),
  keyId: z.string().min(1),
  key: z.string().min(1),
  userId: z.string().min(1),
  // In files of newer versions; the year 1 or 9999 is none.
  expirationDate: z.string().optional(),
})

/** The key of a service user of ZITADEL ("Private Key JWT Authentication for Service Users"). */
export function zitadelKey(
  text: string,
  { keyFile, tokenUrl, audience, scope }: Where & { readonly tokenUrl: string | undefined; readonly audience: string },
): SigningKey {
  const {
    keyId,
    key: pem,
    userId,
    expirationDate,
  } = parsed(zitadelFile, text, {
    keyFile,
    expected: 'the JSON key of a service user, as ZITADEL gives it: type "serviceaccount", keyId, key, userId',
  })
  const endsAt = Date.parse(expirationDate ?? '')
  return {
    key: privateKeyOf(pem, `"key" in ${keyFile}`),
    keyId,
    tokenUrl,
    scope,
    claims: { iss: userId, sub: userId, aud: audience },
    secrets: secretsOf(pem),
    ...(endsAt > 0 && { endsAt }),
  }
}

const googleFile = z.object({
  type: z.literal('service_account').optional(),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
})

/** The key of a service account of Google ("Using OAuth 2.0 for server to server applications"); `subject` is the user it acts for. */
export function serviceAccountKey(
  text: string,
  { keyFile, subject, scope }: Where & { readonly subject: string | undefined },
): SigningKey {
  const {
    client_email: iss,
    private_key: pem,
    private_key_id: keyId,
    token_uri: tokenUrl,
  } = parsed(googleFile, text, {
    keyFile,
    expected: 'the JSON key of a service account, as Google gives it: client_email, private_key',
  })
  return {
    key: privateKeyOf(pem, `"private_key" in ${keyFile}`),
    ...(keyId !== undefined && { keyId }),
    tokenUrl,
    // Here the scope is part of the statement.
    scope: '',
    claims: { iss, aud: tokenUrl, scope, ...(subject !== undefined && { sub: subject }) },
    secrets: secretsOf(pem),
  }
}

interface Stated {
  readonly keyFile: string | undefined
  readonly keyId: string | undefined
  readonly issuer: string
  readonly subject: string | undefined
  readonly audience: string
  readonly tokenUrl: string | undefined
  readonly scope: string
}

/** A key of one's own (RFC 7523, 3: the subject is the issuer where a client speaks for itself). */
export function pemKey(pem: string, stated: Stated): SigningKey {
  const { keyFile, keyId, issuer: iss, subject: sub = iss, audience: aud, tokenUrl, scope } = stated
  return {
    key: privateKeyOf(pem, keyFile ?? 'private_key'),
    ...(keyId !== undefined && { keyId }),
    tokenUrl,
    scope,
    claims: { iss, sub, aud },
    secrets: secretsOf(pem),
  }
}

/** The key as a whole, and its lines: an answer or a parser may quote any of them. */
function secretsOf(pem: string): readonly string[] {
  return [pem, ...pem.split(/\s*\n\s*/).filter((line) => line !== '' && !line.startsWith('-----'))]
}

/** Nothing of the text is in the message. */
function parsed<Value>(
  schema: z.ZodType<Value>,
  text: string,
  { keyFile, expected }: { readonly keyFile: string; readonly expected: string },
): Value {
  const result = schema.safeParse(jsonOf(text))
  if (result.success) return result.data
  throw new SetupError(`${keyFile} is not ${expected}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
