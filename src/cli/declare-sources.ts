// `sources` and `backfill`: their commands, options and help.
import type { Command } from 'commander'
import type { BackfillFlags } from './commands/backfill.ts'
import type { ResetFlags } from './commands/sources-reset.ts'
import type { TryFlags } from './commands/sources-try.ts'
import { type Declare, examples, jsonOption, stateOption } from './declaring.ts'

export const declareSources: Declare = (program, world, finish) => {
  const group = program
    .command('sources')
    .summary('list, show, try, reset, disable or enable sources')
    .description(
      'Shows the sources and how far they have been read, and changes whether and from where they are read. What is changed here stays so over restarts; a source that is enabled again is read from where it was.',
    )
    .addHelpText('after', sourcesHelp)
  const load = () => import('./commands/sources.ts')
  sub(group, 'list', 'show every source, how far it is behind, whether it is read, and why not').action(
    async (_: unknown, own: Command) => finish(await (await load()).listSources(own.optsWithGlobals(), world)),
  )
  sub(group, 'show', 'show one source: how far each lane of it has been read, gaps, late events, backfills')
    .argument('<name>', 'the source')
    .action(async (name: string, _: unknown, own: Command) => {
      const { showSource } = await import('./commands/sources-show.ts')
      finish(await showSource(name, own.optsWithGlobals(), world))
    })
  sub(group, 'reset', 'set how far a source has been read back, or forward, to a time')
    .argument('<name>', 'the source')
    .requiredOption('--to <time>', 'where it goes on: 2026-05-17, 2026-05-17T08:00:00Z, or 2h ago: 2h')
    .option('--part <part>', 'only this part of it (sources show lists them)')
    .option('--yes', 'yes, do it; without it, only say what would be read again or passed over')
    .action(async (name: string, _: unknown, own: Command) => {
      const { resetSourceCommand } = await import('./commands/sources-reset.ts')
      finish(await resetSourceCommand(name, own.optsWithGlobals<ResetFlags>(), world))
    })
  declareTry(group, world, finish)
  sub(group, 'disable', 'stop reading a source; what was read is still delivered')
    .argument('<name>', 'the source')
    .action(async (name: string, _: unknown, own: Command) =>
      finish(await (await load()).setSource(name, false, own.optsWithGlobals(), world)),
    )
  sub(group, 'enable', 'read a source again, from where it was')
    .argument('<name>', 'the source')
    .action(async (name: string, _: unknown, own: Command) =>
      finish(await (await load()).setSource(name, true, own.optsWithGlobals(), world)),
    )
}

const declareTry: Declare = (group, world, finish) => {
  group
    .command('try')
    .summary('read one page of a source and show all of it, without storing anything')
    .description(
      'Reads one page of a source as it stands in a file, from the real thing, and shows the requests, where the list goes on, and what ' +
        'the records became, secrets hidden. Opens no state, takes no lock, moves no cursor: safe beside a running relay.',
    )
    .argument('<file>', 'a configuration, or a file with the definition of one source ("type:" at its top)')
    .argument('[name]', 'which source of the configuration; needed when there are several')
    .option('--from <time>', 'what occurred then or later: 2026-05-17, 2026-05-17T08:00:00Z, or 2h ago: 2h')
    .option('--to <time>', 'what occurred before then; by default the newest hour that the relay would read by now')
    .option('--part <part>', 'this part of it, where it has several; by default the first')
    .option('--pages <number>', 'how many pages', '1')
    .option('--events <number>', 'how many events to show whole', '3')
    .option('--all', 'show all events whole')
    .option('--show-body', 'show the first 2 KiB of each answer')
    .option(...jsonOption)
    .addHelpText('after', tryHelp)
    .action(async (file: string, name: string | undefined, _: unknown, own: Command) => {
      const { trySourceCommand } = await import('./commands/sources-try.ts')
      finish(await trySourceCommand(file, name, own.optsWithGlobals<TryFlags>(), world))
    })
}

const tryHelp = `${examples(
  'audit-relay sources try audit-relay.yaml',
  'audit-relay sources try audit-relay.yaml okta --from 24h',
  'audit-relay sources try acme.yaml --from 2026-05-17 --to 2026-05-18 --pages 2 --show-body',
)}

Exits 0 when a page was read, also an empty one, 1 when it could not be read, 78 when the definition is wrong.
Events are shown whole and may hold personal data; --events 0 shows none.`

const sourcesHelp = examples(
  'audit-relay sources list',
  'audit-relay sources show zitadel',
  'audit-relay sources reset zitadel --to 2026-05-17         says what would be read again; --yes does it',
  'audit-relay sources try audit-relay.yaml okta             reads one page and stores nothing',
  'audit-relay sources disable app',
  'audit-relay sources enable app',
)

function sub(group: Command, name: string, what: string): Command {
  return group
    .command(name)
    .summary(what)
    .description(`${what[0]?.toUpperCase()}${what.slice(1)}.`)
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', sourcesHelp)
}

export const declareBackfill: Declare = (program, world, finish) => {
  program
    .command('backfill')
    .summary('read again what a source has of a period')
    .description(
      'Reads again what a source has of a period, beside live reading and behind it: what is new goes to every destination that reads the source, ' +
        'what was read before is known and dropped. Works beside a running relay, and without one.',
    )
    .argument('<source>', 'the source')
    .option('--from <time>', 'what occurred then or later: 2026-05-17, 2026-05-17T08:00:00Z, or 2h ago: 2h')
    .option('--to <time>', 'what occurred before then')
    .option('--rate <rate>', 'at most so many events a time, to the page: 100/s, 600/m')
    .option('--again', 'also where it is forgotten what was read: such events may be delivered a second time')
    .option('--yes', 'with --again: yes, they may')
    .option('--no-wait', 'do not follow: return when it is asked')
    .option('--cancel <number>', 'end a backfill of this source where it is; what it has read stays')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', backfillHelp)
    .action(async (source: string, _: unknown, own: Command) => {
      const { backfillCommand } = await import('./commands/backfill.ts')
      finish(await backfillCommand(source, own.optsWithGlobals<BackfillFlags>(), world))
    })
}

const backfillHelp = `${examples(
  'audit-relay backfill zitadel --from 2026-05-01 --to 2026-05-08',
  'audit-relay backfill zitadel --from 30d --to 1d --rate 100/s',
  'audit-relay sources show zitadel                          how far it has come',
  'audit-relay backfill zitadel --cancel 12',
)}

Ctrl-C ends only the following; the relay goes on. A backfill survives a crash of the relay: it goes on behind its last page.
Exits 0 when the whole period was read, 1 when it failed or its end was not seen.`
