// The options of an Elasticsearch destination: what all bulk APIs share, an API key, and the demand for a data stream.
import { z } from 'zod'
import { type BulkOptions, bulkShape, checkBulk, isDataStream, preparedBulk } from '../bulk-options.ts'
import { checkConnection } from '../../runtime/connection-options.ts'
import { isHeaderValue } from '../../runtime/http-options.ts'

const file = z.strictObject({
  ...bulkShape,
  api_key: z
    .string()
    .min(8)
    .refine((key) => isHeaderValue(key) && !/\s/.test(key), 'expected the key as Elastic shows it, or id:key')
    .optional()
    .describe('As Elastic shows it (encoded), or id:key.'),
  require_data_stream: z
    .boolean()
    .default(true)
    .describe('Refuse to let Elasticsearch make an ordinary index. Needs version 8.13 or newer.'),
})
type File = z.output<typeof file>

export const elasticOptions: z.ZodType<BulkOptions> = file
  .superRefine((given, context) => checkBulk(given, given.api_key === undefined ? [] : ['api_key'], context))
  .superRefine(checkConnection)
  .transform(prepared)

function prepared(given: File): BulkOptions {
  const { api_key: apiKey } = given
  // A parameter that older versions and time-honoured proxies do not know is only sent where it says something.
  const query = isDataStream(given) && given.require_data_stream ? { require_data_stream: 'true' } : {}
  if (apiKey === undefined) return preparedBulk(given, { query, secrets: [] })
  const encoded = apiKey.includes(':') ? Buffer.from(apiKey).toString('base64') : apiKey
  return preparedBulk(given, { query, authorization: `ApiKey ${encoded}`, secrets: [...keyParts(apiKey), encoded] })
}

/** The key by itself is a secret, too, in whichever form it was given. */
function keyParts(apiKey: string): readonly string[] {
  const plain = apiKey.includes(':') ? apiKey : Buffer.from(apiKey, 'base64').toString()
  const [, secret] = /^[\x21-\x7e]+:([\x21-\x7e]+)$/.exec(plain) ?? []
  return secret === undefined ? [apiKey] : [apiKey, plain, secret]
}
