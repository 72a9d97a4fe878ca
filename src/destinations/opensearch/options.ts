// The options of an OpenSearch destination: what all bulk APIs share, and signatures for the services of AWS.
import { z } from 'zod'
import { type BulkOptions, bulkShape, checkBulk, preparedBulk } from '../bulk-options.ts'
import { checkConnection } from '../../runtime/connection-options.ts'
import { isHeaderValue } from '../../runtime/http-options.ts'
import type { AwsIdentity } from '../sigv4.ts'

const credential = z
  .string()
  .min(8)
  .refine(
    (text) => isHeaderValue(text) && !/\s/.test(text),
    'holds a blank or another character that no credential of AWS has',
  )

const aws = z.strictObject({
  region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'expected a region such as eu-central-1'),
  service: z.enum(['es', 'aoss']).default('es').describe('es: a domain; aoss: OpenSearch Serverless.'),
  access_key_id: credential,
  secret_access_key: credential,
  session_token: credential.optional().describe('Of temporary credentials. They are not renewed by the relay.'),
})

const file = z.strictObject({
  ...bulkShape,
  aws: aws.optional().describe('Sign requests for AWS (Signature Version 4).'),
})
type File = z.output<typeof file>

export const opensearchOptions: z.ZodType<BulkOptions> = file
  .superRefine((given, context) => checkBulk(given, given.aws === undefined ? [] : ['aws'], context))
  .superRefine(checkConnection)
  .superRefine(checkAws)
  .transform(prepared)

/** The two services have addresses that tell them apart, and refuse what is signed for the other with a 403 that does not say why. */
function checkAws({ url, aws: given }: File, context: z.RefinementCtx): void {
  const told = /\.(es|aoss)\.amazonaws\.com(\.cn)?$/.exec(URL.parse(url)?.hostname ?? '')?.[1]
  if (!given || told === undefined || told === given.service) return
  context.addIssue({ code: 'custom', path: ['aws', 'service'], message: `this address is of the service ${told}` })
}

function prepared(given: File): BulkOptions {
  if (!given.aws) return preparedBulk(given, { secrets: [] })
  const { access_key_id, secret_access_key, session_token, region, service } = given.aws
  const identity: AwsIdentity = {
    region,
    service,
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    ...(session_token !== undefined && { sessionToken: session_token }),
  }
  const secrets = [secret_access_key, ...(session_token === undefined ? [] : [session_token])]
  return preparedBulk(given, { aws: identity, secrets })
}
