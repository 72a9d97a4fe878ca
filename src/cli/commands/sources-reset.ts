// `sources reset`: sets how far a source has been read back, or forward, to a time. It says what that means before it is done.
import { LIVE } from '../../polling/lanes.ts'
import { type LaneMove, type Left, leftIn, movesTo } from '../../polling/reset.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import { printable } from '../../telemetry/escape.ts'
import { requireResettable } from '../../upkeep/reset.ts'
import { askHolder, type Ask } from '../dlq/asking.ts'
import { reportRequest } from '../control-report.ts'
import { named, shownSourceList } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import { openState } from '../open-state.ts'
import { readingIn } from '../sources/view.ts'
import { timeOption, UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { whole } from '../replay-plan.ts'
import { wrap } from '../text-width.ts'
import type { World } from '../world.ts'
import type { SourcesFlags } from './sources.ts'

export interface ResetFlags extends SourcesFlags {
  readonly to: string
  readonly part?: string
  readonly yes?: boolean
}

/** What a reset would do. */
export interface ResetPlan {
  readonly source: string
  readonly to: number
  /** Of live reading, and what is removed. */
  readonly moves: readonly LaneMove[]
  /** What was read otherwise, and goes. */
  readonly left?: Left | null
  /** Source time up to which what was read may be forgotten. */
  readonly forgottenTo: number | null
  readonly now: number
}

export async function resetSourceCommand(
  name: string,
  flags: ResetFlags,
  world: World,
  ask: Ask = askHolder,
): Promise<number> {
  const to = await timeOption('--to', flags.to, world)
  if (to > world.clock.now())
    throw new UsageError(`--to ${flags.to}: that is in the future; what has yet to come cannot be passed over`)
  const part = flags.part ?? null
  const plan = await planned(name, { part, to }, flags, world)
  if (!flags.yes) return showPlan(plan, flags, world)
  const asked = { kind: 'reset_source', source: name, part, to } as const
  const request = await ask(asked, flags, world, { progress: () => {}, wait: true })
  return reportRequest(name, request, flags, world)
}

async function planned(
  name: string,
  { part, to }: { part: string | null; to: number },
  flags: ResetFlags,
  world: World,
): Promise<ResetPlan> {
  const { reader, config } = await openState(flags, world)
  try {
    const now = world.clock.now()
    named(name, shownSourceList(await reader.overview(now), config), 'source')
    const cursors = await reader.cursors(name)
    const reading = readingIn(config)(name)
    requireResettable({ source: name, part }, cursors, reading)
    const all = movesTo(cursors, { part, to }, reading)
    const moves = all.filter(({ lane, value }) => lane === LIVE || value === null)
    const left = leftIn(cursors, reading)
    return { source: name, to, moves, left, forgottenTo: await reader.forgottenTo(name), now }
  } finally {
    await reader.close()
  }
}

function showPlan(plan: ResetPlan, { json }: ResetFlags, { stdout }: World): number {
  if (json) {
    stdout.write(`${JSON.stringify(planJson(plan), null, 2)}\n`)
    return EXIT.done
  }
  const paint = paintFor(stdout)
  const width = stdout.columns ?? Infinity
  for (const { text, isLoss } of planTexts(plan))
    for (const line of wrap(printable(text), width)) stdout.write(`${isLoss ? paint.warning(line) : line}\n`)
  if (plan.moves.length > 0) stdout.write('nothing was changed; with --yes it is\n')
  return EXIT.done
}

/** In plain words, one sentence for each part and what follows from it. */
export function planTexts(plan: ResetPlan): readonly { readonly text: string; readonly isLoss: boolean }[] {
  const { source, to, moves, forgottenTo, left } = plan
  if (moves.length === 0)
    return [{ text: `${source} has been read to ${whole(to)} already; there is nothing to change.`, isLoss: false }]
  const set = moves.filter(({ value }) => value !== null)
  if (set.length === 0) return [{ text: removedText(plan), isLoss: moves.some(({ lane }) => lane === LIVE) }]
  const repeats = forgottenTo !== null && to <= forgottenTo && set.some(({ from }) => from === null || from > to)
  return [
    ...set.map((move) => moveText(move, plan)),
    ...(left ? [{ text: `What is left of reading it as ${left.as} would be removed.`, isLoss: false }] : []),
    ...(left?.isUnlisted ? [{ text: unlistedText(plan), isLoss: true }] : []),
    ...(repeats
      ? [
          {
            text: `What was read is remembered only for times after ${whole(Math.ceil(forgottenTo / 1000) * 1000)}: older events that were delivered before would be delivered again.`,
            isLoss: true,
          },
        ]
      : []),
  ]
}

function removedText(plan: ResetPlan): string {
  const { source, moves: gone, left } = plan
  const live = gone.filter(({ lane }) => lane === LIVE)
  const anew = live.length > 0 ? ', and it would begin as the file says' : ''
  const from = Math.min(...live.map((move) => move.from ?? Infinity))
  const lost =
    from === Infinity
      ? ''
      : ` It has been read to ${wholeSecond(from)}: what comes after that and before its new beginning would not be read. It is audited as a gap.`
  const what = `What is left of reading it ${left ? `as ${left.as}` : 'otherwise'} (${counted(gone.length, 'lane')}) would be removed`
  return left?.isUnlisted
    ? `${unlistedText(plan)} ${what}.${lost}`
    : `${source} keeps a place of its own, which no time can set. ${what}${anew}.${lost}`
}

/** With an hour to spare until it is read. */
function unlistedText({ source, to, now }: ResetPlan): string {
  const hours = Math.ceil((now - to) / 3_600_000) + 1
  return (
    `Which parts ${source} has now is not known before it is read: they begin at its "start", not at ${whole(to)}. To have them read from ` +
    `there write "start: ${hours}h" into the file first; or reset it again once they were read.`
  )
}

function moveText({ part, from, isNew }: LaneMove, { source, to }: ResetPlan): { text: string; isLoss: boolean } {
  const what = part === '' ? source : `${source}, part ${part}`
  if (isNew) return { text: `${what} would be read from ${whole(to)} on.`, isLoss: false }
  if (from === null)
    return { text: `${what}: how far it was read is unknown. It would be read from ${whole(to)} on.`, isLoss: true }
  const span = durationText(Math.abs(from - to))
  const was = `${what} has been read to ${wholeSecond(from)}`
  if (to < from)
    return {
      text: `${was}. The ${span} back to ${whole(to)} would be read again; what is known from then is dropped, what is new is delivered.`,
      isLoss: false,
    }
  if (to === from) return { text: `${was}. It would be read on from there, as it is configured now.`, isLoss: false }
  return {
    text: `${was}. The ${span} up to ${whole(to)} would be passed over: events of that time that have not been read are lost to you, unless you backfill them. It is audited as a gap.`,
    isLoss: true,
  }
}

function wholeSecond(ms: number): string {
  return whole(Math.floor(ms / 1000) * 1000)
}

/** The same for programs. */
export function planJson({ source, to, moves, left = null, forgottenTo }: ResetPlan): object {
  return {
    source,
    to: whole(to),
    done: false,
    // Null: nothing is set to a time, and it begins as the file says.
    read_from: moves.length > 0 && moves.every(({ value }) => value === null) ? null : whole(to),
    removed: left?.as ?? null,
    moves: moves.map(({ part, from, value, isNew }) => ({
      part,
      from: from === null ? null : whole(from),
      direction: value === null ? 'removed' : isNew ? 'new' : directionOf(from, to),
    })),
    remembered_after: forgottenTo === null ? null : whole(Math.floor(forgottenTo)),
  }
}

function directionOf(from: number | null, to: number): string {
  if (from === null) return 'unknown'
  if (from === to) return 'same'
  return from > to ? 'back' : 'forward'
}
