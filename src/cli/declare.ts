// Which commands there are, their options and their help. What a command does is loaded only when it runs: `--help` and
// completion must be quick, and the libraries behind the commands are not.
import { Argument, Option, type Command } from 'commander'
import { LOG_LEVELS } from '../telemetry/describe.ts'
import { declareAudit } from './declare-audit.ts'
import { declareDlq } from './declare-dlq.ts'
import { declareDestinations } from './declare-control.ts'
import { declareBackfill, declareSources } from './declare-sources.ts'
import { declareReplayEvents } from './declare-replay.ts'
import { declareTestDestination } from './declare-test-destination.ts'
import { declareTrace } from './declare-trace.ts'
import type { StatusFlags } from './commands/status.ts'
import { type Declare, jsonOption, refuseGiven, stateOption } from './declaring.ts'
import { runOptions, type RunFlags } from './options.ts'
import type { World } from './world.ts'

/** Adds every command to the program; `finish` is given the exit code of the one that runs. */
export function declareCommands(program: Command, world: World, finish: (code: number) => void): void {
  for (const declare of commands) declare(program, world, finish)
}

const declareRun: Declare = (program, world, finish) => {
  program
    .command('run')
    .summary('read and deliver until stopped, or once')
    .description(
      'Reads every source and delivers to every destination until SIGTERM or SIGINT, then saves everything and ends with 0. ' +
        'A second signal ends at once; nothing is lost then either.',
    )
    .option('--once', 'read what there is now, deliver it, and end (for cron)')
    .option('--max-wait <duration>', 'with --once: how long to go on delivering', '60s')
    .option('--new-state', 'begin with an empty state although there was one before: events may be delivered again')
    .addOption(
      new Option('--log-format <format>', 'lines for people or for programs')
        .choices(['auto', 'human', 'json'])
        .default('auto', 'human on a terminal, else json'),
    )
    .addOption(new Option('--log-level <level>', 'the least that is written').choices([...LOG_LEVELS]).default('info'))
    .addHelpText('after', runHelp)
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<RunFlags>()
      if (!flags.once) refuseGiven(command, 'maxWait', '--once')
      const options = await runOptions(flags, world)
      const { runCommand } = await import('./commands/run.ts')
      finish(await runCommand(options, world))
    })
}

const runHelp = `
Examples:
  audit-relay run
  audit-relay run --config /etc/audit-relay/audit-relay.yaml --log-format json
  audit-relay run --once --max-wait 5m     for cron: exits 0 when nothing is left, 3 when something is

The log goes to stderr: one line for each attempt that was not delivered, counts for the rest.
SIGHUP checks the configuration again and says whether a restart would apply it; it never ends the relay.`

const declareValidate: Declare = (program, world, finish) => {
  program
    .command('validate')
    .summary('check the configuration')
    .description(
      'Checks the configuration and shows every fault at once, with its place. References to the environment and to files must resolve.',
    )
    .option(
      '--probe',
      'also ask every source and destination whether it would take us, and whether the state can be written; nothing is read or sent',
    )
    .option('--json', 'the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  audit-relay validate\n  audit-relay validate --probe\n  audit-relay validate --config new.yaml && systemctl restart audit-relay\n\nExits 0 when the file can be used, 78 when it cannot, 1 when a probe failed.',
    )
    .action(async (_flags: unknown, command: Command) => {
      const { validateCommand } = await import('./commands/validate.ts')
      finish(await validateCommand(command.optsWithGlobals(), world))
    })
}

const declareStatus: Declare = (program, world, finish) => {
  program
    .command('status')
    .summary('what runs, waits, fails; the balance of events')
    .description(
      'Shows whether the relay runs, every source and destination, and the balance: each event that was offered is accounted for. Reads only; safe beside a running relay.',
    )
    .option('--check', 'for monitoring: one line per problem, exit 1 if there is any')
    .option('--max-lag <duration>', 'how long an event may wait before that is a problem', '15m')
    .option('--scheduled', 'with --check: the relay is run by cron, so ask only that it ran within --max-lag')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', statusHelp)
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<StatusFlags>()
      // The machine form has the problems of `--check` too.
      if (!flags.check && !flags.json) refuseGiven(command, 'scheduled', '--check or --json')
      const { statusCommand } = await import('./commands/status.ts')
      finish(await statusCommand(flags, world))
    })
}

const statusHelp = `
Examples:
  audit-relay status
  audit-relay status --check --max-lag 5m  silent and 0 when all is well, else 1
  audit-relay status --json | jq '.destinations[] | {name, status, waiting}'

Status words: Active, Active with errors (it goes on trying), Inactive (disabled, or no longer in the configuration).`

const declareCheck: Declare = (program, world, finish) => {
  program
    .command('check')
    .summary('recompute the balance and the chain of pages')
    .description(
      'Reads all that is kept and recomputes the balance and the hash chain from it, not from counters. Takes a while on a large state; safe beside a running relay.',
    )
    .option('--json', 'the result as JSON')
    .option(...stateOption)
    .addHelpText(
      'after',
      '\nExamples:\n  audit-relay check\n  audit-relay check --state /backup/audit-relay.db\n\nExits 0 when everything adds up, 1 when something does not.',
    )
    .action(async (_flags: unknown, command: Command) => {
      const { checkCommand } = await import('./commands/check.ts')
      finish(await checkCommand(command.optsWithGlobals(), world))
    })
}

const declareBackup: Declare = (program, world, finish) => {
  program
    .command('backup')
    .summary('copy the state, consistent, while the relay runs')
    .description(
      'Writes a consistent copy of the state to a new file, readable by you alone. An existing file is never overwritten.',
    )
    .argument('<file>', 'where the copy goes')
    .option(...stateOption)
    .addHelpText(
      'after',
      '\nExamples:\n  audit-relay backup /backup/audit-relay-$(date +%F).db\n  audit-relay check --state /backup/audit-relay-2026-05-17.db',
    )
    .action(async (file: string, _flags: unknown, command: Command) => {
      const { backupCommand } = await import('./commands/backup.ts')
      finish(await backupCommand(file, command.optsWithGlobals(), world))
    })
}

const declareSchema: Declare = (program, world, finish) => {
  program
    .command('schema')
    .summary('print the JSON Schema of the configuration')
    .description('Prints the JSON Schema of audit-relay.yaml, for completion and checks in an editor.')
    .addHelpText(
      'after',
      '\nExample:\n  audit-relay schema > audit-relay.schema.json\nand as the first line of audit-relay.yaml:\n  # yaml-language-server: $schema=./audit-relay.schema.json',
    )
    .action(async () => {
      const { schemaCommand } = await import('./commands/schema.ts')
      finish(schemaCommand(world))
    })
}

const declareCompletion: Declare = (program, world, finish) => {
  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a script that completes commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', completionHelp)
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionCommand } = await import('./commands/completion.ts')
      finish(completionCommand(shell, program, world))
    })
}

const completionHelp = `
Examples:
  audit-relay completion bash > ~/.local/share/bash-completion/completions/audit-relay
  audit-relay completion zsh > "\${fpath[1]}/_audit-relay"
  audit-relay completion fish > ~/.config/fish/completions/audit-relay.fish`

/** In the order of the help. */
const commands: readonly Declare[] = [
  declareRun,
  declareValidate,
  declareStatus,
  declareCheck,
  declareBackup,
  declareSchema,
  declareTestDestination,
  declareDestinations,
  declareSources,
  declareBackfill,
  declareDlq,
  declareReplayEvents,
  declareTrace,
  declareAudit,
  declareCompletion,
]
