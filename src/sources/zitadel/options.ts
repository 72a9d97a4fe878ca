// What the YAML of a ZITADEL source may say, and the form in which the rest of the folder wants it.
import { z } from 'zod'
import {
  checkConnection,
  connectionOf,
  connectionSecrets,
  connectionShape,
  settleConnection,
} from '../../runtime/connection-options.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import { httpUrl } from '../../runtime/http-options.ts'
import { type AuthOptions, authSchema, settleAuth } from '../auth.ts'
import type { PayloadRule } from './payload.ts'
import type { EventFilter } from './search.ts'

export interface ZitadelOptions {
  /** Of the instance, without a slash at its end. */
  readonly url: string
  /** What the ids of its events begin with. */
  readonly instance: string
  readonly auth: AuthOptions
  readonly filter: EventFilter
  readonly payload: PayloadRule
  /** Events in one answer. */
  readonly limit: number
  readonly connection: Connection
  /** What must not appear in any text, beside the credentials. */
  readonly secrets: readonly string[]
}

/** ZITADEL gives no more, whatever is asked for. */
const largestLimit = 1_000

const url = httpUrl.superRefine((text, context) => {
  const parsed = URL.parse(text)
  if (!parsed) return
  if (/\/(admin|management|oauth|ui|v2)(\/|$)/u.test(parsed.pathname))
    context.addIssue('the address of the instance alone, as in https://acme.zitadel.cloud: the relay adds the path')
  if (parsed.search !== '') context.addIssue('no part after ?')
  if (parsed.username !== '' || parsed.password !== '')
    context.addIssue('no user and no password: they belong into auth')
})

const name = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('*'), 'ZITADEL takes whole names, no patterns (a destination can filter by pattern)')
const id = z.string().min(1).max(200)
const names = z.array(name).max(1_000).default([])

/** Built when a configuration names the kind. */
const file = z.lazy(() =>
  z.strictObject({
    url: url.describe('The address of the instance, such as https://acme.zitadel.cloud.'),
    instance: z
      .string()
      .min(1)
      .max(200)
      .exactOptional()
      .describe('What the ids of the events begin with. Default: the host of url. Set it before the domain changes.'),
    auth: authSchema({
      types: ['bearer', 'zitadel_key', 'client_credentials'],
      knowsTokenUrl: true,
      clientAuth: 'basic',
    }).describe(
      'A service account: { token } (personal access token), { key_file } (JSON) or { client_id, client_secret }.',
    ),
    event_types: names.describe('Only events of these types, such as user.human.added. Default: all.'),
    aggregate_types: names.describe('Only events of these kinds of things, such as user or org. Default: all.'),
    aggregate_id: id.exactOptional().describe('Only events of this one thing.'),
    resource_owner: id.exactOptional().describe('Only events of this organisation.'),
    editor: id.exactOptional().describe('Only events that this user caused.'),
    payload: z
      .union([z.enum(['none', 'all']), z.array(z.string().min(1).max(200)).min(1).max(1_000)], {
        error: 'expected none, all, or a list of event types such as [user.human.added, "org.*"]',
      })
      .default('none')
      .describe('Of which events the payload is read; it may hold personal data. * stands for any text.'),
    limit: z.int().min(1).max(largestLimit).default(largestLimit).describe('Events in one answer.'),
    ...connectionShape,
  }),
)
type File = z.output<typeof file>

export const zitadelOptions: z.ZodType<ZitadelOptions> = file.superRefine(checkConnection).transform(prepared)

function prepared(given: File): ZitadelOptions {
  const { origin, host, pathname } = new URL(given.url)
  const connection = connectionOf(given)
  return {
    url: `${origin}${pathname.replace(/\/+$/u, '')}`,
    instance: given.instance ?? host,
    auth: given.auth,
    filter: {
      eventTypes: given.event_types,
      aggregateTypes: given.aggregate_types,
      aggregateId: given.aggregate_id,
      resourceOwner: given.resource_owner,
      editor: given.editor,
    },
    payload: given.payload,
    limit: given.limit,
    connection,
    secrets: connectionSecrets(connection),
  }
}

/** Paths against the folder of the configuration file. */
export function settleZitadel(options: ZitadelOptions, folder: string): ZitadelOptions {
  return { ...settleConnection(options, folder), auth: settleAuth(options.auth, folder) }
}
