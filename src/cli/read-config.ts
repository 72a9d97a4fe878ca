// Reads a configuration with the kinds that this program has.
import type { RelayConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { DESTINATION_KINDS } from '../destinations/index.ts'
import { SOURCE_KINDS } from '../sources/index.ts'
import type { World } from './world.ts'

const kinds = { sources: SOURCE_KINDS, destinations: DESTINATION_KINDS }

/** The configuration in `file`. Throws `ConfigError` with all its faults; `checkReferences`: those that do not resolve too. */
export function readConfig(file: string, { env }: Pick<World, 'env'>, checkReferences = false): RelayConfig {
  return loadConfig(file, { env, kinds, checkReferences })
}
