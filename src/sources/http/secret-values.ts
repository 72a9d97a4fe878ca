// What a definition holds that nobody may see, besides credentials: values whose names say so, in every request of it.
import { isTree } from './merge.ts'
import type { Definition } from './schema.ts'

const secretName = /secret|token|passw|api_?key|credential|authorization|cookie|signature|^key$|^pat$/iu

export function secretsOf(definition: Definition, params: Readonly<Record<string, unknown>>): readonly string[] {
  const { request, page, steps = [], items, fan_out: fanOut, errors = [], backfill } = definition
  const over = fanOut?.over
  const requests = [
    request,
    page?.request,
    ...steps.map((step) => step.request),
    items?.request,
    items?.page?.request,
    ...(over && 'request' in over ? [over.request] : []),
    ...errors.map(({ send }) => send),
    backfill?.request,
    backfill?.page?.request,
  ]
  const places = requests.flatMap((asked) => (asked ? [asked.query, asked.headers, asked.body, asked.form] : []))
  return [...new Set([params, ...places].flatMap((place) => valuesIn(place)))]
}

function valuesIn(tree: unknown): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap(valuesIn)
  if (!isTree(tree)) return []
  return Object.entries(tree).flatMap(([name, value]) => [
    ...valuesIn(value),
    ...(secretName.test(name.replaceAll('-', '_')) ? [value].flat().flatMap(textOf) : []),
  ])
}

/** What is filled in is no secret of the definition. */
function textOf(value: unknown): readonly string[] {
  return (typeof value === 'string' && !value.includes('{{')) || typeof value === 'number' ? [String(value)] : []
}
