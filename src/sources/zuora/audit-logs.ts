// The audit logs of OneID in the words of the `http` source. Confirmed are the paths, `filter.must`, page numbers, `totalPages` and
// `totalElements` ("Audit Logs", API reference); every other name is a guess that the operator can write over.
import { over } from './engine.ts'
import { eventOf, type Values } from './events.ts'
import type { AuditLog } from './logs.ts'

type Tree = Readonly<Record<string, unknown>>

/** What the file says; every part of it is optional, and null takes away what is usual. */
interface AuditLogsGiven {
  readonly url?: string
  readonly path?: string
  readonly objects_path?: string
  readonly checked?: boolean
  readonly body?: Tree
  readonly tenant_filter?: Tree
  readonly [part: string]: unknown
}

export interface AuditLogsOptions {
  /** Of the REST API, without a slash at its end. */
  readonly url: string
  readonly given: AuditLogsGiven
  readonly headers: Tree
  readonly tenantId: string | undefined
  readonly values: Values
}

const usualBody = {
  filter: { must: [{ field: 'timestamp', from: '{{from}}', to: '{{to}}' }] },
  page: '{{page}}',
  size: '{{size}}',
}

/**
 * The bounds are taken for exclusive, and the first page for 0: where that is wrong too much is read, or the same page twice, which is
 * told; the other way round events would be missing.
 */
const usual = {
  time: { format: 'rfc3339_ms', bounds: 'exclusive' },
  page: { type: 'number', first: 0, size: 100, total_pages: 'body.totalPages', total: 'body.totalElements' },
  records: { at: 'body.content' },
}

export function auditDefinition(log: AuditLog, { url, given, headers, tenantId, values }: AuditLogsOptions): Tree {
  const { path = '/admin/audit/v2', objects_path: objects = log.name, limits, errors, stable } = given
  const parts = { time: given['time'] ?? {}, page: given['page'] ?? {}, records: given['records'] ?? {} }
  return {
    url: given.url ?? url,
    mode: 'window',
    request: {
      method: 'POST',
      path: `${path}/${log.subject === 'objects' ? objects : log.name}`,
      headers,
      body: log.ofTenant ? withTenant(given, tenantId) : (given.body ?? usualBody),
    },
    ...over(usual, parts),
    event: laid(eventOf(log, values, tenantId), given[log.subject]),
    ...(limits != null && { limits }),
    ...(errors != null && { errors }),
    ...(stable != null && { stable }),
  }
}

/** Each field is one thing: its members are not merged. */
export function laid(fields: Tree, given: unknown): Tree {
  const all = Object.entries({ ...fields, ...(given as Tree | undefined) })
  return Object.fromEntries(all.filter(([, field]) => field !== null))
}

/** That the tenant stands in `filter.must` is one of the few things that are known. */
function withTenant({ body = usualBody, tenant_filter: filter }: AuditLogsGiven, tenantId: string | undefined): Tree {
  const { must } = (body['filter'] ?? {}) as { must?: unknown }
  const tenant = filter ?? { field: 'tenantId', value: tenantId }
  return over(body, { filter: { must: [...(Array.isArray(must) ? (must as unknown[]) : []), tenant] } })
}
