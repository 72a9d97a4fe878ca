// The keys that every source and every destination shares, and `state`. What a kind adds is in the kind.
import { z } from 'zod'
import { filterSchema } from '../filters/schema.ts'
import { duration, size } from '../model/units.ts'

export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const name = z.string().regex(namePattern, 'expected a name of a-z, 0-9, ".", "_" and "-"')

/** The built-in source of the relay's own events. */
export const reservedSource = 'relay'

export const defaultSchedule = ['30s', '2m', '10m', '1h', '4h'] as const

export const stateShape = z.strictObject({
  path: z.string().min(1).describe('The file of the state.'),
  max_size: size({ min: '16MiB' })
    .exactOptional()
    .describe('Bound of the state on disk; reading waits when it is reached. Default 10GiB.'),
  keep: duration().exactOptional().describe('How long delivered events are kept for replays. Default 7d.'),
  reserve: size({ max: '10GiB' })
    .exactOptional()
    .describe('Room set aside so that delivery goes on when the disk is full. Default 64MiB.'),
})

export const sourceShape = z.strictObject({
  type: z.string().describe('The kind of source.'),
  every: duration({ min: '10ms', max: '7d' }).exactOptional().describe('How often a pull starts.'),
})

export const destinationShape = z.strictObject({
  type: z.string().describe('The kind of destination.'),
  enabled: z.boolean().exactOptional().describe('false: events wait, nothing is sent. Default true.'),
  sources: z
    .array(z.string())
    .min(1)
    .exactOptional()
    .describe('Names of the sources whose events go here. Default: all.'),
  filter: filterSchema.exactOptional(),
  start: z
    .union([z.enum(['now', 'beginning']), duration()])
    .exactOptional()
    .describe(
      'Where a new destination starts: now, beginning, or so long ago. Default: beginning in a new state, else now.',
    ),
  was: name.exactOptional().describe('The name that this destination had before.'),
  retry: z
    .strictObject({
      schedule: z
        .array(duration({ min: '1ms', max: '7d' }))
        .max(50)
        .exactOptional()
        .describe('One retry for each delay. Default 30s, 2m, 10m, 1h, 4h.'),
    })
    .exactOptional()
    .describe('How an event that failed is tried again.'),
  in_flight: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Requests at once; 1 keeps the order but for events set aside.'),
  timeout: duration({ min: '10ms', max: '1h' }).exactOptional().describe('How long one request may take. Default 30s.'),
})

/** Promised names that this version does not have. */
export const laterSourceKeys = ['cron', 'start', 'settle', 'overlap', 'max_window', 'sweeps', 'retention'] as const
export const laterDestinationKeys = ['format', 'redact', 'buffer', 'dead_letters'] as const
