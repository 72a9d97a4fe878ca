// Which part of a record becomes which field of the event, in the words of the `http` source.
import type { Log, Subject } from './logs.ts'

type Fields = Readonly<Record<string, unknown>>

/** `none`: what a setting or an object was before and after a change is left out. */
export type Values = 'none' | 'all'

export function eventOf(log: Log, values: Values, tenantId: string | undefined): Fields {
  const fields = log.way === 'audit_logs' ? AUDIT[log.subject] : TRAIL[log.subject]
  const { left, tenant } = log.way === 'audit_logs' ? AUDIT_NAMES : TRAIL_NAMES
  const known = tenantId !== undefined && (log.way === 'data_query' || log.ofTenant) ? [{ value: tenantId }] : []
  const tenants = [...tenant, ...known]
  return {
    ...fields,
    ...(tenants.length > 0 && { 'tenant.id': { any: tenants } }),
    ...(values === 'none' && log.subject !== 'logins' && { data: { path: '.', without: left } }),
  }
}

const AUDIT_NAMES = { left: ['previousValue', 'newValue'], tenant: ['tenantId'] }
const TRAIL_NAMES = { left: ['oldvalue', 'newvalue'], tenant: [] }

/** The words of `auditloginevent`, and the likely ones of OneID ("whether the login succeeded or failed"). */
const OUTCOMES = {
  Success: 'success',
  SUCCESS: 'success',
  success: 'success',
  Succeeded: 'success',
  SUCCEEDED: 'success',
  Failure: 'failure',
  FAILURE: 'failure',
  failure: 'failure',
  Failed: 'failure',
  FAILED: 'failure',
  failed: 'failure',
  AuthFail: 'failure',
  PasswordExpired: 'failure',
}
const outcome = { path: 'status', map: OUTCOMES, else: 'unknown' }
/** What was changed has been changed. */
const changed = { value: 'success' }

/**
 * Zuora names the fields of its report alone ("Event Type Details and Field Definitions"), not the members of the JSON: these are guesses,
 * and so is that there is no id.
 */
const AUDIT_TIME = { any: ['timestamp', 'dateTime'], as: 'utc' }
const AUDIT_CHANGE: Fields = {
  event_id: { derived: true },
  occurred_at: AUDIT_TIME,
  'actor.kind': { path: 'updatedBy', present: 'user' },
  'actor.id': 'updatedBy',
  'target.kind': 'objectType',
  'target.id': 'objectAffected',
  outcome: changed,
}
const AUDIT: Readonly<Record<Subject, Fields>> = {
  logins: {
    event_id: { derived: true },
    event_type: { value: 'zuora.login' },
    occurred_at: AUDIT_TIME,
    'actor.kind': { any: ['username', 'userEmail'], present: 'user' },
    'actor.id': { any: ['username', 'userEmail'] },
    'actor.label': 'userEmail',
    outcome,
    'context.ip': 'ipAddress',
  },
  settings: { ...AUDIT_CHANGE, event_type: { value: 'zuora.setting.changed' } },
  objects: { ...AUDIT_CHANGE, event_type: { value: 'zuora.object.changed' } },
}

const ACTIONS = {
  CREATED: 'created',
  UPDATED: 'updated',
  DELETED: 'deleted',
  ADDED_TO_COLLECTION: 'added_to_collection',
  REMOVED_FROM_COLLECTION: 'removed_from_collection',
}

function changeType(prefix: string): object {
  return { any: [{ path: 'action', map: ACTIONS, prefix }, { value: `${prefix}changed` }] }
}

/**
 * The columns of the three tables ("Table auditloginevent" and its siblings). `id` is that of the record; the records of one change share
 * an `eventid`. Of the user Zuora recommends the name, not `userid`.
 */
const TRAIL_COMMON: Fields = {
  event_id: 'id',
  occurred_at: { path: 'timestamp', as: 'utc' },
  'actor.kind': { path: 'username', present: 'user' },
  'actor.id': 'username',
}
const TRAIL: Readonly<Record<Subject, Fields>> = {
  logins: {
    ...TRAIL_COMMON,
    event_type: { value: 'zuora.login' },
    outcome,
    'context.ip': 'ipaddress',
    'context.user_agent': { any: [{ template: '{{browsertype}} {{browserversion}}' }, 'browsertype'] },
  },
  settings: {
    ...TRAIL_COMMON,
    event_type: changeType('zuora.setting.'),
    'target.kind': 'settingtype',
    'target.id': { any: ['settingobjectname', 'attributeid'] },
    'target.label': 'attributename',
    outcome: changed,
  },
  objects: {
    ...TRAIL_COMMON,
    event_type: changeType('zuora.object.'),
    'target.kind': 'objecttype',
    'target.id': { any: ['objectid', 'objectname'] },
    'target.label': 'objectname',
    outcome: changed,
  },
}
