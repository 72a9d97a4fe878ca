// The JSON Schema of the configuration for editors, made of the same schemas that check it. Looser where only the program
// can know: references, expressions, names of sources.
import { z } from 'zod'
import { hoist } from './hoist.ts'
import type { Kind } from './kind-options.ts'
import type { LoadOptions } from './load.ts'
import { schemaKeys } from './schema-keys.ts'
import { auditShape, destinationShape, namePattern, sourceShape, stateShape } from './shared-schema.ts'

type Json = Record<string, unknown>

export function exportJsonSchema(kinds: LoadOptions['kinds']): Json {
  return hoist({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'audit-relay configuration',
    type: 'object',
    additionalProperties: false,
    required: ['sources', 'destinations'],
    properties: {
      state: {
        description: 'Where the state lies and how large it may grow.',
        anyOf: [{ type: 'string', minLength: 1 }, objectSchema(stateShape.partial({ path: true }))],
      },
      sources: named(kinds.sources, sourceShape, 'Where events come from, by name.'),
      destinations: named(kinds.destinations, destinationShape, 'Where events go, by name.'),
      audit: { description: 'What the relay audits of itself beyond the usual.', ...objectSchema(auditShape) },
    },
  })
}

function named(kinds: readonly Kind[], shared: z.ZodObject, description: string): Json {
  return {
    description,
    type: 'object',
    propertyNames: { pattern: namePattern.source },
    additionalProperties: { type: 'object', required: ['type'], oneOf: kinds.map((kind) => entrySchema(kind, shared)) },
  }
}

/** The keys of the kind win over shared ones of the same name. */
function entrySchema(kind: Kind, shared: z.ZodObject): Json {
  const own = objectSchema(kind.options)
  const common = objectSchema(shared)
  const properties = { ...(common['properties'] as Json), ...(own['properties'] as Json), type: { const: kind.type } }
  const required = ['type', ...((own['required'] as string[] | undefined) ?? [])]
  return {
    title: kind.type,
    type: 'object',
    properties,
    required,
    additionalProperties: schemaKeys(kind.options) === undefined,
  }
}

function objectSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json
  return rest
}
