// `schema`: the JSON Schema of the configuration, from the same schemas that check it.
import { exportJsonSchema } from '../../config/json-schema.ts'
import { DESTINATION_KINDS } from '../../destinations/index.ts'
import { SOURCE_KINDS } from '../../sources/index.ts'
import { EXIT } from '../exit-codes.ts'
import type { World } from '../world.ts'

/** Prints the schema. */
export function schemaCommand({ stdout }: Pick<World, 'stdout'>): number {
  stdout.write(
    `${JSON.stringify(exportJsonSchema({ sources: SOURCE_KINDS, destinations: DESTINATION_KINDS }), null, 2)}\n`,
  )
  return EXIT.done
}
