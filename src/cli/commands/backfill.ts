// `backfill`: reads again what a source has of a period; or ends one that is under way.
import type { RelayConfig } from '../../config/config.ts'
import { requireRemembered } from '../../store/backfilling.ts'
import { RELAY_SOURCE } from '../../store/notices.ts'
import type { StoreReader } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { durationText } from '../../telemetry/units.ts'
import { askAndFollow, askHolder, type Ask } from '../dlq/asking.ts'
import { type ReportFlags, reportRequest } from '../control-report.ts'
import { named, shownSourceList } from '../control-view.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { rateOption, timeOption, UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { whole } from '../replay-plan.ts'
import { type BackfillAsked, backfillWords, periodText } from '../sources/backfill-words.ts'
import { openBackfills } from '../sources/read-detail.ts'
import { configured, windowsOf } from '../sources/view.ts'
import { wrap } from '../text-width.ts'
import type { World } from '../world.ts'

/** What commander gives. */
export interface BackfillFlags extends StateFlags, ReportFlags {
  readonly from?: string
  readonly to?: string
  readonly rate?: string
  readonly again?: boolean
  readonly yes?: boolean
  readonly wait?: boolean
  /** The number of one that is under way. */
  readonly cancel?: string
}

/** Exit 1 when it failed, or its end was not seen. */
export async function backfillCommand(
  source: string,
  flags: BackfillFlags,
  world: World,
  ask: Ask = askHolder,
): Promise<number> {
  if (flags.cancel !== undefined) return cancel(source, flags, world, ask)
  const perSecond = rateOption(flags.rate)
  const asked: BackfillAsked = {
    kind: 'backfill',
    source,
    ...(await periodOf(flags, world)),
    perSecond,
    again: flags.again === true,
  }
  const { beside, warnings } = await checked(asked, flags, world)
  if (asked.again && !flags.yes)
    throw new UsageError(
      '--again may deliver events a second time, where it is no longer remembered that they were read; add --yes if you mean it',
    )
  if (!flags.json) tell(asked, { beside, warnings, waits: flags.wait !== false }, world)
  const words = backfillWords(source, () => world.clock.monotonic())
  return askAndFollow({ asked, flags, beside, perSecond, sentence: () => '', words }, world, ask)
}

async function periodOf(flags: BackfillFlags, world: World): Promise<{ from: number; to: number }> {
  const { from: fromText, to: toText } = flags
  if (fromText === undefined || toText === undefined)
    throw new UsageError('a backfill needs --from and --to, such as --from 2026-05-01 --to 2026-05-08')
  const from = await timeOption('--from', fromText, world)
  const to = await timeOption('--to', toText, world)
  if (from >= to) throw new UsageError(`--from ${fromText} is not before --to ${toText}; the first is the earlier one`)
  if (to > world.clock.now())
    throw new UsageError(`--to ${toText}: that is in the future; what has yet to come is read anyway, as it comes`)
  return { from, to }
}

interface Facts {
  /** Whether a relay runs. */
  readonly beside: boolean
  /** Sentences. */
  readonly warnings: readonly string[]
}

async function checked(asked: BackfillAsked, flags: BackfillFlags, world: World): Promise<Facts> {
  const { reader, config } = await openState(flags, world)
  try {
    return await factsOf(asked, reader, config, world)
  } finally {
    await reader.close()
  }
}

async function factsOf(
  asked: BackfillAsked,
  reader: StoreReader,
  config: RelayConfig | undefined,
  { clock }: World,
): Promise<Facts> {
  const { source, from, to } = asked
  const now = clock.now()
  const { why } = named(source, shownSourceList(await reader.overview(now), config), 'source')
  if (source === RELAY_SOURCE)
    throw new UsageError(`${source} is the relay itself; "audit-relay replay" sends again what it said`)
  if (why.includes('not_configured'))
    throw new UsageError(`${source} is not in the configuration, so it cannot be read`)
  if (why.includes('command'))
    throw new UsageError(`${source} is disabled and not read; "audit-relay sources enable ${source}" first`)
  const windows = windowsOf(configured(config, source))
  if (windows === null)
    throw new UsageError(
      `${source} cannot be read by time, so there is no period to read again; "audit-relay replay" sends again what was read and is kept`,
    )
  if (windows && to > now - windows.settleMs)
    throw new UsageError(
      `--to lies within the last ${durationText(windows.settleMs)}, which ${source} may still be adding to ("settle"): they are read anyway, as soon as they are old enough`,
    )
  requireRemembered(asked, await reader.forgottenTo(source))
  const warnings: string[] = []
  const horizon = windows?.retentionMs == null ? -Infinity : now - windows.retentionMs
  if (from < horizon)
    warnings.push(
      `What is older than ${whole(horizon)} is taken for lost at the source (retention: ${durationText(now - horizon)}): it is asked for, but may have nothing to give.`,
    )
  const [before] = await openBackfills(reader, source)
  if (before) warnings.push(`Backfill ${before.id} of ${source} is under way; this one begins when that is over.`)
  return { beside: await reader.holderAlive(), warnings }
}

function tell(
  asked: BackfillAsked,
  { beside, warnings, waits }: Facts & { readonly waits: boolean },
  { stderr }: World,
): void {
  const paint = paintFor(stderr)
  const width = stderr.columns ?? Infinity
  const say = (text: string, painted: (line: string) => string): void => {
    for (const line of wrap(printable(text), width)) stderr.write(`${painted(line)}\n`)
  }
  say(`Reading ${asked.source} again: what occurred from ${periodText(asked)}`, paint.strong)
  for (const warning of warnings) say(warning, paint.warning)
  if (beside) return
  const here = 'it is read here, and nothing else is. What is new is delivered meanwhile.'
  say(`No relay runs: ${waits ? here : 'the next run reads it. Without --no-wait it would be read here.'}`, paint.faint)
}

async function cancel(source: string, flags: BackfillFlags, world: World, ask: Ask): Promise<number> {
  const text = flags.cancel ?? ''
  if (flags.from !== undefined || flags.to !== undefined)
    throw new UsageError('--cancel ends a backfill: leave --from and --to out')
  const { reader } = await openState(flags, world)
  try {
    const open = await openBackfills(reader, source)
    const numbers = open.map(({ id }) => String(id))
    if (!numbers.includes(text)) {
      const there = numbers.length === 0 ? 'none is under way' : `under way: ${numbers.join(', ')}`
      throw new UsageError(`--cancel ${text}: ${source} has no such backfill; ${there}`)
    }
  } finally {
    await reader.close()
  }
  const asked = { kind: 'cancel_backfill', backfill: Number(text) } as const
  const request = await ask(asked, flags, world, { progress: () => {}, wait: true })
  return reportRequest(`backfill ${text}`, request, flags, world)
}
