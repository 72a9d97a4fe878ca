// The options of a webhook as the file gives them, and the form in which the rest of the folder wants them: checked once,
// nothing left to work out for each request.
import { z } from 'zod'
import { size } from '../../model/units.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import { extraHeaders, httpUrl } from '../../runtime/http-options.ts'
import { valueAndToken } from '../../runtime/http-credentials.ts'
import { takeCredentials, tokensOf } from '../request-secrets.ts'
import { checkSigning, type Signing, signingOf, signingShape } from '../signing.ts'

export interface WebhookOptions extends Signing {
  /** Without user information; that has become a header. */
  readonly url: string
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>
  /** Events per request; null for one event object per request. */
  readonly batch: number | null
  readonly gzip: boolean
  readonly maxBytes: number
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

const defaultBatchBytes = 1024 ** 2
/** One event per request: its size is bounded by its source, not here. */
const defaultSingleBytes = 16 * 1024 ** 2

const file = z.strictObject({
  url: httpUrl,
  ...signingShape,
  batch: z.int().min(1).max(10_000).optional(),
  headers: extraHeaders.optional(),
  gzip: z.boolean().default(false),
  max_bytes: size({ min: '1KiB', max: '1GiB' }).optional(),
  ...connectionShape,
})
type File = z.output<typeof file>

export const webhookOptions: z.ZodType<WebhookOptions> = file
  .superRefine(checkSigning)
  .superRefine(checkConnection)
  .transform(prepared)

function prepared(options: File): WebhookOptions {
  const url = new URL(options.url)
  const credentials = takeCredentials(url)
  const secrets = [options.secret ?? []].flat()
  const { batch = null } = options
  const connection = connectionOf(options)
  const extra = { ...(credentials === undefined ? {} : { authorization: credentials.header }), ...options.headers }
  return {
    url: url.href,
    headers: {
      'user-agent': 'audit-relay',
      ...extra,
      'content-type': 'application/json',
      ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
    },
    ...signingOf(options),
    batch,
    gzip: options.gzip,
    connection,
    maxBytes: options.max_bytes ?? (batch === null ? defaultSingleBytes : defaultBatchBytes),
    secrets: [
      ...secrets,
      ...Object.values(extra).flatMap(valueAndToken),
      ...tokensOf(url),
      ...(credentials?.secrets ?? []),
      ...connectionSecrets(connection),
    ],
  }
}
