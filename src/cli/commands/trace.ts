// `trace`: the life of one event, or where it was looked for.
import { isoTime } from '../../runtime/clock.ts'
import type { TraceResult } from '../../store/trace.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { paintFor } from '../paint.ts'
import { wrap } from '../text-width.ts'
import { traceJson } from '../trace/json.ts'
import { traceLines } from '../trace/render.ts'
import type { World } from '../world.ts'

export interface TraceFlags extends StateFlags {
  readonly json?: boolean
  readonly event?: boolean
}

/** Exit 1 when the state does not know the id. */
export async function traceCommand(eventId: string, flags: TraceFlags, world: World): Promise<number> {
  const { reader, path } = await openState(flags, world)
  let result: TraceResult
  try {
    result = await reader.trace(eventId)
  } finally {
    await reader.close()
  }
  return showTrace({ eventId, state: path, result }, flags, world)
}

interface Traced {
  readonly eventId: string
  /** Path of the state. */
  readonly state: string
  readonly result: TraceResult
}

/** Prints what was found in the form that was asked for, and returns the exit code. */
export function showTrace(
  { eventId, state, result }: Traced,
  flags: Pick<TraceFlags, 'json' | 'event'>,
  { stdout, stderr, clock }: Pick<World, 'stdout' | 'stderr' | 'clock'>,
): number {
  const event = flags.event === true
  const view = { now: clock.now(), paint: paintFor(stdout), width: stdout.columns, event }
  const { events } = result
  if (flags.json) stdout.write(`${traceJson(eventId, result, event)}\n`)
  else if (events.length > 0) stdout.write(`${events.map((one) => traceLines(one, view).join('\n')).join('\n\n')}\n`)
  if (events.length > 0) return EXIT.done
  const lines = notFound(eventId, state, result, view.now).flatMap((line) => wrap(line, stderr.columns ?? Infinity))
  stderr.write(`${lines.join('\n')}\n`)
  return EXIT.failed
}

/** An id that is not known may be misspelt, not read yet, or older than what is kept. */
function notFound(eventId: string, state: string, { looked }: TraceResult, now: number): readonly string[] {
  const places = looked.map(({ source, events, oldestAt }) => {
    const kept =
      oldestAt === null
        ? 'of which no page is kept'
        : `of which those read since ${isoTime(oldestAt)} (${durationText(now - oldestAt)} ago) can be found`
    return events === 0 ? `  ${source}: no event yet` : `  ${source}: ${counted(events, 'event')}, ${kept}`
  })
  const where = places.length === 0 ? ['  no source has been read yet'] : places
  return [
    `audit-relay: no event ${eventId} in ${state}. Looked in every page that is kept, and among retries and dead letters:`,
    ...where,
    'Compare the id with the event as its source has it: the case of letters counts. audit-relay status says what could not be read.',
  ].map(printable)
}
