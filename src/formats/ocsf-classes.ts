// Which OCSF class and activity an event is, as a table (schema.ocsf.io, version 1.8.0: events/iam, events/application, base_event).
// The first rule wins whose words are in the event's type and whose class can be filled: a class without its required attributes
// would be refused by whoever checks them.
import { wordPattern } from './event-type.ts'

/** Classes, and for two of them who the user of it is. */
export type Shape =
  'logon_target' | 'logon_actor' | 'account_target' | 'account_actor' | 'group' | 'entity' | 'api' | 'base'

interface ClassInfo {
  readonly category: number
  readonly uid: number
  readonly name: string
  readonly activities: Readonly<Record<number, string>>
}

const ACCOUNT: ClassInfo = {
  category: 3,
  uid: 3001,
  name: 'Account Change',
  activities: {
    1: 'Create',
    2: 'Enable',
    3: 'Password Change',
    4: 'Password Reset',
    5: 'Disable',
    6: 'Delete',
    7: 'Attach Policy',
    8: 'Detach Policy',
    9: 'Lock',
    10: 'MFA Factor Enable',
    11: 'MFA Factor Disable',
    12: 'Unlock',
  },
}
const LOGON: ClassInfo = { category: 3, uid: 3002, name: 'Authentication', activities: { 1: 'Logon', 2: 'Logoff' } }

export const CLASSES: Readonly<Record<Shape, ClassInfo>> = {
  logon_target: LOGON,
  logon_actor: LOGON,
  account_target: ACCOUNT,
  account_actor: ACCOUNT,
  group: {
    category: 3,
    uid: 3006,
    name: 'Group Management',
    activities: {
      1: 'Assign Privileges',
      2: 'Revoke Privileges',
      3: 'Add User',
      4: 'Remove User',
      5: 'Delete',
      6: 'Create',
    },
  },
  entity: {
    category: 3,
    uid: 3004,
    name: 'Entity Management',
    activities: {
      1: 'Create',
      2: 'Read',
      3: 'Update',
      4: 'Delete',
      5: 'Move',
      6: 'Enroll',
      7: 'Unenroll',
      8: 'Enable',
      9: 'Disable',
      10: 'Activate',
      11: 'Deactivate',
      12: 'Suspend',
      13: 'Resume',
    },
  },
  api: {
    category: 6,
    uid: 6003,
    name: 'API Activity',
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  },
  base: { category: 0, uid: 0, name: 'Base Event', activities: {} },
}

/** Any activity that the class has no number for. */
export const OTHER_ACTIVITY = 99

export interface ClassRule {
  readonly shapes: readonly Shape[]
  readonly activity: number
  readonly words: RegExp
}

const logon = ['logon_target', 'logon_actor'] as const
const account = ['account_target', 'account_actor'] as const

function rule(shapes: readonly Shape[], activity: number, words: string): ClassRule {
  return { shapes, activity, words: words === '' ? /^/ : wordPattern(words) }
}

/** Words of the event's type, runs parted by `|`. From top to bottom; '' is every type. */
export const RULES: readonly ClassRule[] = [
  rule(
    account,
    10,
    'mfa.enabled | mfa.added | mfa.enrolled | mfa.registered | totp.added | factor.added | passkey.added',
  ),
  rule(account, 11, 'mfa.disabled | mfa.removed | mfa.reset | totp.removed | factor.removed | passkey.removed'),
  rule(account, 4, 'password.reset | reset.password'),
  rule(account, 3, 'password.changed | password.updated | password.set | change.password'),
  rule(logon, 1, 'signed.in | sign.in | signin | logged.in | log.in | login | logon | authenticated'),
  rule(logon, 2, 'signed.out | sign.out | signout | logged.out | log.out | logout | logoff | session.ended'),
  rule(logon, 2, 'session.revoked | session.terminated | session.expired'),
  rule(['group'], 3, 'member.added | user.added | add.member'),
  rule(['group'], 4, 'member.removed | user.removed | remove.member'),
  rule(['group'], 6, 'created | create | added'),
  rule(['group'], 5, 'deleted | delete | removed'),
  rule(['group'], OTHER_ACTIVITY, ''),
  rule(['account_target'], 12, 'unlocked | unlock'),
  rule(['account_target'], 9, 'locked | lock'),
  rule(['account_target'], 1, 'created | create | registered | provisioned | invited'),
  rule(['account_target'], 2, 'enabled | enable | activated | reactivated | unsuspended'),
  rule(['account_target'], 5, 'disabled | disable | deactivated | suspended'),
  rule(['account_target'], 6, 'deleted | delete | removed | deprovisioned'),
  rule(['account_target'], 7, 'policy.attached | policy.assigned'),
  rule(['account_target'], 8, 'policy.detached | policy.unassigned'),
  rule(['account_target'], OTHER_ACTIVITY, 'user | account | member | role | profile | password'),
  rule(['api'], OTHER_ACTIVITY, 'api.called | api.call | api.request | api.requested'),
  rule(['entity'], 1, 'created | create | added | registered | issued | generated'),
  rule(['entity'], 4, 'deleted | delete | removed | revoked | purged'),
  rule(['entity'], 3, 'updated | update | changed | modified | edited | rotated | set'),
  rule(['entity'], 5, 'moved | renamed'),
  rule(['entity'], 8, 'enabled | enable'),
  rule(['entity'], 9, 'disabled | disable'),
  rule(['entity'], 10, 'activated'),
  rule(['entity'], 11, 'deactivated'),
  rule(['entity'], 12, 'suspended'),
  rule(['entity'], 13, 'resumed'),
  rule(['entity'], 6, 'enrolled'),
  rule(['entity'], 7, 'unenrolled'),
  rule(['entity'], 2, 'read | viewed | accessed | opened | exported | downloaded | listed | searched'),
  rule(['entity'], OTHER_ACTIVITY, ''),
  rule(['base'], OTHER_ACTIVITY, ''),
]

/** `severity_id` by the words of the type; a failure is never less than Medium. */
export const SEVERITIES: readonly { readonly id: number; readonly words: RegExp }[] = [
  { id: 3, words: wordPattern('security') },
  { id: 2, words: wordPattern('deleted | disabled | removed | revoked | role | permission | privilege') },
]
export const SEVERITY_NAMES: Readonly<Record<number, string>> = { 1: 'Informational', 2: 'Low', 3: 'Medium' }
