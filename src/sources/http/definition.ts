// A file's words laid over those of its preset, with the values of `params` put in, and held against the schema of a whole definition.
// Faults are told where the operator can mend them.
import type { z } from 'zod'
import { nearest } from '../../model/nearest.ts'
import { isTree, mapTexts, over, type Tree } from './merge.ts'
import { type Preset, readPreset } from './preset.ts'
import type { PresetName } from './presets/names.ts'
import { type Definition, definitionSchema, definitionShape } from './schema.ts'
import type { Scalar } from './schema-words.ts'

/** Tells one fault, at a path of the whole definition. */
export type Tell = (path: readonly string[], message: string) => void

export interface Whole {
  readonly definition: Definition
  readonly preset: Preset | undefined
  readonly params: Readonly<Record<string, Scalar>>
  readonly tell: Tell
}

interface Written {
  readonly preset?: PresetName
  readonly params?: Readonly<Record<string, Scalar | null>> | null
}

type Context = z.RefinementCtx<unknown>

/** The whole definition of what an operator wrote; undefined after its faults were told. */
export function wholeDefinition(written: Written & Tree, context: Context): Whole | undefined {
  const before = context.issues.length
  const preset = written.preset && readPreset(written.preset)
  const params = paramsFor(written.params ?? {}, preset, context)
  const own = Object.fromEntries(
    Object.keys(definitionShape)
      .filter((key) => key in written)
      .map((key) => [key, written[key]]),
  )
  const raw = withEventsWhole(preset?.definition ?? {}, own)
  const place = placer(written, raw, preset)
  const tell: Tell = (path, message) => context.addIssue({ code: 'custom', ...place(path, message) })
  const filled = withParams(raw, params, (path, name) => {
    if (preset?.params[name] === undefined) tell(path, unknownParam(name, Object.keys(params)))
  })
  if (context.issues.length > before) return undefined
  const checked = definitionSchema.safeParse(filled)
  if (!checked.success) {
    for (const issue of checked.error.issues) retell(issue, place, context)
    return undefined
  }
  return { definition: checked.data, preset, params, tell }
}

/** The values for {{params.NAME}}: what a preset declares, or what the file itself names. */
function paramsFor(
  written: Readonly<Record<string, Scalar | null>>,
  preset: Preset | undefined,
  context: Context,
): Readonly<Record<string, Scalar>> {
  const given = Object.fromEntries(
    Object.entries(written).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
  if (!preset) return given
  const declared = Object.keys(preset.params)
  for (const name of Object.keys(given)) {
    if (declared.includes(name)) continue
    const guess = nearest(name, declared)
    const known = guess === undefined ? `its params: ${declared.join(', ') || 'none'}` : `did you mean "${guess}"?`
    context.addIssue({
      code: 'custom',
      path: ['params', name],
      message: `the preset ${preset.name} has no such param; ${known}`,
    })
  }
  const values = Object.entries(preset.params).flatMap(([name, { describe, default: usual }]) => {
    const value = Object.hasOwn(given, name) ? given[name] : usual
    if (value !== undefined) return [[name, value] as const]
    context.addIssue({
      code: 'custom',
      path: ['params', name],
      message: `expected ${describe}`,
    })
    return []
  })
  return Object.fromEntries(values)
}

/** Each field of an event is one thing: its members are not merged with those of a preset. */
function withEventsWhole(below: Tree, above: Tree): Tree {
  const merged = over(below, above)
  const [under, given] = [below['event'], above['event']]
  if (!isTree(under) || !isTree(given)) return merged
  const kept = Object.entries({ ...under, ...given }).filter(([, field]) => field !== null)
  return { ...merged, event: Object.fromEntries(kept) }
}

const param = /\{\{\s*params\.([A-Za-z0-9_]{1,64})\s*\}\}/gu

function withParams(
  raw: Tree,
  params: Readonly<Record<string, Scalar>>,
  unknown: (path: readonly string[], name: string) => void,
): Tree {
  const valueOf = (name: string, path: readonly string[]): Scalar | undefined => {
    if (Object.hasOwn(params, name)) return params[name]
    unknown(path, name)
    return undefined
  }
  return mapTexts(raw, (text, path) => {
    const [only] = text.matchAll(param)
    if (only?.[0] === text) return valueOf(only[1] as string, path) ?? text
    return text.replaceAll(param, (all, name: string) => {
      const value = valueOf(name, path)
      return value === undefined ? all : String(value)
    })
  }) as Tree
}

function unknownParam(name: string, known: readonly string[]): string {
  const guess = nearest(name, known)
  const what = guess === undefined ? 'give it a value under params' : `did you mean {{params.${guess}}}?`
  return `{{params.${name}}} has no value; ${what}`
}

type Place = (path: readonly string[], message: string) => { path: string[]; message: string }

/** Where to tell a fault: where it was written; or at the param whose value made it; or at the key, with the preset's name. */
function placer(written: Tree, raw: Tree, preset: Preset | undefined): Place {
  return (path, message) => {
    if (at(written, path) !== undefined) return { path: [...path], message }
    const text = at(raw, path)
    const name = typeof text === 'string' ? [...text.matchAll(param)][0]?.[1] : undefined
    if (name !== undefined && at(written, ['params', name]) !== undefined)
      return { path: ['params', name], message: `${path.join('.')}: ${message}` }
    if (text === undefined || !preset) return { path: [...path], message }
    const nearestWritten = path.findLastIndex((_step, index) => at(written, path.slice(0, index + 1)) !== undefined)
    const near = nearestWritten < 0 ? ['preset'] : path.slice(0, nearestWritten + 1)
    return { path: near, message: `with what the preset ${preset.name} says, ${path.join('.')}: ${message}` }
  }
}

function at(tree: Tree, path: readonly string[]): unknown {
  let value: unknown = tree
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Tree)[step]
  }
  return value
}

/** Zod's own sentences are left to whoever words complaints; ours stay. */
function retell(issue: z.core.$ZodIssue, place: Place, context: Context): void {
  const path = issue.path.map(String)
  const placed = place(path, issue.message)
  const ours = issue.code === 'custom' || issue.message.startsWith('expected ')
  if (ours || placed.path.length !== path.length || placed.message !== issue.message)
    context.addIssue({ code: 'custom', ...placed })
  else context.addIssue({ ...issue, message: undefined })
}
