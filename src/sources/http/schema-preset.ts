// What a preset has beside a definition: what the operator has to give, and defaults of the keys that every source shares.
import { z } from 'zod'
import { duration } from '../../model/units.ts'
import { scalar } from './schema-words.ts'

/** Defaults of the keys that every source shares; only a preset has them here. */
export const sharedDefaults = z.strictObject({
  every: duration({ min: '1s', max: '7d' }).exactOptional(),
  start: duration().exactOptional(),
  settle: duration().exactOptional(),
  overlap: duration().exactOptional(),
  max_window: duration({ min: '1s' }).exactOptional(),
  sweeps: z.array(duration({ min: '1m' })).exactOptional(),
  retention: duration({ min: '1h' }).exactOptional(),
})
export type SharedDefaults = z.output<typeof sharedDefaults>

/** What a preset says of a value that the operator gives. */
export const paramDeclaration = z.strictObject({
  describe: z.string().min(1),
  default: scalar.exactOptional(),
})
