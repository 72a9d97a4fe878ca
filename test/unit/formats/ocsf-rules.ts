// A reader of OCSF 1.8.0 that refuses what a validator of the published schema refuses: attributes that a class or an object does not
// have, required ones that are missing, constraints, types, numbers that no enumeration has. Written from the schema's own files
// (github.com/ocsf/ocsf-schema: events/base_event, events/iam, events/application, objects), not from what we write.
import { isIP } from 'node:net'

type Check = (value: unknown, at: string) => readonly string[]
interface ObjectRule {
  readonly attributes: Readonly<Record<string, Check>>
  readonly required?: readonly string[]
  readonly atLeastOne?: readonly string[]
}

const typed =
  (name: string, holds: (value: unknown) => boolean): Check =>
  (value, at) =>
    holds(value) ? [] : [`${at}: no ${name}`]
const string = typed('string', (value) => typeof value === 'string')
const long = typed('integer', Number.isSafeInteger)
const ip = typed('IP address', (value) => typeof value === 'string' && isIP(value) !== 0)
const email = typed(
  'e-mail address',
  (value) => typeof value === 'string' && /^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$/.test(value),
)
const anything = typed('object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
const strings = typed(
  'list of strings',
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
)
const oneOf = (...known: readonly unknown[]): Check =>
  typed(`one of ${known.join(', ')}`, (value) => known.includes(value))

function object({ attributes, required = [], atLeastOne = [] }: ObjectRule): Check {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`]
    const entries = Object.entries(value)
    const unknown = entries.filter(([key]) => !Object.hasOwn(attributes, key)).map(([key]) => `${at}.${key}: unknown`)
    const missing = required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${at}.${key}: missing`)
    const none = atLeastOne.length > 0 && !atLeastOne.some((key) => Object.hasOwn(value, key))
    const inner = entries.flatMap(([key, one]) => attributes[key]?.(one, `${at}.${key}`) ?? [])
    return [...unknown, ...missing, ...(none ? [`${at}: needs one of ${atLeastOne.join(', ')}`] : []), ...inner]
  }
}

const entity = { name: string, uid: string }
const user = object({
  attributes: {
    ...entity,
    email_addr: email,
    full_name: string,
    type: string,
    type_id: oneOf(0, 1, 2, 3, 4, 99),
    account: anything,
  },
  atLeastOne: ['account', 'name', 'uid'],
})
const session = object({
  attributes: { uid: string, created_time: long, is_mfa: typed('boolean', (value) => typeof value === 'boolean') },
})
const actor = object({
  attributes: { user, session, app_name: string, app_uid: string, process: anything, invoked_by: string },
  atLeastOne: ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid'],
})
const endpoint = object({
  attributes: { ...entity, ip, hostname: string, port: long, svc_name: string, domain: string },
  atLeastOne: [
    'ip',
    'uid',
    'name',
    'hostname',
    'svc_name',
    'instance_uid',
    'interface_uid',
    'interface_name',
    'domain',
  ],
})
const request = object({ attributes: { uid: string, user_agent: string, http_method: string, url: anything } })
const product = object({ attributes: { ...entity, vendor_name: string, version: string }, atLeastOne: ['name', 'uid'] })
const metadata = object({
  attributes: {
    version: oneOf('1.8.0'),
    product,
    uid: string,
    event_code: string,
    original_time: string,
    original_event_uid: string,
    tenant_uid: string,
    correlation_uid: string,
    log_provider: string,
    log_name: string,
    logged_time: long,
    profiles: strings,
  },
  required: ['version', 'product'],
})

const base = {
  activity_id: long,
  activity_name: string,
  category_uid: long,
  class_uid: long,
  class_name: string,
  type_uid: long,
  time: long,
  severity_id: oneOf(0, 1, 2, 3, 4, 5, 6, 99),
  severity: string,
  status_id: oneOf(0, 1, 2, 99),
  status: string,
  message: string,
  metadata,
  raw_data: string,
  unmapped: anything,
}
const always = ['activity_id', 'category_uid', 'class_uid', 'type_uid', 'time', 'severity_id', 'metadata']
const iam = { ...base, actor, http_request: request, src_endpoint: endpoint }

interface ClassRule extends ObjectRule {
  readonly category: number
  readonly activities: readonly number[]
}

function range(last: number): readonly number[] {
  return [0, ...Array.from({ length: last }, (_, index) => index + 1), 99]
}

const CLASSES: Readonly<Record<number, ClassRule>> = {
  0: { category: 0, activities: [0, 99], attributes: base, required: always },
  3001: { category: 3, activities: range(12), attributes: { ...iam, user }, required: [...always, 'user'] },
  3002: {
    category: 3,
    activities: range(7),
    attributes: {
      ...iam,
      user,
      session,
      service: object({ attributes: entity, atLeastOne: ['name', 'uid'] }),
      dst_endpoint: endpoint,
    },
    required: [...always, 'user'],
    atLeastOne: ['service', 'dst_endpoint'],
  },
  3004: {
    category: 3,
    activities: range(13),
    attributes: {
      ...iam,
      entity: object({
        attributes: { ...entity, type: string, type_id: oneOf(0, 1, 2, 3, 4, 5, 6, 7, 99), data: anything },
        atLeastOne: ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'],
      }),
      comment: string,
    },
    required: [...always, 'entity'],
  },
  3006: {
    category: 3,
    activities: range(8),
    attributes: {
      ...iam,
      user,
      group: object({ attributes: { ...entity, type: string, desc: string }, atLeastOne: ['name', 'uid'] }),
    },
    required: [...always, 'group'],
  },
  6003: {
    category: 6,
    activities: range(4),
    attributes: { ...iam, api: object({ attributes: { operation: string }, required: ['operation'] }) },
    required: [...always, 'actor', 'api', 'src_endpoint'],
  },
}

/** Why this is no event of OCSF 1.8.0; empty when it is one. */
export function ocsfFaults(event: Readonly<Record<string, unknown>>): readonly string[] {
  const rule = CLASSES[event['class_uid'] as number]
  if (!rule) return [`class_uid ${String(event['class_uid'])}: unknown`]
  const [activity, uid] = [event['activity_id'] as number, event['class_uid'] as number]
  const { profiles } = event['metadata'] as { profiles?: readonly string[] }
  const profiled = profiles?.includes('host') ? { actor, device: anything } : {}
  return [
    ...object({ ...rule, attributes: { ...rule.attributes, ...profiled } })(event, 'event'),
    ...(rule.category === event['category_uid'] ? [] : ['category_uid: another category']),
    ...(rule.activities.includes(activity) ? [] : [`activity_id ${activity}: unknown`]),
    ...(event['type_uid'] === uid * 100 + activity ? [] : ['type_uid: not class_uid * 100 + activity_id']),
  ]
}
