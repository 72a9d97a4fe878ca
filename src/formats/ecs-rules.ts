// ECS: which category and types an event has by its type, and where the fields of the canonical event lie, as tables (Elastic Common
// Schema 8.11, all of it unchanged in 9.x: fields event, user, source, organization, http, user_agent, related, labels).
import { emailAddress, ip, PERSONS, says, SESSIONS, text } from './convert.ts'
import { wordPattern } from './event-type.ts'
import type { Made, Row } from './mapping.ts'
import type { EventView, Path } from './view.ts'

export const ECS_VERSION = '8.11.0'

export interface EcsRule {
  readonly words: RegExp
  /** `null`: no category says it. */
  readonly category: string | null
  readonly types: readonly string[]
}

function rule(category: string | null, types: string, words: string): EcsRule {
  return { category, types: types.split(' '), words: words === '' ? /^/ : wordPattern(words) }
}

/** Only pairs that the schema allows. From top to bottom, words as in the type of the event; '' is every type. */
export const ECS_RULES: readonly EcsRule[] = [
  rule('authentication', 'start', 'signed.in | sign.in | signin | logged.in | log.in | login | logon | authenticated'),
  rule('authentication', 'end', 'signed.out | sign.out | signout | logged.out | log.out | logout | logoff'),
  rule('session', 'start', 'session.started | session.created | session.opened'),
  rule('session', 'end', 'session.ended | session.revoked | session.terminated | session.expired | session.closed'),
  rule('iam', 'user creation', 'user.created | account.created | user.registered | user.provisioned | user.invited'),
  rule('iam', 'user deletion', 'user.deleted | account.deleted | user.removed | account.removed | user.deprovisioned'),
  rule('iam', 'group creation', 'group.created | team.created'),
  rule('iam', 'group deletion', 'group.deleted | team.deleted'),
  rule('iam', 'group change', 'group | team'),
  rule('iam', 'admin change', 'role | permission | privilege | grant'),
  rule('iam', 'user change', 'user | account | member | password | mfa | passkey'),
  rule('authentication', 'info', 'auth | authentication'),
  rule('configuration', 'creation', 'key.created | token.created | setting.created | policy.created | config.created'),
  rule('configuration', 'deletion', 'key.deleted | token.deleted | key.revoked | token.revoked | policy.deleted'),
  rule('configuration', 'change', 'key | token | setting | settings | policy | config | configuration'),
  rule(null, 'creation', 'created | create | added | issued'),
  rule(null, 'deletion', 'deleted | delete | removed | purged'),
  rule(null, 'change', 'updated | update | changed | modified | edited | moved | renamed'),
  rule(null, 'access', 'read | viewed | accessed | opened | exported | downloaded | listed | searched'),
  rule(null, 'info', ''),
]

export const ECS_OUTCOMES: ReadonlySet<string> = new Set(['"success"', '"failure"', '"unknown"'])

const isPerson = (view: EventView): boolean => says(view, 'target.kind', PERSONS)
const isSession = (view: EventView): boolean => says(view, 'target.kind', SESSIONS)
const isThing = (view: EventView): boolean => !isPerson(view) && !isSession(view)

function list(view: EventView, paths: readonly Path[]): string {
  const found = paths.flatMap((path) => text(view.json(path) ?? '') ?? [])
  return found.length === 0 ? '' : `[${[...new Set(found)].join(',')}]`
}

export const ECS_ROWS: readonly (Row | Made)[] = [
  { from: 'event_id', to: 'event.id', as: text },
  { from: 'event_type', to: 'event.action', as: text },
  { from: 'source.name', to: 'event.provider', as: text },
  { from: 'source.type', to: 'event.module', as: text },
  { from: 'actor.id', to: 'user.id', as: text },
  { from: 'actor.label', to: 'user.name', as: text },
  { from: 'actor.label', to: 'user.email', as: emailAddress },
  { from: 'target.id', to: 'user.target.id', as: text, when: isPerson },
  { from: 'target.label', to: 'user.target.name', as: text, when: isPerson },
  { from: 'target.label', to: 'user.target.email', as: emailAddress, when: isPerson },
  { from: 'context.ip', to: 'source.ip', as: ip },
  { from: 'context.user_agent', to: 'user_agent.original', as: text },
  { from: 'context.request_id', to: 'http.request.id', as: text },
  { from: 'tenant.id', to: 'organization.id', as: text },
  { from: 'tenant.slug', to: 'organization.name', as: text },
  { to: 'related.ip', make: (view) => (ip(view.json('context.ip') ?? '') ? `[${view.json('context.ip')}]` : '') },
  {
    to: 'related.user',
    make: (view) =>
      list(view, ['actor.id', 'actor.label', ...(isPerson(view) ? (['target.id', 'target.label'] as const) : [])]),
  },
  { from: 'actor.kind', to: 'labels.actor_kind', as: text },
  { from: 'target.kind', to: 'labels.target_kind', as: text },
  { from: 'target.id', to: 'labels.session_id', as: text, when: isSession },
  { from: 'target.id', to: 'labels.target_id', as: text, when: isThing },
  { from: 'target.label', to: 'labels.target_label', as: text, when: (view) => !isPerson(view) },
]
