// `trace`: its options and help.
import type { Command } from 'commander'
import type { TraceFlags } from './commands/trace.ts'
import { type Declare, jsonOption, stateOption } from './declaring.ts'

export const declareTrace: Declare = (program, world, finish) => {
  program
    .command('trace')
    .summary('the life of one event, from its source to every destination')
    .description(
      'Tells when an event was read and with what, which destinations it was routed to, each attempt while the log keeps it, and where it is now. Reads only; safe beside a running relay.',
    )
    .argument('<event-id>', 'the event_id')
    .option('--event', 'show the event itself too')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', help)
    .action(async (eventId: string, _flags: unknown, command: Command) => {
      const { traceCommand } = await import('./commands/trace.ts')
      finish(await traceCommand(eventId, command.optsWithGlobals<TraceFlags>(), world))
    })
}

const help = `
Examples:
  audit-relay trace 7f3c9a1e-login-4711
  audit-relay trace 7f3c9a1e-login-4711 --event
  audit-relay trace 7f3c9a1e-login-4711 --json | jq -r '.events[].destinations[] | "\\(.name) \\(.fate)"'
  audit-relay trace -- -an-id-with-a-dash

Exits 0 when the event is known, 1 when it is not.`
