// The `fields:` block compiled: one rule for each field, ready to be applied to many records.
import { type FieldForm, type Fields, type Target, type TimeForm } from './fields.ts'
import { parseTemplate, type TemplatePart } from './field-template.ts'
import { parsePath, type Path } from './path.ts'
import { Without } from './without.ts'

/** Where a rule takes its value from. */
type Origin =
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'template'; readonly parts: readonly TemplatePart[] }
  /** The first that has a value. */
  | { readonly kind: 'any'; readonly rules: readonly Rule[] }

/** One field, ready to be applied. */
export interface Rule {
  readonly target: Target
  readonly origin: Origin
  /** The path as the operator wrote it, for messages. */
  readonly written: string
  readonly as: TimeForm
  readonly prefix: string
  readonly suffix: string
  readonly words?: ReadonlyMap<string, string>
  /** What is said instead of any value that is there. */
  readonly present?: string
  readonly otherwise?: string
  /** What is left out of an object. */
  readonly without?: Without
}

/** The rules by target; none for an id that is derived. `data` is the whole record unless the operator says otherwise. */
export function compileFields(fields: Fields): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>()
  for (const [target, field] of Object.entries({ data: '.', ...fields }) as [Target, Fields[Target]][]) {
    if (field === undefined) continue
    const form = formOf(field)
    if (!form.derived) rules.set(target, compile(target, form))
  }
  return rules
}

function formOf(field: string | FieldForm): FieldForm {
  return typeof field === 'string' ? { path: field } : field
}

function compile(target: Target, form: FieldForm): Rule {
  const { origin, written } = originOf(target, form)
  return {
    target,
    origin,
    written,
    as: form.as ?? 'rfc3339',
    prefix: form.prefix ?? '',
    suffix: form.suffix ?? '',
    ...(form.map ? { words: new Map(Object.entries(form.map).map(([from, to]) => [from, String(to)])) } : {}),
    ...(form.present === undefined ? {} : { present: String(form.present) }),
    ...(form.else === undefined ? {} : { otherwise: String(form.else) }),
    ...(form.without ? { without: new Without(form.without) } : {}),
  }
}

function originOf(target: Target, form: FieldForm): { origin: Origin; written: string } {
  const { path, template, value, any, as } = form
  if (path !== undefined) return { origin: { kind: 'path', path: parsePath(path) }, written: `at "${path}"` }
  if (template !== undefined)
    return { origin: { kind: 'template', parts: parseTemplate(template) }, written: `for every part of "${template}"` }
  if (!any) return { origin: { kind: 'constant', text: String(value) }, written: '' }
  const rules = any.map((one) => compile(target, { ...(as === undefined ? {} : { as }), ...formOf(one) }))
  return { origin: { kind: 'any', rules }, written: rules.map((rule) => rule.written).join(', or ') }
}
