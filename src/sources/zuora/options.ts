// What the YAML of a Zuora source may say, and the form in which the rest of the folder wants it.
import { z, type ZodType } from 'zod'
import { duration } from '../../model/units.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import { httpUrl, isHeaderValue } from '../../runtime/http-options.ts'
import { type AuthOptions, authSchema } from '../auth.ts'
import { auditDefinition, type AuditLogsOptions } from './audit-logs.ts'
import { type DataQueryGiven, type DataQueryOptions, trailDefinition, usualCondition } from './data-query.ts'
import { http, httpFile } from './engine.ts'
import { type Log, LOG_NAMES, logOf } from './logs.ts'

export interface ZuoraOptions {
  /** Of the REST API, without a slash at its end. */
  readonly url: string
  readonly auth: AuthOptions
  /** Each is a part; all of them known. */
  readonly logs: readonly string[]
  readonly auditLogs: AuditLogsOptions
  readonly dataQuery: DataQueryOptions
  readonly connection: Connection
  /** What must not appear in any text, beside the credentials. */
  readonly secrets: readonly string[]
}

/** Words of the `http` source, as they are there. */
type Word = ReturnType<ZodType['exactOptional']>
function word(name: string, text: string): Word {
  const words = httpFile._zod.innerType.shape as Readonly<Record<string, Word>>
  return (words[name] as Word).describe(text)
}

const eventWords = () => ({
  logins: word('event', 'Fields of the events of logins, over what is usual.'),
  settings: word('event', 'Fields of the events of setting changes, over what is usual.'),
  objects: word('event', 'Fields of the events of object changes, over what is usual.'),
})

const tree = z.record(z.string(), z.unknown())

/** These are built when a configuration names the kind: they need all that `http` has. */
const auditLogs = z.lazy(() =>
  z.strictObject({
    checked: z.boolean().exactOptional().describe('You have seen that the names are right: no warning any more.'),
    url: httpUrl.exactOptional().describe('The address of the audit logs, where it is not `url`.'),
    path: z
      .string()
      .regex(/^\/[^?#]*[^/?#]$/u, 'expected a path such as /admin/audit/v2')
      .exactOptional()
      .describe('What stands before the name of the log. Default /admin/audit/v2.'),
    objects_path: z
      .string()
      .regex(/^[A-Za-z0-9._/-]+$/u, 'expected the last part of a path, such as tenant-objects')
      .exactOptional()
      .describe('How the log tenant-objects is called in its address. Default tenant-objects.'),
    body: tree.exactOptional().describe('What is sent, with {{from}}, {{to}}, {{page}} and {{size}} in it.'),
    tenant_filter: tree
      .exactOptional()
      .describe('What is put into filter.must of the tenant logs. Default { field: tenantId, value: (tenant_id) }.'),
    time: word('time', 'How {{from}} and {{to}} are written, and whether they are included.'),
    page: word('page', 'How pages are counted: first, size, total_pages, total, into.'),
    records: word('records', 'Where the records stand in an answer. Default body.content.'),
    stable: word('stable', 'What tells two versions of a record apart.'),
    limits: word('limits', 'How often Zuora may be asked.'),
    errors: word('errors', 'What answers mean that are no failure in the words of Zuora.'),
    ...eventWords(),
  }),
)

const dataQuery = z.lazy(() =>
  z.strictObject({
    limit: z
      .int()
      .min(1)
      .max(100_000)
      .default(100_000)
      .describe('Rows in one result. A result of so many is read again in narrower windows.'),
    every: duration({ min: '1s', max: '10m' })
      .prefault('5s')
      .describe('How often a query is asked whether it is done.'),
    timeout: duration({ min: '1m', max: '2h' })
      .prefault('1h')
      .describe('How long a query may take; then narrower windows are tried. Zuora ends one after an hour.'),
    days_around: z
      .int()
      .min(0)
      .max(31)
      .default(1)
      .describe('How many days before and after a window are looked at, by the day on which a record was made.'),
    source_data: z.enum(['LIVE', 'WAREHOUSE']).default('LIVE').describe('What the query runs against.'),
    hosts: z
      .array(z.string())
      .default(['*.amazonaws.com'])
      .describe('Hosts from which results may be fetched; they get no credentials.'),
    time_condition: z
      .string()
      .refine((text) => text.includes('{{from}}') && text.includes('{{to}}'), 'expected {{from}} and {{to}} in it')
      .default(usualCondition)
      .describe('The condition for the time of an event, in SQL.'),
    ...eventWords(),
  }),
)

const ids = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().join(','))
  .refine((text) => text !== '' && isHeaderValue(text), 'expected an id, or a list of them')

const file = z.lazy(() =>
  z.strictObject({
    url: httpUrl
      .refine((text) => URL.parse(text)?.search === '', 'no part after ?')
      .describe('The REST address of the data centre, such as https://rest.zuora.com or https://rest.eu.zuora.com.'),
    auth: authSchema({ types: ['client_credentials'], knowsTokenUrl: true }).describe(
      'An OAuth client: { client_id, client_secret }. Tokens come from url/oauth/token.',
    ),
    logs: z
      .array(z.enum(LOG_NAMES as [string, ...string[]]))
      .min(1)
      .describe(
        'global-logins, global-settings, tenant-logins, tenant-settings, tenant-objects (audit logs of OneID); login-events, setting-changes, object-changes (audit trail of a tenant, by Data Query).',
      ),
    tenant_id: z
      .union([z.string().min(1), z.int()])
      .transform(String)
      .exactOptional()
      .describe('The billing tenant. Needed for tenant logs.'),
    values: z
      .enum(['none', 'all'])
      .default('all')
      .describe('Whether events hold what a setting or object was before and after; that may be personal data.'),
    entity_ids: ids.exactOptional().describe('Sent as Zuora-Entity-Ids.'),
    org_ids: ids.exactOptional().describe('Sent as Zuora-Org-Ids.'),
    audit_logs: auditLogs.exactOptional().describe('How the audit logs of OneID are asked for.'),
    data_query: dataQuery.prefault({}).describe('How the audit trail is queried.'),
    ...connectionShape,
  }),
)
type File = z.output<typeof file>

export const zuoraOptions: z.ZodType<ZuoraOptions> = file.superRefine(checkConnection).transform(prepared)

function prepared(given: File, context: z.RefinementCtx): ZuoraOptions {
  const { origin, pathname } = new URL(given.url)
  const url = `${origin}${pathname.replace(/\/+$/u, '')}`
  const connection = connectionOf(given)
  const { entity_ids: entities, org_ids: orgs, tenant_id: tenantId, values } = given
  const headers = {
    ...(entities !== undefined && { 'zuora-entity-ids': entities }),
    ...(orgs !== undefined && { 'zuora-org-ids': orgs }),
  }
  const shared = { url, headers, tenantId, values }
  const options: ZuoraOptions = {
    url,
    auth: given.auth,
    logs: given.logs,
    auditLogs: { ...shared, given: given.audit_logs ?? {} },
    dataQuery: { ...shared, given: given.data_query as DataQueryGiven },
    connection,
    secrets: connectionSecrets(connection),
  }
  check(options, context)
  return options
}

function check(options: ZuoraOptions, context: z.RefinementCtx): void {
  const { logs, auditLogs: audit } = options
  const known = logs.flatMap((name) => logOf(name) ?? [])
  const twice = logs.findIndex((name, index) => logs.indexOf(name) < index)
  if (twice >= 0) context.addIssue({ code: 'custom', path: ['logs', twice], message: 'this log stands here twice' })
  const tenant = known.find((log) => log.way === 'audit_logs' && log.ofTenant)
  if (tenant && audit.tenantId === undefined && audit.given.tenant_filter === undefined)
    context.addIssue({ code: 'custom', path: ['tenant_id'], message: `${tenant.name} needs the id of the tenant` })
  for (const log of known) {
    const before = context.issues.length
    checkLog(log, options, context)
    // What is wrong for one log is most likely wrong for the others, too.
    if (context.issues.length > before) return
  }
}

/** Whether the engine takes what was made of the options; its faults are told where the operator can mend them. */
function checkLog(log: Log, options: ZuoraOptions, context: z.RefinementCtx): void {
  const definition =
    log.way === 'audit_logs'
      ? auditDefinition(log, options.auditLogs)
      : trailDefinition(log, { from: 0, to: 1 }, options.dataQuery)
  for (const { path, message } of http.options.safeParse(definition).error?.issues ?? [])
    context.addIssue({ code: 'custom', path: [log.way, ...placeOf(log, path.map(String))], message })
}

function placeOf(log: Log, [head = '', ...rest]: readonly string[]): readonly string[] {
  if (head === 'event') return [log.subject, ...rest]
  if (head === 'request') return rest
  if (head === 'follow') return rest
  return log.way === 'data_query' && head === 'steps' ? ['time_condition'] : [head, ...rest]
}
