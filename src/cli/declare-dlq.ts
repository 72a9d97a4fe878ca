// The `dlq` commands: their options, which all of them share, and their help.
import { Option, type Command } from 'commander'
import { CAUSES } from '../store/dead-letters.ts'
import { type Declare, examples, jsonOption, stateOption } from './declaring.ts'

/** Adds `dlq` with its commands. */
export const declareDlq: Declare = (program, world, finish) => {
  const dlq = program
    .command('dlq')
    .summary('dead letters: look, replay, export, remove')
    .description(
      'Dead letters are events that a destination did not take and that wait for a person. Each command takes the same options for which are meant; all that are given must hold.',
    )
    .usage('<command> [options]')
    .helpCommand(false)
    .addHelpText('after', dlqHelp)
  for (const declare of [
    declareList,
    declareShow,
    declareStats,
    declareReplay,
    declareExport,
    declarePurge,
    declareRequests,
  ])
    declare(dlq, world, finish)
}

const dlqHelp = `
Examples:
  audit-relay dlq stats                                    what killed them, in a few lines
  audit-relay dlq show 0b6c2f4e                            one of them in full
  audit-relay dlq replay --destination siem --dry-run      what a replay would send again
  audit-relay dlq replay --help                            explain one command`

/** What every command says about which dead letters are meant. */
function withSelection(command: Command, limit?: string): Command {
  return command
    .option('--destination <name>', 'of this destination')
    .option('--reason <cause>', `that died of this: ${CAUSES.join(', ')}`)
    .option('--code <code>', 'that got this answer: http_400, timeout, …')
    .addOption(repeated('--type <glob>', 'whose event type matches (repeat for several): auth.*'))
    .option('--older-than <duration>', 'that died longer ago than this: 2d')
    .option('--since <time>', 'that died since: 1h, or 2026-05-17T08:00:00Z')
    .addOption(repeated('--id <event-id>', 'of this event (repeat for several)'))
    .option('--where <cel>', "for which this expression is true, as in a filter's when")
    .option('--limit <number>', limit === undefined ? 'at most so many' : 'show at most so many', limit)
    .option(...stateOption)
}

function repeated(flags: string, about: string): Option {
  return new Option(flags, about).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    value,
  ])
}

const declareList: Declare = (dlq, world, finish) => {
  withSelection(dlq.command('list'), '50')
    .summary('one a line, newest last')
    .description('Lists dead letters, one a line, the newest last. Reads only; safe beside a running relay.')
    .argument('[ids...]', 'events by id')
    .option(...jsonOption)
    .addHelpText(
      'after',
      examples(
        'audit-relay dlq list',
        'audit-relay dlq list --destination siem --reason rejected --since 1d',
        `audit-relay dlq list --where 'actor.id == "u-7" && data.amount > 100.0'`,
      ),
    )
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { dlqListCommand } = await import('./commands/dlq-list.ts')
      finish(await dlqListCommand(ids, command.optsWithGlobals(), world))
    })
}

const declareShow: Declare = (dlq, world, finish) => {
  dlq
    .command('show')
    .summary('one in full')
    .description(
      'Shows a dead letter in full: the event, what happened to it, the answer that killed it, and what to do.',
    )
    .argument('<id>', 'the event by its id')
    .option('--destination <name>', 'only of this destination')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText(
      'after',
      examples('audit-relay dlq show 0b6c2f4e', 'audit-relay dlq show 0b6c2f4e --json | jq .dead_letters[0].event'),
    )
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { dlqShowCommand } = await import('./commands/dlq-show.ts')
      finish(await dlqShowCommand(id, command.optsWithGlobals(), world))
    })
}

const declareStats: Declare = (dlq, world, finish) => {
  withSelection(dlq.command('stats'))
    .summary('grouped by what killed them')
    .description(
      'Groups dead letters by destination, cause and answer, with what was answered and a command to go on with. Reads only; safe beside a running relay.',
    )
    .argument('[ids...]', 'events by id')
    .option(...jsonOption)
    .addHelpText(
      'after',
      examples('audit-relay dlq stats', `audit-relay dlq stats --json | jq '.groups[] | {destination, code, letters}'`),
    )
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { dlqStatsCommand } = await import('./commands/dlq-stats.ts')
      finish(await dlqStatsCommand(ids, command.optsWithGlobals(), world))
    })
}

const declareReplay: Declare = (dlq, world, finish) => {
  withSelection(dlq.command('replay'))
    .summary('send again')
    .description(
      'Sends dead letters again: each goes back to the queue of its destination with all its attempts, or a copy of each to another with --to. ' +
        'Works beside a running relay, and without one. Follows until all are settled and says what became of them.',
    )
    .argument('[ids...]', 'events by id')
    .option('--all', 'all there are')
    .option('--dry-run', 'only say what would be sent')
    .option('--rate <rate>', 'at most so many a time: 100/s, 600/m')
    .option('--to <destination>', 'send copies there; the dead letters stay')
    .option('--no-wait', 'do not follow: return when it is asked')
    .option('--json', 'the result as JSON; the shape is stable')
    .addHelpText('after', replayHelp)
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { dlqReplayCommand } = await import('./commands/dlq-replay.ts')
      finish(await dlqReplayCommand(ids, command.optsWithGlobals(), world))
    })
}

const replayHelp = `${examples(
  'audit-relay dlq replay 0b6c2f4e',
  'audit-relay dlq replay --destination siem --code http_400 --dry-run',
  'audit-relay dlq replay --destination siem --code http_400 --rate 100/s',
  'audit-relay dlq replay --reason too_large --to archive',
)}

Ctrl-C ends only the following; the relay goes on. A replay survives a crash of the relay: it goes on where it was.
Exits 0 when all were delivered, 1 when some died again or the end was not seen.`

const declareExport: Declare = (dlq, world, finish) => {
  withSelection(dlq.command('export'))
    .summary('write them out as JSON Lines')
    .description(
      'Writes the events as JSON Lines, byte for byte as they are kept but for what is redacted for their destination, to standard output or to a new file that only you can read. An existing file is never overwritten. They stay dead letters.',
    )
    .argument('[ids...]', 'events by id')
    .option('-o, --output <file>', 'a new file')
    .option('--with-reason', 'each in an envelope with cause, answer and history')
    .addHelpText(
      'after',
      examples('audit-relay dlq export --output dead.jsonl', `audit-relay dlq export --with-reason | jq .answer`),
    )
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { dlqExportCommand } = await import('./commands/dlq-export.ts')
      finish(await dlqExportCommand(ids, command.optsWithGlobals(), world))
    })
}

const declarePurge: Declare = (dlq, world, finish) => {
  withSelection(dlq.command('purge'))
    .summary('remove for good')
    .description(
      'Removes dead letters for good; they are counted as dropped. Without --yes it only says what it would remove.',
    )
    .argument('[ids...]', 'events by id')
    .option('--all', 'all there are')
    .option('--yes', 'really')
    .option('--no-wait', 'do not follow: return when it is asked')
    .option('--json', 'the result as JSON; the shape is stable')
    .addHelpText(
      'after',
      `${examples('audit-relay dlq purge --destination siem --older-than 2d', 'audit-relay dlq purge 0b6c2f4e --yes')}\n\nExits 0 when they are gone, 2 when --yes is missing.`,
    )
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { dlqPurgeCommand } = await import('./commands/dlq-purge.ts')
      finish(await dlqPurgeCommand(ids, command.optsWithGlobals(), world))
    })
}

const declareRequests: Declare = (dlq, world, finish) => {
  dlq
    .command('requests')
    .summary('replays and purges, how far they have come')
    .description(
      'Lists the replays (of delivered events too) and purges that were asked for and how far each has come, the newest last.',
    )
    .option('--limit <number>', 'show at most so many', '10')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText(
      'after',
      examples('audit-relay dlq requests', 'audit-relay dlq requests --json | jq .requests[-1].counts'),
    )
    .action(async (_flags: unknown, command: Command) => {
      const { dlqRequestsCommand } = await import('./commands/dlq-requests.ts')
      finish(await dlqRequestsCommand(command.optsWithGlobals(), world))
    })
}
