// Signatures over requests: by Standard Webhooks, or a plain HMAC of the body in a header of choice. Shared by the kinds that sign.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Batch } from '../model/batch.ts'
import { isHeaderName, isHeaderValue, isOurHeader } from '../runtime/http-options.ts'

/** How requests are signed. */
export interface Signing {
  /** HMAC keys, the newest first; empty when requests are not signed. */
  readonly keys: readonly KeyObject[]
  readonly signature: 'standard' | BodySignature
}

/** Hex HMAC-SHA256 over the body, in a header of choice. */
interface BodySignature {
  readonly header: string
  readonly prefix: string
}

const bodySignature = z.strictObject({
  header: z.string().refine(isHeaderName, 'not a valid header name'),
  prefix: z.string().max(64).refine(isHeaderValue, 'holds a character that a header cannot carry').default(''),
})

/** Spread into the options of a kind; `checkSigning` and `signingOf` take what comes of it. */
export const signingShape = {
  secret: z
    .union([z.string(), z.array(z.string()).min(1).max(5)], { error: 'expected a secret, or a list of up to 5' })
    .optional(),
  signature: z
    .union([z.literal('standard'), bodySignature], { error: 'expected standard, or { header: …, prefix: … }' })
    .optional(),
}

export interface SigningOptions {
  readonly secret?: string | readonly string[] | undefined
  readonly signature?: 'standard' | BodySignature | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** For a kind's `superRefine`. */
export function checkSigning(options: SigningOptions, context: z.RefinementCtx): void {
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

export function signingOf({ secret = [], signature = 'standard' }: SigningOptions): Signing {
  return {
    keys: [secret].flat().map(keyOf),
    signature: signature === 'standard' ? signature : { ...signature, header: signature.header.toLowerCase() },
  }
}

/** `whsec_` is base64 of the key; anything else is the key itself. A key object, because making one costs more than signing. */
function keyOf(secret: string): KeyObject {
  return createSecretKey(secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret))
}

/** `webhook-id`, `webhook-timestamp` and, where there are keys, the signature of these bytes as they are sent. */
export function signedHeaders(id: string, body: Uint8Array, signing: Signing, nowMs: number): Record<string, string> {
  const timestamp = `${Math.floor(nowMs / 1000)}`
  const { keys, signature } = signing
  const headers: Record<string, string> = { 'webhook-id': id, 'webhook-timestamp': timestamp }
  if (keys.length === 0) return headers
  if (signature === 'standard') {
    headers['webhook-signature'] = keys
      .map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`)
      .join(' ')
    return headers
  }
  const [key] = keys
  if (key) headers[signature.header] = signature.prefix + createHmac('sha256', key).update(body).digest('hex')
  return headers
}

/**
 * The same for every attempt at the same events; without a full stop, which the signed text uses as its separator. The source is
 * part of it, because two sources may use the same `event_id`, and a receiver drops what it has seen.
 */
export function deliveryId(batch: Batch, single: boolean): string {
  return single ? `evt_${plain(batch.events[0]?.source ?? '')}_${batch.events[0]?.key}` : `batch_${batch.id}`
}

/** Letters, digits and dashes as they are, anything else as its code. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`)
}
