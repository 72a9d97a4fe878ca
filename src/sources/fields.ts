// The `fields:` block: which part of a record becomes which field of the canonical event. This file checks and compiles it;
// `mapper.ts` applies it.
import { z } from 'zod'

/** Fields that hold text, and fields that hold an object or any value; written in this order. */
export const TEXT_TARGETS = [
  'event_id',
  'event_type',
  'tenant.id',
  'tenant.slug',
  'actor.kind',
  'actor.id',
  'actor.label',
  'target.kind',
  'target.id',
  'target.label',
  'outcome',
  'context.ip',
  'context.user_agent',
  'context.request_id',
] as const
const OBJECT_TARGETS = ['tenant', 'actor', 'target', 'context', 'data'] as const
type TextTarget = (typeof TEXT_TARGETS)[number]
type Target = TextTarget | (typeof OBJECT_TARGETS)[number] | 'occurred_at'

const TIME_FORMS = ['rfc3339', 'unix_s', 'unix_ms', 'unix_us', 'unix_ns'] as const
export type TimeForm = (typeof TIME_FORMS)[number]

const PathText = z.string().superRefine((text, context) => {
  const fault = pathFault(text)
  if (fault) context.addIssue({ code: 'custom', message: fault })
})
const Scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number or true/false' })
type Scalar = z.output<typeof Scalar>
const affixes = { prefix: z.string().optional(), suffix: z.string().optional() }
const oneOf = 'expected a path such as user.name, { path: … } or { value: … }'

const TextField = z.union(
  [
    PathText,
    z.strictObject({ value: Scalar }),
    z.strictObject({
      path: PathText,
      ...affixes,
      map: z.record(z.string(), Scalar).optional(),
      else: Scalar.optional(),
    }),
  ],
  { error: oneOf },
)
const TimeField = z.union(
  [PathText, z.strictObject({ path: PathText, as: z.enum(TIME_FORMS).optional(), ...affixes })],
  {
    error: `expected a path, or { path: …, as: ${TIME_FORMS.join(' | ')} }`,
  },
)
const ObjectField = z.union([PathText, z.strictObject({ path: PathText })], {
  error: 'expected a path, or . for the whole record',
})

type FieldSchemas = Record<TextTarget, z.ZodOptional<typeof TextField>> &
  Record<(typeof OBJECT_TARGETS)[number], z.ZodOptional<typeof ObjectField>>

function optionalOf<Target extends string, Field extends z.ZodType>(targets: readonly Target[], field: Field) {
  return Object.fromEntries(targets.map((target) => [target, field.optional()])) as Record<Target, z.ZodOptional<Field>>
}

const shape: FieldSchemas = { ...optionalOf(TEXT_TARGETS, TextField), ...optionalOf(OBJECT_TARGETS, ObjectField) }

export const FieldsSchema = z
  .strictObject({ ...shape, occurred_at: TimeField.optional() })
  .superRefine((fields, context) => {
    for (const name of ['event_type', 'occurred_at'] as const)
      if (fields[name] === undefined)
        context.addIssue({ code: 'custom', path: [], message: `fields must say where ${name} comes from` })
    for (const name of OBJECT_TARGETS)
      for (const part of TEXT_TARGETS)
        if (fields[name] !== undefined && part.startsWith(`${name}.`) && fields[part] !== undefined)
          context.addIssue({ code: 'custom', path: [part], message: `${name} is already taken as a whole` })
  })
export type Fields = z.output<typeof FieldsSchema>

/** One field, ready to be applied. `path` undefined: a constant. An empty path is the whole record. */
export interface Rule {
  readonly target: Target
  readonly path: readonly Buffer[] | undefined
  /** The path as the operator wrote it, for messages. */
  readonly written: string
  readonly constant?: string
  readonly as: TimeForm
  readonly prefix: string
  readonly suffix: string
  readonly words?: ReadonlyMap<string, string>
  readonly otherwise?: string
}

/** What a checked field looks like, whatever its kind. */
interface Spec {
  readonly path?: string
  readonly value?: Scalar | undefined
  readonly as?: TimeForm | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  readonly map?: Readonly<Record<string, Scalar>> | undefined
  readonly else?: Scalar | undefined
}

/** The rules by target. `data` is the whole record unless the operator says otherwise. */
export function compileFields(fields: Fields): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>()
  for (const [target, field] of Object.entries({ data: '.', ...fields }))
    if (field !== undefined)
      rules.set(target, compile(target as Target, typeof field === 'string' ? { path: field } : field))
  return rules
}

function compile(target: Target, spec: Spec): Rule {
  return {
    target,
    path: spec.path === undefined ? undefined : parsePath(spec.path),
    written: spec.path ?? '',
    ...(spec.value === undefined ? {} : { constant: String(spec.value) }),
    as: spec.as ?? 'rfc3339',
    prefix: spec.prefix ?? '',
    suffix: spec.suffix ?? '',
    ...(spec.map ? { words: new Map(Object.entries(spec.map).map(([from, to]) => [from, String(to)])) } : {}),
    ...(spec.else === undefined ? {} : { otherwise: String(spec.else) }),
  }
}

/** `user.name` is two steps, `user\.name` one; `.` is the whole record. */
export function parsePath(text: string): Buffer[] {
  if (text === '.') return []
  const steps = text.match(/(?:\\[.\\]|[^.])+/gu) ?? []
  return steps.map((step) => Buffer.from(step.replaceAll(/\\([.\\])/gu, '$1')))
}

function pathFault(text: string): string | undefined {
  if (text === '.') return undefined
  if (text === '') return 'expected a path such as user.name'
  if (/^\.|(?<!\\)(?:\\\\)*\.(?:\.|$)/u.test(text))
    return 'a path has a name between any two dots (write a dot within a name as \\.)'
  return undefined
}
