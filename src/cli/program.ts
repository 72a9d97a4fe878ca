// The command line as a whole: parses it, runs one command, and turns whatever happens into an exit code and a sentence.
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../model/errors.ts'
import { declareCommands } from './declare.ts'
import { EXIT, EXIT_MEANINGS, exitCodeOf, failureText } from './exit-codes.ts'
import { UsageError } from './options.ts'
import { ownVersion } from './version.ts'
import type { World } from './world.ts'

/** Runs one command line (without `node` and the script) and returns its exit code; never rejects. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  let code: number = EXIT.done
  const program = buildProgram(world, (result) => (code = result))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return await failed(error, world, program.opts()['debug'] === true)
  }
}

/** The tree of commands; `finish` is given the exit code of the one that ran. */
export function buildProgram(world: World, finish: (code: number) => void): Command {
  const program = new Command('audit-relay')
    .description(
      'Reads audit events from where they arise, delivers them to where they are watched, and shows that none was lost.',
    )
    .usage('<command> [options]')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .option('-c, --config <file>', 'configuration (default: AUDIT_RELAY_CONFIG, else audit-relay.yaml)')
    .option('--debug', 'when something fails, print the whole stack')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('See "audit-relay --help" for what this version can do.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'audit-relay: ')),
      getOutHelpWidth: () => world.stdout.columns ?? 100,
      getErrHelpWidth: () => world.stderr.columns ?? 100,
    })
    .addHelpText('after', rootHelp)
  declareCommands(program, world, finish)
  for (const command of program.commands) pointToOwnHelp(command, program.name())
  return program
}

/** What was wrong is explained by the command's own help, not by that of the program. */
function pointToOwnHelp(command: Command, parent: string): void {
  const name = `${parent} ${command.name()}`
  command.showHelpAfterError(`See "${name} --help".`)
  for (const sub of command.commands) pointToOwnHelp(sub, name)
}

const rootHelp = `
Examples:
  audit-relay validate                     find every fault of audit-relay.yaml
  audit-relay run                          read and deliver until stopped
  audit-relay status                       what waits, what was delivered, what is wrong
  audit-relay help run                     explain one command

Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(3)} ${meaning}`).join('\n')}`

async function failed(error: unknown, world: World, debug: boolean): Promise<number> {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof UsageError) {
    world.stderr.write(`audit-relay: ${error.message}\n`)
    return EXIT.usage
  }
  if (error instanceof ConfigError) await printFaults(error, world)
  else world.stderr.write(failureText(error, debug))
  return exitCodeOf(error)
}

async function printFaults(error: ConfigError, world: World): Promise<void> {
  const { formatFaults } = await import('../config/diagnostics.ts')
  world.stderr.write(`${formatFaults(error.faults, { colour: world.stderr.colour > 0, cwd: world.cwd })}\n`)
}
