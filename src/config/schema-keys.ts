// Looks into a kind's schema for the keys that it knows, whatever refinements and transformations are around it.
import type { z, ZodType } from 'zod'

type Definition = {
  readonly type: string
  readonly in?: ZodType
  readonly innerType?: ZodType
  readonly options?: readonly ZodType[]
}

/** The keys of an object schema; undefined when it is no object schema, and only it can tell. */
export function schemaKeys(schema: ZodType): readonly string[] | undefined {
  const definition = schema._zod.def as unknown as Definition
  if (definition.type === 'object') return Object.keys((schema as unknown as z.ZodObject).shape)
  const inner =
    definition.type === 'lazy' ? (schema as z.ZodLazy<ZodType>)._zod.innerType : (definition.in ?? definition.innerType)
  if (inner) return schemaKeys(inner)
  const branches = definition.options?.map(schemaKeys)
  return branches?.every((keys) => keys !== undefined) ? [...new Set(branches.flat())] : undefined
}
