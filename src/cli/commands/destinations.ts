// `destinations list | disable | enable | remove`: the life of a destination by command.
import { counted, countText } from '../../telemetry/units.ts'
import { printable } from '../../telemetry/escape.ts'
import { askHolder } from '../ask.ts'
import { type ListForm, readList, showList } from '../control-list.ts'
import { agoText, type ReportFlags, reportRequest, timeOrNull } from '../control-report.ts'
import { named, type ShownDestination, shownDestinations } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import type { StateFlags } from '../open-state.ts'
import { UsageError } from '../options.ts'
import type { World } from '../world.ts'

export type DestinationsFlags = StateFlags & ReportFlags

const form: ListForm<ShownDestination> = {
  what: 'destination',
  columns: [
    { title: 'WAITING', align: 'right' },
    { title: 'DEAD', align: 'right' },
    { title: 'LAST SUCCESS', yields: 2 },
  ],
  cells: ({ waiting, retrying, dead, lastSuccessAt }, now) => [
    { text: countText(waiting + retrying) },
    { text: countText(dead) },
    { text: agoText(lastSuccessAt, now) },
  ],
  remark: ({ discards }) => (discards ? ', drops what comes' : ''),
  json: ({ discards, waiting, retrying, dead, lastSuccessAt }) => ({
    discards,
    waiting,
    retrying,
    dead,
    last_success_at: timeOrNull(lastSuccessAt),
  }),
}

export async function listDestinations(flags: DestinationsFlags, world: World): Promise<number> {
  showList(await readList(shownDestinations, flags, world), form, flags, world)
  return EXIT.done
}

export async function disableDestination(
  name: string,
  flags: DestinationsFlags & { readonly discard?: boolean; readonly yes?: boolean },
  world: World,
): Promise<number> {
  const destination = named(name, await readList(shownDestinations, flags, world), 'destination')
  const discard = flags.discard === true
  if (discard && !flags.yes)
    throw new UsageError(
      `--discard drops ${counted(destination.waiting + destination.retrying, 'waiting event')} of ${name} for good, and whatever comes until it is enabled; add --yes if you mean it`,
    )
  const request = await askHolder({ kind: 'disable_destination', destination: name, discard }, flags, world)
  return reportRequest(name, request, flags, world)
}

export async function enableDestination(name: string, flags: DestinationsFlags, world: World): Promise<number> {
  const { why } = named(name, await readList(shownDestinations, flags, world), 'destination')
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
  const destination = named(name, await readList(shownDestinations, flags, world), 'destination')
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
