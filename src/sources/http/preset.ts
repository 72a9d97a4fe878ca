// The presets that come with the relay: YAML files beside this one, read when one is asked for and checked like an operator's file.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Scalar } from './schema-words.ts'
import { definitionShape } from './schema.ts'
import { paramDeclaration, type SharedDefaults, sharedDefaults } from './schema-preset.ts'
import { looseDefinition } from './loosen.ts'
import { PRESET_NAMES, type PresetName } from './presets/names.ts'
import type { Tree } from './merge.ts'

export interface Preset {
  readonly name: string
  readonly describe: string
  /** Its part of a definition, as it is written. */
  readonly definition: Tree
  /** What the operator has to give, or may, for {{params.NAME}}. */
  readonly params: Readonly<Record<string, { readonly describe: string; readonly default?: Scalar }>>
  readonly shared: SharedDefaults
}

const presetFile = z.lazy(() =>
  z.strictObject({
    describe: z.string().min(1),
    params: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/u), paramDeclaration).exactOptional(),
    ...sharedDefaults.shape,
    ...looseDefinition._zod.innerType.shape,
  }),
)

const folder = new URL('./presets/', import.meta.url)

/** Throws when the file is not what a preset must be: that is a fault of ours, not of the operator. */
export function readPreset(name: PresetName): Preset {
  return presetOf(name, readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
}

/** How often a source is pulled whose file names a preset; undefined: as every source of the kind. */
export function everyOf({ preset }: Tree): number | undefined {
  const name = PRESET_NAMES.find((known) => known === preset)
  return name && readPreset(name).shared.every
}

/** The preset that the text of a file describes. */
export function presetOf(name: string, text: string): Preset {
  const written = parse(text) as Tree
  const checked = presetFile.safeParse(written)
  if (!checked.success) throw new Error(`the preset ${name} is not sound: ${z.prettifyError(checked.error)}`)
  const { describe, params = {} } = checked.data
  const own = Object.keys(definitionShape).filter((key) => Object.hasOwn(written, key))
  const shared = Object.keys(sharedDefaults.shape).filter((key) => Object.hasOwn(written, key))
  return {
    name,
    describe,
    definition: Object.fromEntries(own.map((key) => [key, written[key]])),
    params,
    shared: sharedDefaults.parse(Object.fromEntries(shared.map((key) => [key, written[key]]))),
  }
}
