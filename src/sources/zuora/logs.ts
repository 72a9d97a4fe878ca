// The logs of Zuora that can be read, and by which of its two ways: the audit logs of OneID ("Audit Logs", API reference), or the audit
// trail of a billing tenant, which is had by SQL alone ("Sample Queries of Audit Trail").

/** What the records of a log tell of. */
export type Subject = 'logins' | 'settings' | 'objects'

export type AuditLog = {
  readonly way: 'audit_logs'
  readonly name: string
  readonly subject: Subject
  /** Its filter has to name one. */
  readonly ofTenant: boolean
}

export type TrailLog = {
  readonly way: 'data_query'
  readonly name: string
  readonly subject: Subject
  readonly table: string
}

export type Log = AuditLog | TrailLog

const auditLog = (name: string, subject: Subject): AuditLog => ({
  way: 'audit_logs',
  name,
  subject,
  ofTenant: name.startsWith('tenant-'),
})
const trailLog = (name: string, subject: Subject, table: string): TrailLog => ({
  way: 'data_query',
  name,
  subject,
  table,
})

const LOGS: readonly Log[] = [
  auditLog('global-logins', 'logins'),
  auditLog('global-settings', 'settings'),
  auditLog('tenant-logins', 'logins'),
  auditLog('tenant-settings', 'settings'),
  auditLog('tenant-objects', 'objects'),
  trailLog('login-events', 'logins', 'auditloginevent'),
  trailLog('setting-changes', 'settings', 'auditsettingchangeevent'),
  trailLog('object-changes', 'objects', 'auditobjectchangeevent'),
]

export const LOG_NAMES = LOGS.map(({ name }) => name)

/** One of `LOG_NAMES`. */
export function logOf(name: string): Log | undefined {
  return LOGS.find((log) => log.name === name)
}
