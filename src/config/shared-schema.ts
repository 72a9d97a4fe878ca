// The keys that every source and every destination shares, and `state`. What a kind adds is in the kind.
import { z } from 'zod'
import { filterSchema } from '../filters/schema.ts'
import { FORMATS } from '../formats/format.ts'
import { pathFault } from '../formats/redaction-paths.ts'
import { duration, size } from '../model/units.ts'

export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const name = z.string().regex(namePattern, 'expected a name of a-z, 0-9, ".", "_" and "-"')

/** The built-in source of the relay's own events. */
export const reservedSource = 'relay'

export const defaultSchedule = ['30s', '2m', '10m', '1h', '4h'] as const

/** How long dead letters are kept, unless the file says otherwise, ms. */
export const defaultDeadLettersKeepMs = 7 * 86_400_000

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

export const auditShape = z.strictObject({
  delivered: z
    .enum(['off', 'batch', 'event'])
    .exactOptional()
    .describe('Whether each batch, or each event, that was delivered is audited. Default off.'),
})

export const sourceShape = z.strictObject({
  type: z.string().describe('The kind of source.'),
  every: duration({ min: '10ms', max: '7d' }).exactOptional().describe('How often a pull starts.'),
  cron: z
    .string()
    .exactOptional()
    .describe('When a pull starts, instead of every: minute, hour, day of month, month, day of week, in UTC.'),
  start: duration({ max: '3650d' }).exactOptional().describe('How far back the first pull goes.'),
  settle: duration({ max: '7d' })
    .exactOptional()
    .describe("How old events are when they are first asked for, by the source's clock."),
  overlap: duration({ max: '7d' })
    .exactOptional()
    .describe('How far each pull reaches back into what was read before.'),
  max_window: duration({ min: '1s', max: '366d' })
    .exactOptional()
    .describe('The longest time that is asked for at once.'),
  sweeps: z
    .array(duration({ min: '1m', max: '30d' }))
    .max(8)
    .exactOptional()
    .describe('After these times what was read is read again, for events that the source showed late; [] for never.'),
  retention: duration({ min: '1h' })
    .exactOptional()
    .describe('How long the source keeps its events: a longer absence is announced as a gap.'),
})

const redactPaths = z
  .array(
    z.string().superRefine((path, context) => {
      const fault = pathFault(path)
      if (fault !== undefined) context.addIssue(fault)
    }),
  )
  .min(1)

export const destinationShape = z.strictObject({
  type: z.string().describe('The kind of destination.'),
  enabled: z.boolean().exactOptional().describe('false: events wait, nothing is sent. Default true.'),
  sources: z
    .array(z.string())
    .min(1)
    .exactOptional()
    .describe('Names of the sources whose events go here. Default: all.'),
  filter: filterSchema.exactOptional(),
  format: z
    .enum(FORMATS)
    .exactOptional()
    .describe('The form of the events: canonical, ocsf (1.8.0), ecs or cloudevents (1.0). Default canonical.'),
  redact: z
    .strictObject({
      drop: redactPaths.exactOptional().describe('Paths whose values are left out, such as data.*.email.'),
      mask: redactPaths.exactOptional().describe('Paths whose values become ***.'),
      hash: redactPaths.exactOptional().describe('Paths whose values become a keyed hash: equal values stay equal.'),
      hash_key: z.string().min(1).exactOptional().describe('The secret key of the hashes.'),
    })
    .exactOptional()
    .describe('Values that this destination must not get, in whatever format.'),
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
  dead_letters: z
    .strictObject({
      keep: z
        .union([z.enum(['forever']), duration({ min: '1d' })])
        .exactOptional()
        .describe(
          'How long dead letters are kept, 1d at least, or forever; their end is announced a day before. Default 7d.',
        ),
    })
    .exactOptional()
    .describe('What becomes of events that the destination did not take.'),
  buffer: z
    .strictObject({
      max_age: duration({ min: '1m' }).exactOptional().describe('How long an event may wait, counted from its commit.'),
      max_bytes: size({ min: '4MiB' })
        .exactOptional()
        .describe('How much may wait, before compression, without the retry queue.'),
      when_full: z
        .enum(['block', 'drop_oldest', 'dead_letter'])
        .exactOptional()
        .describe(
          'block: its sources are not read until there is room. drop_oldest: dropped, counted and announced. dead_letter: kept as dead letters. Default block.',
        ),
    })
    .exactOptional()
    .describe('A bound of its own on what waits. Without it only the bound of the state counts.'),
  in_flight: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Requests at once; 1 keeps the order but for events set aside.'),
  timeout: duration({ min: '10ms', max: '1h' }).exactOptional().describe('How long one request may take. Default 30s.'),
})

/** Promised names that this version does not have. */
export const laterSourceKeys = [] as const
export const laterDestinationKeys = [] as const

/** Keys inside shared ones that may hold references. */
export const referringKeys: Readonly<Record<string, readonly string[]>> = { redact: ['hash_key'] }
