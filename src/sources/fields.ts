// The `fields:` block of an outbox, the `event:` block of an API: which part of a record becomes which field of the canonical event.
// This file checks it; `rules.ts` compiles it and `mapper.ts` applies it.
import { z } from 'zod'
import { PathText } from './path.ts'
import { templateFault } from './field-template.ts'

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
export type Target = TextTarget | (typeof OBJECT_TARGETS)[number] | 'occurred_at'

const TIME_FORMS = ['rfc3339', 'utc', 'date', 'unix_s', 'unix_ms', 'unix_us', 'unix_ns'] as const
export type TimeForm = (typeof TIME_FORMS)[number]

const Scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number or true/false' })

const TemplateText = z.string().superRefine((text, context) => {
  const fault = templateFault(text)
  if (fault) context.addIssue({ code: 'custom', message: fault })
})

/** Where text comes from, and what is made of it; exactly one of `path`, `template`, `value` and `any` is given. */
const textForm = {
  path: PathText.optional(),
  template: TemplateText.optional(),
  value: Scalar.optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  map: z.record(z.string(), Scalar).optional(),
  present: Scalar.optional(),
  else: Scalar.optional(),
}
/** Where a time comes from; exactly one of `path`, `template` and `any`. */
const timeForm = {
  path: PathText.optional(),
  template: TemplateText.optional(),
  as: z.enum(TIME_FORMS).optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
}

const textHelp = 'expected a path such as user.name, { path: … }, { template: … }, { any: [ … ] } or { value: … }'
const timeHelp = `expected a path, or { path: …, as: ${TIME_FORMS.join(' | ')} }`

const onePathOrForm = <Form extends z.ZodType>(form: Form, error: string) =>
  z.array(z.union([PathText, form], { error })).min(1, 'expected at least one path')
const TextForm = z.strictObject(textForm).superRefine(oneOrigin)
const TimeFormObject = z.strictObject(timeForm).superRefine(oneOrigin)
const withAny = { ...textForm, any: onePathOrForm(TextForm, textHelp).optional() }
const TextField = z.union([PathText, z.strictObject(withAny).superRefine(oneOrigin)], { error: textHelp })
const IdField = z.union(
  [PathText, z.strictObject({ ...withAny, derived: z.literal(true).optional() }).superRefine(oneOrigin)],
  { error: textHelp },
)
const TimeField = z.union(
  [
    PathText,
    z.strictObject({ ...timeForm, any: onePathOrForm(TimeFormObject, timeHelp).optional() }).superRefine(oneOrigin),
  ],
  { error: timeHelp },
)
const ObjectField = z.union(
  [PathText, z.strictObject({ path: PathText, without: z.array(PathText).min(1).optional() })],
  { error: 'expected a path, . for the whole record, or { path: …, without: [ … ] }' },
)

/** A form that was checked, whichever it is. */
export interface FieldForm {
  readonly path?: string | undefined
  readonly template?: string | undefined
  readonly value?: z.output<typeof Scalar> | undefined
  readonly any?: readonly (string | FieldForm)[] | undefined
  readonly derived?: true | undefined
  readonly as?: TimeForm | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  readonly map?: Readonly<Record<string, z.output<typeof Scalar>>> | undefined
  readonly present?: z.output<typeof Scalar> | undefined
  readonly else?: z.output<typeof Scalar> | undefined
  readonly without?: readonly string[] | undefined
}

const origins = ['path', 'template', 'value', 'any', 'derived'] as const
const remakers = ['as', 'prefix', 'suffix', 'map', 'present', 'else'] as const

function oneOrigin(form: object, context: z.RefinementCtx): void {
  const given = origins.filter((name) => (form as FieldForm)[name] !== undefined)
  const issue = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', path, message })
  if (given.length === 0) issue('it must say where the value comes from: a path, or a template')
  else if (given.length > 1) issue(`${given.join(' and ')} exclude each other`)
  if (given[0] !== 'value' && given[0] !== 'derived') return
  const idle = remakers.find((name) => (form as FieldForm)[name] !== undefined)
  if (idle) issue(`${idle} does nothing beside ${given[0]}`, [idle])
}

type Schemas<Targets extends string, Field extends z.ZodType> = Record<Targets, z.ZodOptional<Field>>

function optionalOf<Targets extends string, Field extends z.ZodType>(targets: readonly Targets[], field: Field) {
  return Object.fromEntries(targets.map((target) => [target, field.optional()])) as Schemas<Targets, Field>
}

export const FieldsSchema = z
  .strictObject({
    ...optionalOf(TEXT_TARGETS, TextField),
    ...optionalOf(OBJECT_TARGETS, ObjectField),
    event_id: IdField.optional(),
    occurred_at: TimeField.optional(),
  })
  .superRefine((fields, context) => {
    for (const name of ['event_type', 'occurred_at'] as const)
      if (fields[name] === undefined)
        context.addIssue({ code: 'custom', path: [], message: `it must say where ${name} comes from` })
    for (const name of OBJECT_TARGETS)
      for (const part of TEXT_TARGETS)
        if (fields[name] !== undefined && part.startsWith(`${name}.`) && fields[part] !== undefined)
          context.addIssue({ code: 'custom', path: [part], message: `${name} is already taken as a whole` })
  })

/** A checked block. */
export type Fields = Readonly<Partial<Record<Target, string | FieldForm | undefined>>>
