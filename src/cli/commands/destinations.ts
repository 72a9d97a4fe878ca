// `destinations list | disable | enable | remove`: the life of a destination by command.
import { counted, countText } from '../../telemetry/units.ts'
import { printable } from '../../telemetry/escape.ts'
import { askHolder } from '../ask.ts'
import { agoText, type ReportFlags, reportRequest, timeOrNull, whyText } from '../control-report.ts'
import { named, type ShownDestination, shownDestinations } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { renderTable } from '../table.ts'
import type { World } from '../world.ts'

export type DestinationsFlags = StateFlags & ReportFlags

async function readDestinations(flags: StateFlags, world: World): Promise<readonly ShownDestination[]> {
  const { reader, config } = await openState(flags, world)
  try {
    return shownDestinations(await reader.overview(world.clock.now()), config)
  } finally {
    await reader.close()
  }
}

export async function listDestinations(flags: DestinationsFlags, world: World): Promise<number> {
  showDestinations(await readDestinations(flags, world), flags, world)
  return EXIT.done
}

/** Prints the list. */
export function showDestinations(all: readonly ShownDestination[], { json }: ReportFlags, world: World): void {
  const { stdout } = world
  if (json) return stdout.write(`${JSON.stringify({ destinations: all.map(asJson) }, null, 2)}\n`)
  if (all.length === 0) return stdout.write('There is no destination.\n')
  const paint = paintFor(stdout)
  const colours = { Active: paint.good, 'Active with errors': paint.bad, Inactive: paint.warning }
  const rows = all.map((one) => [
    { text: one.name, paint: paint.strong },
    { text: one.type },
    { text: one.status, paint: colours[one.status] },
    { text: whyText(one.why) + (one.discards ? ', drops what comes' : '') },
    { text: countText(one.waiting + one.retrying) },
    { text: countText(one.dead) },
    { text: agoText(one.lastSuccessAt, world.clock.now()) },
  ])
  const lines = renderTable(columns, rows, { width: stdout.columns, paintTitle: paint.faint })
  stdout.write(`${lines.join('\n')}\n`)
}

const columns = [
  { title: 'DESTINATION' },
  { title: 'TYPE', yields: 3 },
  { title: 'STATUS' },
  { title: 'WHY INACTIVE', yields: 1 },
  { title: 'WAITING', align: 'right' },
  { title: 'DEAD', align: 'right' },
  { title: 'LAST SUCCESS', yields: 2 },
] as const

function asJson(one: ShownDestination): object {
  return {
    name: one.name,
    type: one.type,
    status: one.status,
    inactive_because: one.why,
    discards: one.discards,
    waiting: one.waiting,
    retrying: one.retrying,
    dead: one.dead,
    last_success_at: timeOrNull(one.lastSuccessAt),
  }
}

export async function disableDestination(
  name: string,
  flags: DestinationsFlags & { readonly discard?: boolean; readonly yes?: boolean },
  world: World,
): Promise<number> {
  const destination = named(name, await readDestinations(flags, world), 'destination')
  const discard = flags.discard === true
  if (discard && !flags.yes)
    throw new UsageError(
      `--discard drops ${counted(destination.waiting + destination.retrying, 'waiting event')} of ${name} for good, and whatever comes until it is enabled; add --yes if you mean it`,
    )
  const request = await askHolder({ kind: 'disable_destination', destination: name, discard }, flags, world)
  return reportRequest(name, request, flags, world)
}

export async function enableDestination(name: string, flags: DestinationsFlags, world: World): Promise<number> {
  const { why } = named(name, await readDestinations(flags, world), 'destination')
  if (why.includes('file'))
    throw new UsageError(
      `the configuration disables ${name}: set "enabled: true" there and restart the relay${why.includes('command') ? '; then enable it here too' : ''}`,
    )
  const request = await askHolder({ kind: 'enable_destination', destination: name }, flags, world)
  return reportRequest(name, request, flags, world)
}

export async function removeDestination(
  name: string,
  flags: DestinationsFlags & { readonly yes?: boolean },
  world: World,
): Promise<number> {
  const destination = named(name, await readDestinations(flags, world), 'destination')
  if (!destination.why.includes('not_configured'))
    throw new UsageError(
      `${name} is in the configuration: take it out there and restart the relay first; "destinations disable ${name}" stops it meanwhile`,
    )
  const { waiting, retrying, dead } = destination
  if (!flags.yes)
    throw new UsageError(
      `removing ${name} would drop ${counted(waiting + retrying, 'waiting event')} and ${counted(dead, 'dead letter')} for good; add --yes if you mean it`,
    )
  const request = await askHolder({ kind: 'remove_destination', destination: name }, flags, world)
  return reportRequest(printable(name), request, flags, world)
}
