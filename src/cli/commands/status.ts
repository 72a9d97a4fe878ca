// `status`: reads the overview in one short transaction, then shows it; nothing is written while the state is open.
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { durationOption } from '../options.ts'
import { paintFor } from '../paint.ts'
import { problemsOf, type Expectations } from '../status/assess.ts'
import { statusJson } from '../status/json.ts'
import { statusLines } from '../status/render.ts'
import type { World } from '../world.ts'
import { balances } from '../../store/balance.ts'
import type { Overview } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'

export interface StatusFlags extends StateFlags {
  readonly json?: boolean
  readonly check?: boolean
  readonly maxLag: string
  readonly scheduled?: boolean
}

/** Exit 1 when the balance does not hold, and with `--check` when there is any problem. */
export async function statusCommand(flags: StatusFlags, world: World): Promise<number> {
  const maxLagMs = await durationOption('--max-lag', flags.maxLag)
  const { overview, path, config } = await readOverview(flags, world)
  const configured = config?.sources.map(({ name }) => name)
  const bounds = { ...(config && { maxBytes: config.state.maxBytes }), ...(configured && { configured }) }
  const expected: Expectations = { maxLagMs, scheduled: flags.scheduled === true, ...bounds }
  return showStatus({ overview, state: path, expected, now: world.clock.now() }, flags, world)
}

async function readOverview(flags: StateFlags, world: World) {
  const { reader, path, config } = await openState(flags, world)
  try {
    return { overview: await reader.overview(world.clock.now()), path, config }
  } finally {
    await reader.close()
  }
}

interface Facts {
  readonly overview: Overview
  readonly state: string
  readonly expected: Expectations
  readonly now: number
}

/** Prints the overview in the form that was asked for, and returns the exit code. */
export function showStatus(
  facts: Facts,
  flags: Pick<StatusFlags, 'json' | 'check'>,
  world: Pick<World, 'stdout'>,
): number {
  const { stdout } = world
  const problems = problemsOf(facts.overview, facts.expected, facts.now)
  if (flags.json) stdout.write(`${JSON.stringify(statusJson(facts), null, 2)}\n`)
  else if (flags.check) for (const { subject, text } of problems) stdout.write(`${printable(`${subject}: ${text}`)}\n`)
  else stdout.write(`${statusLines({ ...facts, paint: paintFor(stdout), width: stdout.columns }).join('\n')}\n`)
  const failed = flags.check ? problems.length > 0 : !balances(facts.overview)
  return failed ? EXIT.failed : EXIT.done
}
