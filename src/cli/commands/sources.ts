// `sources list | disable | enable`: whether a source is read, by command.
import { countText } from '../../telemetry/units.ts'
import { askHolder } from '../ask.ts'
import { agoText, type ReportFlags, reportRequest, timeOrNull, whyText } from '../control-report.ts'
import { named, type ShownSource, shownSourceList } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { paintFor } from '../paint.ts'
import { renderTable } from '../table.ts'
import type { World } from '../world.ts'

export type SourcesFlags = StateFlags & ReportFlags

async function readSources(flags: StateFlags, world: World): Promise<readonly ShownSource[]> {
  const { reader, config } = await openState(flags, world)
  try {
    return shownSourceList(await reader.overview(world.clock.now()), config)
  } finally {
    await reader.close()
  }
}

export async function listSources(flags: SourcesFlags, world: World): Promise<number> {
  showSources(await readSources(flags, world), flags, world)
  return EXIT.done
}

/** Prints the list. */
export function showSources(all: readonly ShownSource[], { json }: ReportFlags, world: World): void {
  const { stdout } = world
  if (json) return stdout.write(`${JSON.stringify({ sources: all.map(asJson) }, null, 2)}\n`)
  if (all.length === 0) return stdout.write('There is no source.\n')
  const paint = paintFor(stdout)
  const colours = { Active: paint.good, 'Active with errors': paint.bad, Inactive: paint.warning }
  const now = world.clock.now()
  const rows = all.map((one) => [
    { text: one.name, paint: paint.strong },
    { text: one.type ?? '-' },
    { text: one.status, paint: colours[one.status] },
    { text: whyText(one.why) },
    { text: countText(one.pulled) },
    { text: agoText(one.lastEventAt, now) },
    { text: agoText(one.lastPullAt, now) },
  ])
  const lines = renderTable(columns, rows, { width: stdout.columns, paintTitle: paint.faint })
  stdout.write(`${lines.join('\n')}\n`)
}

const columns = [
  { title: 'SOURCE' },
  { title: 'TYPE', yields: 4 },
  { title: 'STATUS' },
  { title: 'WHY INACTIVE', yields: 1 },
  { title: 'PULLED', align: 'right' },
  { title: 'LAST EVENT', yields: 2 },
  { title: 'LAST PULL', yields: 3 },
] as const

function asJson(one: ShownSource): object {
  return {
    name: one.name,
    type: one.type,
    status: one.status,
    inactive_because: one.why,
    pulled: one.pulled,
    last_event_at: timeOrNull(one.lastEventAt),
    last_pull_at: timeOrNull(one.lastPullAt),
  }
}

/** Stops or starts the reading of a source. */
export async function setSource(name: string, enabled: boolean, flags: SourcesFlags, world: World): Promise<number> {
  named(name, await readSources(flags, world), 'source')
  const kind = enabled ? 'enable_source' : 'disable_source'
  const request = await askHolder({ kind, source: name }, flags, world)
  return reportRequest(name, request, flags, world)
}
