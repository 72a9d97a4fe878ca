// `dlq replay`: dead letters go back to waiting, or a copy of each to another destination.
import type { Asked } from '../../store/requests.ts'
import type { DestinationOverview, StoreReader } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted } from '../../telemetry/units.ts'
import { askAndFollow, askHolder, type Ask } from '../dlq/asking.ts'
import { choiceJson, choiceLines } from '../dlq/change.ts'
import { chooseLetters, type Choice } from '../dlq/chosen.ts'
import { replaySentence } from '../dlq/counts.ts'
import { requireDestination, tellMissing } from '../dlq/letters.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import { refuseUnnarrowed, type SelectionFlags } from '../dlq/selection.ts'
import { EXIT } from '../exit-codes.ts'
import { rateOption } from '../options.ts'
import type { World } from '../world.ts'

export interface ReplayFlags extends SelectionFlags {
  readonly dryRun?: boolean
  readonly rate?: string
  readonly to?: string
  readonly wait?: boolean
  readonly json?: boolean
}

/** Exit 1 when some of them died again. */
export async function dlqReplayCommand(
  ids: readonly string[],
  flags: ReplayFlags,
  world: World,
  ask: Ask = askHolder,
): Promise<number> {
  const perSecond = rateOption(flags.rate)
  const check = (selection: Opened['selection']): void => refuseUnnarrowed(selection, flags, 'replay')
  const plan = await withLetters({ ids, flags, check }, world, ({ reader, selection }) =>
    planOf(reader, selection, flags.to, world),
  )
  if (flags.dryRun || plan.choice.total === 0) return showPlan(plan, flags, world) || plan.missing
  if (!flags.json) announce(plan, flags, world)
  const asked: Asked = { kind: 'replay_dead_letters', letters: plan.choice.letters, to: flags.to ?? null, perSecond }
  const { beside, missing } = plan
  return (await askAndFollow({ asked, flags, beside, perSecond, sentence: replaySentence }, world, ask)) || missing
}

interface Plan {
  readonly choice: Choice
  /** Whether a relay runs. */
  readonly beside: boolean
  /** What stands in the way of their delivery. */
  readonly doubts: readonly string[]
  /** Exit code: an id was named that is no dead letter. */
  readonly missing: number
}

async function planOf(
  reader: StoreReader,
  selection: Opened['selection'],
  to: string | undefined,
  world: World,
): Promise<Plan> {
  const { destinations } = await reader.overview(world.clock.now())
  requireDestination(
    '--to',
    to,
    destinations.map(({ name }) => name),
  )
  const choice = await chooseLetters(reader, selection)
  const targets = new Set(to === undefined ? choice.letters.map(({ destination }) => destination) : [to])
  const doubts = destinations.filter(({ name }) => targets.has(name)).flatMap((one) => doubtsOf(one))
  return { choice, beside: await reader.holderAlive(), doubts, missing: tellMissing(selection, world) }
}

/** What stands in the way of a replay to it; nothing is lost by asking. */
export function doubtsOf({ name, state, health }: DestinationOverview): readonly string[] {
  if (state === 'parked') return [`${name} is no longer in the configuration: its events wait until it returns`]
  if (state === 'disabled') return [`${name} is disabled: its events wait until it is enabled`]
  if (health && health.state !== 'closed')
    return [
      `${name} takes nothing at the moment (${health.reason?.code ?? health.state}): its events wait until it does`,
    ]
  return []
}

function showPlan({ choice, doubts, beside }: Plan, flags: ReplayFlags, { stdout, stderr }: World): number {
  if (flags.json) {
    const plan = {
      dry_run: flags.dryRun === true,
      ...choiceJson(choice),
      to: flags.to ?? null,
      relay_running: beside,
      warnings: doubts,
    }
    stdout.write(`${JSON.stringify(plan, null, 2)}\n`)
    return EXIT.done
  }
  if (choice.total === 0) stdout.write('no dead letter matches: nothing to replay\n')
  else stdout.write(`${choiceLines(choice, `would be replayed${toText(flags)}`, stdout).join('\n')}\n`)
  for (const doubt of doubts) stderr.write(`audit-relay: ${printable(doubt)}\n`)
  if (choice.total > 0) stdout.write('nothing was changed; without --dry-run they go\n')
  return EXIT.done
}

function announce({ choice, doubts }: Plan, flags: ReplayFlags, { stderr }: World): void {
  const lines = choiceLines(choice, `to replay${toText(flags)}`, stderr)
  stderr.write(`${lines.join('\n')}\n`)
  if (flags.to !== undefined)
    stderr.write(
      `Copies go to ${printable(flags.to)}; ${counted(choice.total, 'letter')} stay where they are until dlq purge removes them.\n`,
    )
  for (const doubt of doubts) stderr.write(`audit-relay: ${printable(doubt)}\n`)
}

function toText({ to, rate }: ReplayFlags): string {
  const where = to === undefined ? ', each to its own destination' : ` to ${to}`
  return `${where}${rate === undefined ? '' : `, at most ${rate}`}`
}
