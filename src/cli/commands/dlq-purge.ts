// `dlq purge`: removes dead letters for good. Nothing goes without a choice and `--yes`.
import { askAndFollow, askHolder, type Ask } from '../dlq/asking.ts'
import { choiceJson, choiceLines } from '../dlq/change.ts'
import { chooseLetters, type Choice } from '../dlq/chosen.ts'
import { purgeSentence } from '../dlq/counts.ts'
import { tellMissing } from '../dlq/letters.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import { refuseUnnarrowed, type SelectionFlags } from '../dlq/selection.ts'
import { EXIT } from '../exit-codes.ts'
import type { World } from '../world.ts'

export interface PurgeFlags extends SelectionFlags {
  readonly yes?: boolean
  readonly wait?: boolean
  readonly json?: boolean
}

/** Without `--yes` it only says what it would remove, and that is exit 2: nothing was done of what was asked. */
export async function dlqPurgeCommand(
  ids: readonly string[],
  flags: PurgeFlags,
  world: World,
  ask: Ask = askHolder,
): Promise<number> {
  const check = (selection: Opened['selection']): void => refuseUnnarrowed(selection, flags, 'remove')
  const { choice, beside, missing } = await withLetters(
    { ids, flags, check },
    world,
    async ({ reader, selection }) => ({
      choice: await chooseLetters(reader, selection),
      beside: await reader.holderAlive(),
      missing: tellMissing(selection, world),
    }),
  )
  if (!flags.yes || choice.total === 0) return showPlan(choice, flags, world) || missing
  const asked = { kind: 'purge_dead_letters', letters: choice.letters } as const
  return (await askAndFollow({ asked, flags, beside, perSecond: null, sentence: purgeSentence }, world, ask)) || missing
}

function showPlan(choice: Choice, flags: PurgeFlags, { stdout, stderr }: World): number {
  if (flags.json) stdout.write(`${JSON.stringify({ removed: false, ...choiceJson(choice) }, null, 2)}\n`)
  else if (choice.total === 0) stdout.write('no dead letter matches: nothing to remove\n')
  else stdout.write(`${choiceLines(choice, 'would be removed for good', stdout).join('\n')}\n`)
  if (choice.total === 0) return EXIT.done
  stderr.write(
    'audit-relay: nothing was removed. Keep a copy with dlq export, then say --yes: the events cannot be had back\n',
  )
  return EXIT.usage
}
