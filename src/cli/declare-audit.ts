// `audit`: its options and help.
import type { Command } from 'commander'
import type { AuditFlags } from './commands/audit.ts'
import { type Declare, jsonOption, stateOption } from './declaring.ts'

export const declareAudit: Declare = (program, world, finish) => {
  program
    .command('audit')
    .summary('what the relay and its operators did, newest last')
    .description(
      "Lists the relay's own audit records, the newest last: changes of the configuration, commands and who gave them, events that died or were dropped. Reads only; safe beside a running relay.",
    )
    .option('--limit <number>', 'show at most so many', '50')
    .option('--type <glob>', 'of this type, with or without audit.stream_: destination_*')
    .option('--destination <name>', 'about this destination')
    .option('--since <time>', 'since then: 1h, or 2026-05-17T08:00:00Z')
    .option(...jsonOption)
    .option(...stateOption)
    .addHelpText('after', help)
    .action(async (_flags: unknown, command: Command) => {
      const { auditCommand } = await import('./commands/audit.ts')
      finish(await auditCommand(command.optsWithGlobals<AuditFlags>(), world))
    })
}

const help = `
Examples:
  audit-relay audit
  audit-relay audit --destination siem --since 7d
  audit-relay audit --type 'destination_*' --limit 200
  audit-relay audit --json | jq -r '.records[] | select(.by) | "\\(.at) \\(.by) \\(.event_type)"'

Each record is also an event of the source "relay", of type audit.stream_…, that goes to every destination that reads it.`
