// `replay`: its options and help.
import type { Command } from 'commander'
import type { ReplayEventsFlags } from './commands/replay.ts'
import { type Declare, examples, jsonOption, stateOption } from './declaring.ts'

export const declareReplayEvents: Declare = (program, world, finish) => {
  program
    .command('replay')
    .summary('send again to a destination what it has had')
    .description(
      'Sends events again that a destination has had, chosen by the time at which they occurred, as far as they are kept (state.keep). ' +
        'They go through a queue of their own: what is new goes first. Works beside a running relay, and without one. ' +
        'Dead letters are not for here: dlq replay sends those.',
    )
    .requiredOption('--destination <name>', 'where they go, and whose events they were')
    .requiredOption('--from <time>', 'that occurred then or later: 2026-05-17, 2026-05-17T08:00:00Z, or 2h ago: 2h')
    .option('--to <time>', 'that occurred before then (default: now)')
    .option('--rate <rate>', 'at most so many a time, to the page: 100/s, 600/m')
    .option('--dry-run', 'only say how many it would be')
    .option('--no-wait', 'do not follow: return when it is asked')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', help)
    .action(async (_flags: unknown, command: Command) => {
      const { replayCommand } = await import('./commands/replay.ts')
      finish(await replayCommand(command.optsWithGlobals<ReplayEventsFlags>(), world))
    })
}

const help = `${examples(
  'audit-relay replay --destination siem --from 2026-05-17 --to 2026-05-18 --dry-run',
  'audit-relay replay --destination siem --from 2026-05-17T08:00:00Z --to 2026-05-17T12:00:00Z --rate 100/s',
  'audit-relay replay --destination siem --from 2h --json | jq .counts',
  'audit-relay dlq requests                                 how far it has come',
)}

The receiver gets them a second time, with the same event_id: have it drop duplicates, or expect them.
Ctrl-C ends only the following; the relay goes on. A replay survives a crash of the relay: it goes on where it was.
Exits 0 when all were delivered, 1 when some died or the end was not seen.`
