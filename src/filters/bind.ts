// An event as an expression sees it. Only the fields that the expression names are parsed. Objects become Maps: on a plain
// object the engine would look at `constructor`, and a sender who writes such a key could hide the event.
import { OBJECT_FIELDS, type ObjectField } from '../model/event.ts'
import type { FilterablePage } from './filter.ts'

/** Canonical keys that read as "" when an event does not have them (or has null). Any other key can be missing. */
export const CANONICAL_KEYS: Readonly<Record<ObjectField, readonly string[]>> = {
  tenant: ['id', 'slug'],
  actor: ['kind', 'id', 'label'],
  target: ['kind', 'id', 'label'],
  context: ['ip', 'user_agent', 'request_id'],
  source: ['name', 'type'],
  data: [],
}

/** The names that an expression may use, with their types in the expression language. */
export const ROOTS: Readonly<Record<string, string>> = {
  event_id: 'string',
  event_type: 'string',
  occurred_at: 'google.protobuf.Timestamp',
  outcome: 'string',
  ...Object.fromEntries(OBJECT_FIELDS.map((field) => [field, 'map<string, dyn>'])),
}

type Bindings = Record<string, unknown>

/** Gives the values of `roots` for an event; the same object is handed out each time. */
export function binder(roots: ReadonlySet<string>): (page: FilterablePage, index: number) => Bindings {
  const bindings: Bindings = Object.create(null) as Bindings
  const objects = OBJECT_FIELDS.filter((field) => roots.has(field))
  const needs = {
    type: roots.has('event_type'),
    outcome: roots.has('outcome'),
    time: roots.has('occurred_at'),
    id: roots.has('event_id'),
  }
  return (page, index) => {
    if (needs.type) bindings['event_type'] = page.types[index]
    if (needs.outcome) bindings['outcome'] = page.outcome(index)
    if (needs.time) bindings['occurred_at'] = new Date(page.occurredAtMs(index))
    if (needs.id) bindings['event_id'] = (JSON.parse(page.json(index)) as Record<string, unknown>)['event_id']
    for (const field of objects) bindings[field] = objectValue(field, page.field(index, field))
    return bindings
  }
}

function objectValue(field: ObjectField, text: string | undefined): Map<string, unknown> {
  const value = text === undefined ? null : celValue(text)
  const map = value instanceof Map ? (value as Map<string, unknown>) : new Map<string, unknown>()
  for (const key of CANONICAL_KEYS[field]) if ((map.get(key) ?? null) === null) map.set(key, '')
  return map
}

/** JSON as the expression language has it: Maps, arrays, doubles; integers that a double cannot carry become 64-bit ones. */
function celValue(text: string): unknown {
  const plain: unknown = JSON.parse(text)
  const seen = { inexact: false }
  const value = mapped(plain, seen)
  return seen.inexact ? mapped(JSON.parse(text, exactly), { inexact: false }) : value
}

function mapped(value: unknown, seen: { inexact: boolean }): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value)) seen.inexact = true
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mapped(item, seen))
  const map = new Map<string, unknown>()
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) map.set(key, mapped(object[key], seen))
  return map
}

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined || !/^-?\d{1,20}$/.test(source))
    return value
  const integer = BigInt(source)
  return integer >= minInt64 && integer <= maxInt64 ? integer : value
}
