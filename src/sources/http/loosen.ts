// The schema of what an operator writes, made of the schema of a whole definition: every key may be missing (a preset may have it) or
// null (which takes away what a preset has), and nothing is checked but names, types and texts. The whole is checked once both are together.
import { z, type ZodType } from 'zod'
import { definitionShape } from './schema.ts'

interface Inner {
  readonly type: string
  readonly in?: ZodType
  readonly innerType?: ZodType
  readonly options?: readonly ZodType[]
  readonly element?: ZodType
  readonly valueType?: ZodType
}

/**
 * What may be written of a definition: keys, at every depth, are optional and nullable; what is checked of maps and lists as wholes,
 * defaults and transformations are gone.
 */
export const looseDefinition = z.lazy(() => loosened(definitionShape, new Map()))

/** What became of each schema: one that stands in many places is made once, and schemas are not small. */
type Made = Map<unknown, ZodType>

function loosened(shape: Readonly<Record<string, ZodType>>, made: Made): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(
      Object.entries(shape).map(([key, schema]) => [key, optional(loose(schema, made), descriptionOf(schema))]),
    ),
  )
}

function optional(schema: ZodType, description: string | undefined): ZodType {
  const open = schema.nullable().exactOptional()
  return description === undefined ? open : open.describe(description)
}

function loose(schema: ZodType, made: Made): ZodType {
  // A schema with another description has the same definition.
  const { def } = schema._zod
  const result = made.get(def) ?? newLoose(schema, made)
  made.set(def, result)
  return result
}

function newLoose(schema: ZodType, made: Made): ZodType {
  const inner = schema._zod.def as unknown as Inner
  switch (inner.type) {
    case 'string':
      return text(schema)
    case 'object':
      return loosened((schema as z.ZodObject).shape, made)
    case 'record':
      return z.record(z.string(), optional(loose(inner.valueType as ZodType, made), undefined))
    case 'array':
      return z.array(strict(inner.element as ZodType))
    case 'union':
      return z.union((inner.options as ZodType[]).map((option) => loose(option, made)) as [ZodType, ZodType])
    default: {
      const wrapped = within(schema)
      return wrapped ? loose(wrapped, made) : schema
    }
  }
}

/** Lists are replaced as a whole, so that what stands in them is complete; but its transformations come later. */
function strict(schema: ZodType): ZodType {
  const inner = schema._zod.def as unknown as Inner
  if (inner.type === 'object')
    return z.strictObject(
      Object.fromEntries(
        Object.entries((schema as z.ZodObject).shape as Record<string, ZodType>).map(([key, member]) => [
          key,
          strictMember(member),
        ]),
      ),
    )
  if (inner.type === 'string') return text(schema)
  if (inner.type === 'array') return z.array(strict(inner.element as ZodType))
  if (inner.type === 'union') return z.union((inner.options as ZodType[]).map(strict) as [ZodType, ZodType])
  const wrapped = within(schema)
  return wrapped ? strict(wrapped) : schema
}

/** What it wraps, if anything; `unwrap` would build anew what is lazy. */
function within(schema: ZodType): ZodType | undefined {
  const inner = schema._zod.def as unknown as Inner
  return inner.type === 'lazy' ? (schema as z.ZodLazy<ZodType>)._zod.innerType : (inner.in ?? inner.innerType)
}

function strictMember(schema: ZodType): ZodType {
  const description = descriptionOf(schema)
  const member = strict(schema)
  const given = schema._zod.optin === 'optional' ? member.exactOptional() : member
  return description === undefined ? given : given.describe(description)
}

/** Of the schema itself, or of what it wraps. */
function descriptionOf(schema: ZodType): string | undefined {
  const inner = within(schema)
  return schema.description ?? (inner && descriptionOf(inner))
}

/** What holds {{params.NAME}} only becomes an address or a path later; everything else is checked now. */
function text(schema: ZodType): ZodType {
  return z.string().superRefine((value, context) => {
    if (/\{\{\s*params\./u.test(value)) return
    for (const issue of schema.safeParse(value).error?.issues ?? [])
      context.addIssue({
        code: 'custom',
        message: issue.code === 'too_small' ? 'expected a text that is not empty' : issue.message,
      })
  })
}
