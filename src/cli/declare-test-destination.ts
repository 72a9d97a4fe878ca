// The command `test-destination`: its options and its help.
import type { Command } from 'commander'
import type { TestDestinationFlags } from './commands/test-destination.ts'
import { type Declare } from './declaring.ts'

export const declareTestDestination: Declare = (program, world, finish) => {
  program
    .command('test-destination')
    .summary('send a test event, and say what to check when it fails')
    .description(
      'Sends an event of type test.audit_stream to a destination by the way that every event takes: encoded, signed, sent, judged. ' +
        'Shows the request, the answer and how long it took, and what to check when it did not work. Touches no state; safe beside a running relay.',
    )
    .argument('[name]', 'the destination, as the configuration names it; a disabled one, too')
    .option('--all', 'every destination, one after the other')
    .option('--json', 'the result as JSON; the shape is stable')
    .addHelpText('after', help)
    .action(async (name: string | undefined, _flags: unknown, command: Command) => {
      const { testDestinationCommand } = await import('./commands/test-destination.ts')
      finish(await testDestinationCommand(name, command.optsWithGlobals<TestDestinationFlags>(), world))
    })
}

const help = `
Examples:
  audit-relay test-destination siem
  audit-relay test-destination --all
  audit-relay test-destination siem --json | jq -r '.destinations[0].event_id'

Run it as the user of the relay and with its environment: another user may read other secrets and write elsewhere.
Exits 0 when every destination took the event, 1 when one did not, 2 for a name that does not exist.`
