// The language of request templates: text with {{placeholders}}, and nothing else. No conditions, no loops, no expressions: a template
// says where things stand, and what is put there is encoded for its place.
import { nearest } from '../../model/nearest.ts'
import { type Path, parsePath } from '../path.ts'
import type { Scalar } from './schema-words.ts'
import { TIME_FORMS, type TimeForm } from './time-forms.ts'

/** One placeholder: which value, and for some which part or form of it. */
export type Placeholder =
  | { readonly of: 'from' | 'to'; readonly form: TimeForm | undefined }
  | { readonly of: 'cursor' | 'page' | 'offset' | 'size' | 'part' }
  | { readonly of: 'item'; readonly path: Path }
  | { readonly of: 'step'; readonly name: string; readonly place: string }

type Part = string | Placeholder
export type Template = readonly Part[]

/** What may stand in a template, where it stands. */
export interface Scope {
  readonly names: readonly SimpleName[]
  /** Another name for `part`. */
  readonly partName?: string | undefined
  readonly item?: boolean
  /** Steps that have run before. */
  readonly steps?: readonly string[]
}
export type SimpleName = 'from' | 'to' | 'cursor' | 'page' | 'offset' | 'size' | 'part'

export interface TemplateFault {
  readonly fault: string
}

/** Gives the value of a placeholder; undefined when there is none. */
export type Lookup = (placeholder: Placeholder) => Scalar | undefined

export function parseTemplate(text: string, scope: Scope): Template | TemplateFault {
  const parts: Part[] = []
  let at = 0
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open)
    if (close < 0) return { fault: `character ${open + 1}: {{ without }}` }
    const found = placeholderOf(text.slice(open + 2, close).trim(), scope)
    if ('fault' in found) return { fault: `character ${open + 1}: ${found.fault}` }
    if (open > at) parts.push(text.slice(at, open))
    parts.push(found)
    at = close + 2
  }
  if (at < text.length || parts.length === 0) parts.push(text.slice(at))
  return parts
}

function placeholderOf(name: string, scope: Scope): Placeholder | TemplateFault {
  const [head = '', ...rest] = name.split('.')
  const tail = rest.join('.')
  if (head === 'steps' && scope.steps) return stepOf(rest, scope.steps)
  if (head === 'item' && scope.item && tail !== '') return { of: 'item', path: parsePath(tail) }
  const of = head === scope.partName ? 'part' : scope.names.find((known) => known === head)
  if (of === undefined) return unknown(name, scope)
  if (of !== 'from' && of !== 'to') return tail === '' ? { of } : unknown(name, scope)
  const form = TIME_FORMS.find((known) => known === tail)
  if (tail !== '' && !form) return { fault: `unknown form of time "${shown(tail)}"; ${guess(tail, TIME_FORMS)}` }
  return { of, form }
}

function stepOf([name = '', ...place]: readonly string[], steps: readonly string[]): Placeholder | TemplateFault {
  if (!steps.includes(name)) return { fault: `no step "${shown(name)}" has run before; ${guess(name, steps)}` }
  const [where = ''] = place
  if ((where !== 'body' && where !== 'header') || place.length < 2)
    return { fault: `expected a place such as {{steps.${shown(name)}.body.id}}` }
  return { of: 'step', name, place: place.join('.') }
}

function unknown(name: string, scope: Scope): TemplateFault {
  const known = [
    ...scope.names,
    ...(scope.partName === undefined ? [] : [scope.partName]),
    ...(scope.item ? ['item.PATH'] : []),
    ...(scope.steps ?? []).map((step) => `steps.${step}.body.PATH`),
  ]
  return { fault: `unknown placeholder {{${shown(name)}}}; ${guess(name, known)}` }
}

function guess(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `did you mean "${near}"?`
  return known.length === 0 ? 'none can stand here' : `known are ${known.join(', ')}`
}

function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, '?').slice(0, 40)
}

/** The value of a template: of a single placeholder as it is, otherwise text. Undefined when a placeholder has no value. */
export function fill(template: Template, lookup: Lookup): Scalar | undefined {
  const [only] = template
  if (template.length === 1 && only !== undefined) return typeof only === 'string' ? only : lookup(only)
  return fillText(template, lookup, String)
}

/** The text of a template with each value encoded. Undefined when a placeholder has no value. */
export function fillText(template: Template, lookup: Lookup, encode: (value: Scalar) => string): string | undefined {
  let text = ''
  for (const part of template) {
    const value = typeof part === 'string' ? part : lookup(part)
    if (value === undefined) return undefined
    text += typeof part === 'string' ? part : encode(value)
  }
  return text
}

export function placeholdersOf(template: Template): readonly Placeholder[] {
  return template.filter((part) => typeof part !== 'string')
}
