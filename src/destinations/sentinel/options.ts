// The options of a Microsoft Sentinel destination as the file gives them, and the form in which the rest of the folder wants them.
import { z } from 'zod'
import { size } from '../../model/units.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import type { ClientCredentials } from '../../runtime/oauth.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import { httpUrl, isHeaderValue } from '../../runtime/http-options.ts'

export interface SentinelOptions {
  /** The whole address, the rule and the stream in it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly auth: SentinelAuth
  readonly gzip: boolean
  /** What becomes of events whose `TimeGenerated` Azure would replace. */
  readonly oldEvents: Policy
  /** What becomes of events with a value that Azure would cut off. */
  readonly longValues: Policy
  readonly maxEvents: number
  readonly maxBytes: number
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

type Policy = 'send' | 'dead_letter'

/** Whose token is sent. */
type SentinelAuth = ({ readonly kind: 'client' } & ClientCredentials) | ({ readonly kind: 'machine' } & MachineIdentity)

/** A managed identity, asked for at an address that only this machine reaches. */
export interface MachineIdentity {
  readonly endpoint: string
  /** What App Service wants to see; the Instance Metadata Service wants none. */
  readonly identityHeader?: string
  /** Of an identity that was assigned by a user. */
  readonly clientId?: string
  readonly resource: string
}

/** "Azure Monitor service limits": 1 MB for each call, before and after compression. */
export const LARGEST_BODY = 1_000_000
const defaultEvents = 1_000
const apiVersion = '2023-01-01'
/** Global Azure; national clouds have others, which are options. */
const defaultAuthority = 'https://login.microsoftonline.com'
const defaultScope = 'https://monitor.azure.com/.default'
/** "How to use managed identities on an Azure VM to acquire an access token". */
const metadataService = 'http://169.254.169.254/metadata/identity/oauth2/token'

const url = httpUrl.superRefine((text, context) => {
  const parsed = URL.parse(text)
  if (!parsed) return
  if (/datacollectionrules/i.test(parsed.pathname))
    context.addIssue('leave out /dataCollectionRules and what follows it: the relay adds it from rule and stream')
  if (parsed.search !== '') context.addIssue('no part after ?: the relay adds it')
  if (parsed.username !== '' || parsed.password !== '')
    context.addIssue('no user and no password: Azure knows its senders by token')
})

const rule = z
  .string()
  .regex(
    /^dcr-[0-9a-z]{1,64}$/,
    'expected the immutable id of the rule: dcr- and 32 digits (JSON view of the rule in Azure)',
  )
const stream = z
  .string()
  .regex(
    /^(Custom|Microsoft)-[A-Za-z0-9_-]{1,128}$/,
    'expected the name of a stream of the rule, such as Custom-AuditRelay_CL',
  )
const policy = z.enum(['send', 'dead_letter'])
const word = z.string().regex(/^[A-Za-z0-9.-]{1,255}$/, 'expected an id of letters, digits, "-" and "."')

const auth = z.strictObject({
  tenant_id: word.exactOptional().describe('The directory (tenant) id of the app registration.'),
  client_id: word
    .exactOptional()
    .describe('The application (client) id; with managed_identity that of an identity assigned by a user.'),
  client_secret: z.string().min(8).exactOptional().describe('The value of the client secret, not its id.'),
  authority: httpUrl.exactOptional().describe(`Who gives tokens. Default: ${defaultAuthority}.`),
  scope: z.string().min(1).max(512).default(defaultScope).describe('National clouds have others.'),
  managed_identity: z.boolean().default(false).describe('Ask this machine for a token instead of signing in.'),
  endpoint: httpUrl
    .exactOptional()
    .describe('Where this machine gives tokens. Default: the Instance Metadata Service.'),
  identity_header: z
    .string()
    .min(8)
    .refine(isHeaderValue, 'holds a character that a header cannot carry')
    .exactOptional()
    .describe('With endpoint, on App Service and Functions: "${IDENTITY_HEADER}".'),
})
type Auth = z.output<typeof auth>

const file = z.strictObject({
  url: url.describe('The logs ingestion endpoint of the data collection rule, or a data collection endpoint.'),
  rule: rule.describe('The immutable id of the data collection rule.'),
  stream: stream.describe('The stream of the rule.'),
  auth: auth.superRefine(checkAuth),
  gzip: z.boolean().default(true),
  old_events: policy
    .default('send')
    .describe('Events older than 48 hours: Azure files them under the time of their arrival.'),
  long_values: policy.default('dead_letter').describe('Events with a value over 64 KB, which Azure cuts off.'),
  batch: z.int().min(1).max(10_000).default(defaultEvents).describe('Events in one request.'),
  max_bytes: size({ min: '4KiB', max: `${LARGEST_BODY}B` }).default(LARGEST_BODY),
  ...connectionShape,
})
type File = z.output<typeof file>

export const sentinelOptions: z.ZodType<SentinelOptions> = file.superRefine(checkConnection).transform(prepared)

const FOR_CLIENTS = {
  tenant_id: 'the directory (tenant) id of the app registration',
  client_id: 'the application (client) id of the app registration',
  client_secret: 'the value of a client secret of the app registration',
} as const
const NOT_FOR_MACHINES = ['tenant_id', 'client_secret', 'authority'] as const
const NOT_FOR_CLIENTS = ['endpoint', 'identity_header'] as const

function checkAuth(given: Auth, context: z.RefinementCtx): void {
  const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
  if (given.managed_identity) {
    for (const name of NOT_FOR_MACHINES)
      if (given[name] !== undefined) fault(name, 'not together with managed_identity')
    if (given.identity_header !== undefined && given.endpoint === undefined)
      fault('identity_header', 'identity_header needs endpoint beside it')
    return
  }
  for (const name of Object.keys(FOR_CLIENTS) as (keyof typeof FOR_CLIENTS)[])
    if (given[name] === undefined) fault(name, `expected ${FOR_CLIENTS[name]} (or set managed_identity: true instead)`)
  for (const name of NOT_FOR_CLIENTS) if (given[name] !== undefined) fault(name, 'only together with managed_identity')
}

function prepared(given: File): SentinelOptions {
  const { origin, pathname } = new URL(given.url)
  const connection = connectionOf(given)
  const path = `/dataCollectionRules/${given.rule}/streams/${given.stream}?api-version=${apiVersion}`
  const secrets = [given.auth.client_secret, given.auth.identity_header].filter((text) => text !== undefined)
  return {
    url: `${origin}${pathname.replace(/\/+$/, '')}${path}`,
    headers: { 'user-agent': 'audit-relay', 'content-type': 'application/json' },
    auth: authOf(given.auth),
    gzip: given.gzip,
    oldEvents: given.old_events,
    longValues: given.long_values,
    maxEvents: given.batch,
    maxBytes: given.max_bytes,
    connection,
    secrets: [...secrets, ...connectionSecrets(connection)],
  }
}

function authOf(given: Auth): SentinelAuth {
  const { tenant_id: tenant = '', client_id: clientId, client_secret: clientSecret = '', scope } = given
  if (!given.managed_identity) {
    const authority = (given.authority ?? defaultAuthority).replace(/\/+$/, '')
    const tokenUrl = `${authority}/${tenant}/oauth2/v2.0/token`
    return { kind: 'client', tokenUrl, clientId: clientId ?? '', clientSecret, scope }
  }
  return {
    kind: 'machine',
    endpoint: given.endpoint ?? metadataService,
    ...(given.identity_header !== undefined && { identityHeader: given.identity_header }),
    ...(clientId !== undefined && { clientId }),
    resource: scope.replace(/\/\.default$/, ''),
  }
}
