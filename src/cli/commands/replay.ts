// `replay`: events that a destination has had are sent to it again, over what is kept.
import type { KeptEvents, Period } from '../../store/kept.ts'
import type { Asked } from '../../store/requests.ts'
import type { DestinationOverview, StoreReader } from '../../store/store.ts'
import { requireSendable } from '../../store/control.ts'
import { askAndFollow, askHolder, type Ask } from '../dlq/asking.ts'
import { againSentence } from '../dlq/counts.ts'
import { requireDestination } from '../dlq/letters.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { rateOption, timeOption, UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { planJson, planLines, type ReplayPlan } from '../replay-plan.ts'
import type { World } from '../world.ts'
import { doubtsOf } from './dlq-replay.ts'

/** What commander gives. */
export interface ReplayEventsFlags extends StateFlags {
  readonly from: string
  readonly to?: string
  readonly destination: string
  readonly rate?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly json?: boolean
}

/** Exit 1 when some of them died, or the end was not seen. */
export async function replayCommand(flags: ReplayEventsFlags, world: World, ask: Ask = askHolder): Promise<number> {
  const perSecond = rateOption(flags.rate)
  const period = await periodOf(flags, world)
  const plan = await planned(flags, period, world)
  if (flags.dryRun || plan.kept.events === 0) return showPlan(plan, flags, world)
  if (!flags.json) for (const line of linesFor(plan, world.stderr)) world.stderr.write(`${line}\n`)
  const asked: Asked = { kind: 'replay_events', destination: flags.destination, ...period, perSecond }
  return await askAndFollow({ asked, flags, beside: plan.beside, perSecond, sentence: againSentence }, world, ask)
}

/** Never past now: what has yet to come was not had. */
async function periodOf({ from: fromText, to: toText }: ReplayEventsFlags, world: World): Promise<Period> {
  const now = world.clock.now()
  const from = await timeOption('--from', fromText, world)
  const to = toText === undefined ? now : Math.min(now, await timeOption('--to', toText, world))
  if (from >= to)
    throw new UsageError(
      `--from ${fromText} is not before ${toText === undefined ? 'now' : `--to ${toText}`}; the first is the earlier one`,
    )
  return { from, to }
}

async function planned(flags: ReplayEventsFlags, period: Period, world: World): Promise<ReplayPlan> {
  const { reader } = await openState(flags, world)
  try {
    return await planOf(reader, flags, period, world)
  } finally {
    await reader.close()
  }
}

async function planOf(
  reader: StoreReader,
  { destination: name, rate }: ReplayEventsFlags,
  period: Period,
  { clock }: World,
): Promise<ReplayPlan> {
  const { destinations } = await reader.overview(clock.now())
  requireDestination(
    '--destination',
    name,
    destinations.map((one) => one.name),
  )
  const found = destinations.find((one) => one.name === name) as DestinationOverview
  requireSendable(found)
  const kept = (await reader.keptEvents(name, period)) as KeptEvents
  const { waiting, retrying, dead } = found
  const aside = { waiting, retrying, dead }
  return { destination: name, period, rate, kept, aside, doubts: doubtsOf(found), beside: await reader.holderAlive() }
}

function showPlan(plan: ReplayPlan, { json, dryRun }: ReplayEventsFlags, { stdout }: World): number {
  if (json) stdout.write(`${JSON.stringify(planJson(plan, dryRun === true), null, 2)}\n`)
  else {
    for (const line of linesFor(plan, stdout)) stdout.write(`${line}\n`)
    if (plan.kept.events > 0) stdout.write('nothing was sent; without --dry-run they go\n')
  }
  return EXIT.done
}

function linesFor(plan: ReplayPlan, output: World['stdout']): readonly string[] {
  return planLines(plan, { paint: paintFor(output), width: output.columns ?? Infinity })
}
