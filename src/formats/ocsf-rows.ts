// Where the fields of the canonical event lie in OCSF 1.8.0, as tables: what every class has, and what a class adds to it.
import { emailAddress, GROUPS, hasText, ip, PERSONS, says, SESSIONS, text, words } from './convert.ts'
import type { Made, Row } from './mapping.ts'
import type { Shape } from './ocsf-classes.ts'
import type { EventView } from './view.ts'

const OCSF_VERSION = '1.8.0'

const hasActor = (view: EventView): boolean => hasText(view, 'actor.id', 'actor.label')
const isPerson = (view: EventView): boolean => says(view, 'target.kind', PERSONS)
const isGroup = (view: EventView): boolean => says(view, 'target.kind', GROUPS)
const isSession = (view: EventView): boolean => says(view, 'target.kind', SESSIONS)

/** `type_id` of a user. */
const userType = words(
  {
    user: '1',
    human: '1',
    admin: '2',
    administrator: '2',
    system: '3',
    service: '4',
    service_account: '4',
    machine: '4',
  },
  '99',
)

/** `user` and the like are valid only with one of `uid` and `name`, so an address for mail is a name as well. */
function user(from: 'actor' | 'target', to: string): readonly Row[] {
  const named = (view: EventView): boolean => hasText(view, `${from}.id`, `${from}.label`)
  return [
    { from: `${from}.id`, to: `${to}.uid`, as: text },
    { from: `${from}.label`, to: `${to}.name`, as: text },
    { from: `${from}.label`, to: `${to}.email_addr`, as: emailAddress },
    { from: `${from}.kind`, to: `${to}.type`, as: text, when: named },
    { from: `${from}.kind`, to: `${to}.type_id`, as: userType, when: named },
  ]
}

const metadata: readonly (Row | Made)[] = [
  { to: 'metadata.version', make: () => `"${OCSF_VERSION}"` },
  { from: 'source.name', to: 'metadata.product.name', as: text },
  { to: 'metadata.product.name', make: () => '"audit-relay"' },
  { from: 'event_id', to: 'metadata.uid', as: text },
  { from: 'event_type', to: 'metadata.event_code', as: text },
  { from: 'occurred_at', to: 'metadata.original_time', as: text },
  { from: 'tenant.id', to: 'metadata.tenant_uid', as: text },
  { from: 'context.request_id', to: 'metadata.correlation_uid', as: text },
  { from: 'source.type', to: 'metadata.log_provider', as: text },
]

const actor = user('actor', 'actor.user')
const session: Row = { from: 'target.id', to: 'session.uid', as: text, when: isSession }
const endpoint: readonly Row[] = [{ from: 'context.ip', to: 'src_endpoint.ip', as: ip }]
const request: readonly Row[] = [
  { from: 'context.user_agent', to: 'http_request.user_agent', as: text },
  { from: 'context.request_id', to: 'http_request.uid', as: text },
]
const common = [...metadata, ...actor, ...endpoint, ...request]
const service: readonly (Row | Made)[] = [
  { from: 'source.name', to: 'service.name', as: text },
  { to: 'service.name', make: () => '"audit-relay"' },
]

export const ROWS: Readonly<Record<Shape, readonly (Row | Made)[]>> = {
  logon_target: [...common, ...user('target', 'user'), ...service],
  logon_actor: [...common, ...user('actor', 'user'), ...service, session],
  account_target: [...common, ...user('target', 'user')],
  account_actor: [...common, ...user('actor', 'user')],
  group: [
    ...common,
    { from: 'target.id', to: 'group.uid', as: text },
    { from: 'target.label', to: 'group.name', as: text },
    { from: 'target.kind', to: 'group.type', as: text },
  ],
  entity: [
    ...common,
    { from: 'target.id', to: 'entity.uid', as: text },
    { from: 'target.label', to: 'entity.name', as: text },
    { from: 'target.kind', to: 'entity.type', as: text },
    { to: 'entity.type_id', make: (view) => (hasText(view, 'target.kind') ? '99' : '') },
  ],
  api: [...common, { from: 'event_type', to: 'api.operation', as: text }],
  // The base event has an actor only by the profile `host`, and no endpoint and no request at all.
  base: [...metadata, { to: 'metadata.profiles', make: (view) => (hasActor(view) ? '["host"]' : '') }, ...actor],
}

/** Whether the event has what a class requires. */
export const FITS: Readonly<Record<Shape, (view: EventView) => boolean>> = {
  logon_target: (view) => isPerson(view) && hasText(view, 'target.id', 'target.label'),
  logon_actor: hasActor,
  account_target: (view) => isPerson(view) && hasText(view, 'target.id', 'target.label'),
  account_actor: (view) => !hasText(view, 'target.id', 'target.label') && hasActor(view),
  group: (view) => isGroup(view) && hasText(view, 'target.id', 'target.label'),
  entity: (view) => hasText(view, 'target.id', 'target.label'),
  api: (view) => hasActor(view) && ip(view.json('context.ip') ?? '') !== undefined,
  base: () => true,
}

/** `status_id` and `status`. */
export const STATUS: Readonly<Record<string, string>> = {
  '"success"': '"status_id":1,"status":"Success"',
  '"failure"': '"status_id":2,"status":"Failure"',
  '"unknown"': '"status_id":0,"status":"Unknown"',
}
