// The language of body templates: text with placeholders, and nothing else. No conditions, no loops, no expressions: a template says
// where things stand, and each placeholder is a complete JSON value, so that no event can break out of its place.
import { nearest } from '../../model/nearest.ts'

/** What can stand in the template of one event. */
export const EVENT_PLACEHOLDERS = [
  'event',
  'event_json_string',
  'base64_event',
  'event_id',
  'event_type',
  'occurred_at',
  'occurred_at_s',
  'occurred_at_ms',
  'occurred_at_ns',
  'source',
  'event_key',
] as const
export type EventPlaceholder = (typeof EVENT_PLACEHOLDERS)[number]

/** What can stand in the template of the whole body. */
export const BATCH_PLACEHOLDERS = ['events', 'batch_id'] as const
export type BatchPlaceholder = (typeof BATCH_PLACEHOLDERS)[number]

/** Text as it is, and placeholders. Never two texts one after the other. */
export type Part<Name> = string | { readonly name: Name }

export interface TemplateFault {
  readonly fault: string
}

/** Texts of the operator's that a template may use: `{{value.NAME}}`, and all of them as one object, `{{values}}`. */
export type Values = Readonly<Record<string, string>>

/** The parts of a template, with the operator's values put in; or what is wrong, and where. */
export function parseTemplate<Name extends string>(
  text: string,
  names: readonly Name[],
  values: Values,
): readonly Part<Name>[] | TemplateFault {
  const parts: Part<Name>[] = []
  let literal = ''
  let at = 0
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open)
    if (close < 0) return { fault: `character ${open + 1}: {{ without }}` }
    const name = text.slice(open + 2, close).trim()
    const found = resolve(name, names, values)
    if ('fault' in found) return { fault: `character ${open + 1}: ${found.fault}` }
    literal += text.slice(at, open)
    if ('text' in found) literal += found.text
    else {
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(found)
    }
    at = close + 2
  }
  literal += text.slice(at)
  if (literal !== '') parts.push(literal)
  return parts
}

function resolve<Name extends string>(
  name: string,
  names: readonly Name[],
  values: Values,
): { readonly name: Name } | { readonly text: string } | TemplateFault {
  if (name === 'values') return { text: JSON.stringify(values) }
  if (name.startsWith('value.')) {
    const value = Object.hasOwn(values, name.slice(6)) ? values[name.slice(6)] : undefined
    return value === undefined ? { fault: `{{${shown(name)}}} has no value` } : { text: JSON.stringify(value) }
  }
  const known = names.find((candidate) => candidate === name)
  if (known !== undefined) return { name: known }
  const all = [...names, 'values']
  const guess = nearest(name, all)
  return {
    fault: `unknown placeholder {{${shown(name)}}}; ${guess ? `did you mean {{${guess}}}?` : `known are ${all.join(', ')} and value.NAME`}`,
  }
}

function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)
}

/** The names of the values that a template asks for. */
export function valuesWanted(text: string): readonly string[] {
  return [...text.matchAll(/\{\{\s*value\.([^{}\s]{1,64})\s*\}\}/g)].map(([, name]) => name as string)
}

/** Bytes of the text in a template. */
export function literalBytes(parts: readonly Part<string>[]): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : 0), 0)
}

export function countOf<Name>(parts: readonly Part<Name>[], name: Name): number {
  return parts.filter((part) => typeof part !== 'string' && part.name === name).length
}
