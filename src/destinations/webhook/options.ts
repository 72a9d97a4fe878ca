// The options of a webhook as the file gives them, and the form in which the rest of the folder wants them: checked once,
// nothing left to work out for each request.
import { createSecretKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { size } from '../../model/units.ts'
import { extraHeaders, httpUrl, isHeaderName, isHeaderValue, isOurHeader } from '../options.ts'

export interface WebhookOptions {
  /** Without user information; that has become a header. */
  readonly url: string
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>
  /** HMAC keys, the newest first; empty when requests are not signed. */
  readonly keys: readonly KeyObject[]
  readonly signature: 'standard' | BodySignature
  /** Events per request; null for one event object per request. */
  readonly batch: number | null
  readonly gzip: boolean
  readonly maxBytes: number
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

/** Hex HMAC-SHA256 over the body, in a header of choice. */
interface BodySignature {
  readonly header: string
  readonly prefix: string
}

const defaultBatchBytes = 1024 ** 2
/** One event per request: its size is bounded by its source, not here. */
const defaultSingleBytes = 16 * 1024 ** 2
/** Segments of a path this long are tokens, as chat and automation services use them. */
const tokenLength = 16

const bodySignature = z.strictObject({
  header: z.string().refine(isHeaderName, 'not a valid header name'),
  prefix: z.string().max(64).refine(isHeaderValue, 'holds a character that a header cannot carry').default(''),
})

const file = z.strictObject({
  url: httpUrl,
  secret: z
    .union([z.string(), z.array(z.string()).min(1).max(5)], { error: 'expected a secret, or a list of up to 5' })
    .optional(),
  signature: z
    .union([z.literal('standard'), bodySignature], { error: 'expected standard, or { header: …, prefix: … }' })
    .optional(),
  batch: z.int().min(1).max(10_000).optional(),
  headers: extraHeaders.optional(),
  gzip: z.boolean().default(false),
  max_bytes: size({ min: '1KiB', max: '1GiB' }).optional(),
})
type File = z.output<typeof file>

export const webhookOptions: z.ZodType<WebhookOptions> = file.superRefine(checkSigning).transform(prepared)

function checkSigning(options: File, context: z.RefinementCtx): void {
  const { signature, secret = [], headers } = options
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  for (const [index, text] of [secret].flat().entries()) {
    const wrong = secretFault(text)
    if (wrong !== undefined) fault(Array.isArray(secret) ? ['secret', index] : ['secret'], wrong)
  }
  if (signature !== undefined && secret.length === 0) fault(['signature'], 'a signature needs a secret')
  if (signature === undefined || signature === 'standard') return
  if (Array.isArray(secret) && secret.length > 1)
    fault(['secret'], 'a signature in one header takes one secret; several need signature: standard')
  const name = signature.header.toLowerCase()
  if (isOurHeader(name) || headers?.[name] !== undefined) fault(['signature', 'header'], 'this header is taken')
}

function secretFault(text: string): string | undefined {
  if (text.startsWith('whsec_')) return base64Fault(text.slice(6))
  return text.length < 8 ? 'a secret has at least 8 characters' : undefined
}

function base64Fault(text: string): string | undefined {
  const length = Buffer.from(text, 'base64').length
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'what follows whsec_ must be base64'
  return length < 16 || length > 128
    ? 'what follows whsec_ must be base64 of 16 to 128 bytes (24 to 64 are usual)'
    : undefined
}

function prepared(options: File): WebhookOptions {
  const url = new URL(options.url)
  const credentials = credentialsOf(url)
  const secrets = [options.secret ?? []].flat()
  const { signature = 'standard', batch = null } = options
  const extra = { ...(credentials === undefined ? {} : { authorization: credentials.header }), ...options.headers }
  return {
    url: url.href,
    headers: {
      'user-agent': 'audit-relay',
      ...extra,
      'content-type': 'application/json',
      ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
    },
    keys: secrets.map(keyOf),
    signature: signature === 'standard' ? signature : { ...signature, header: signature.header.toLowerCase() },
    batch,
    gzip: options.gzip,
    maxBytes: options.max_bytes ?? (batch === null ? defaultSingleBytes : defaultBatchBytes),
    secrets: [
      ...secrets,
      ...Object.values(extra).flatMap(valueAndToken),
      ...tokensOf(url),
      ...(credentials?.secrets ?? []),
    ],
  }
}

/** `whsec_` is base64 of the key; anything else is the key itself. A key object, because making one costs more than signing. */
function keyOf(secret: string): KeyObject {
  return createSecretKey(secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret))
}

/** `https://user:password@host` becomes basic authentication, and leaves the address. */
function credentialsOf(url: URL): { header: string; secrets: string[] } | undefined {
  if (url.username === '' && url.password === '') return undefined
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { header: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, secrets: [user, password] }
}

/** `Bearer abc` is echoed as `abc`, too. */
function valueAndToken(value: string): string[] {
  const token = /^\S+ (\S+)$/.exec(value)?.[1]
  return token === undefined ? [value] : [value, token]
}

function tokensOf(url: URL): string[] {
  const segments = url.pathname.split('/').filter((segment) => segment.length >= tokenLength)
  return [...url.searchParams.values(), ...segments]
}
