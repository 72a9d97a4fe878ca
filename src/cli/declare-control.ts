// `destinations`: its commands, options and help.
import type { Command } from 'commander'
import { type Declare, jsonOption, stateOption } from './declaring.ts'

export const declareDestinations: Declare = (program, world, finish) => {
  const group = program
    .command('destinations')
    .summary('list, disable, enable or remove destinations')
    .description(
      'Shows the destinations and changes whether they run. What is changed here stays so over restarts, and is carried out at once by the relay that runs; without one it is done here.',
    )
    .addHelpText('after', destinationsHelp)
  const load = () => import('./commands/destinations.ts')
  sub(group, 'list', 'show every destination, whether it runs, and why not').action(async (_: unknown, own: Command) =>
    finish(await (await load()).listDestinations(own.optsWithGlobals(), world)),
  )
  sub(group, 'disable', 'stop delivering to a destination; its events wait within its bounds')
    .argument('<name>', 'the destination')
    .option('--discard', 'drop what waits now, and whatever comes until it is enabled again')
    .option('--yes', 'with --discard: yes, drop it')
    .action(async (name: string, _: unknown, own: Command) =>
      finish(await (await load()).disableDestination(name, own.optsWithGlobals(), world)),
    )
  sub(group, 'enable', 'deliver to a destination again, beginning with what waits')
    .argument('<name>', 'the destination')
    .action(async (name: string, _: unknown, own: Command) =>
      finish(await (await load()).enableDestination(name, own.optsWithGlobals(), world)),
    )
  sub(group, 'remove', 'forget a destination that has left the configuration, and drop what it holds')
    .argument('<name>', 'the destination')
    .option('--yes', 'yes, drop it; without it, only say what would be dropped')
    .action(async (name: string, _: unknown, own: Command) =>
      finish(await (await load()).removeDestination(name, own.optsWithGlobals(), world)),
    )
}

const destinationsHelp = `
Examples:
  audit-relay destinations list
  audit-relay destinations disable siem              its events wait until it is enabled again
  audit-relay destinations enable siem
  audit-relay destinations disable test --discard --yes
  audit-relay destinations remove old-siem           says what would be dropped; --yes drops it`

function sub(group: Command, name: string, what: string): Command {
  return group
    .command(name)
    .summary(what)
    .description(`${what[0]?.toUpperCase()}${what.slice(1)}.`)
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', destinationsHelp)
}
