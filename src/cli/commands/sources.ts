// `sources list | disable | enable`: how far each source has been read, and whether it is read, by command.
import type { RelayConfig } from '../../config/config.ts'
import { RELAY_SOURCE } from '../../store/notices.ts'
import type { Overview, StoreReader } from '../../store/store.ts'
import { countText, secondsText } from '../../telemetry/units.ts'
import { askHolder } from '../ask.ts'
import { type ListForm, readList, showList } from '../control-list.ts'
import { agoText, type ReportFlags, reportRequest, timeOrNull } from '../control-report.ts'
import { named, type ShownSource, shownSourceList } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import type { StateFlags } from '../open-state.ts'
import { liveFrontier } from '../sources/view.ts'
import type { World } from '../world.ts'

export type SourcesFlags = StateFlags & ReportFlags

/** A source of the list. `frontier`: source time up to which it has been read, its slowest part; null when it is not read by time. */
export interface ListedSource extends ShownSource {
  readonly frontier: number | null
}

const form: ListForm<ListedSource> = {
  what: 'source',
  columns: [
    { title: 'BEHIND', align: 'right' },
    { title: 'PULLED', align: 'right', yields: 2 },
    { title: 'LAST EVENT', yields: 3 },
    { title: 'LAST PULL', yields: 4 },
    { title: 'NEXT PULL', yields: 5 },
  ],
  cells: ({ pulled, frontier, lastEventAt, lastPullAt, nextPullAt }, now) => [
    { text: frontier === null ? '-' : secondsText(now - frontier) },
    { text: countText(pulled) },
    { text: agoText(lastEventAt, now) },
    { text: agoText(lastPullAt, now) },
    { text: nextPullAt === null ? '-' : nextPullAt <= now ? 'now' : `in ${secondsText(nextPullAt - now)}` },
  ],
  json: ({ pulled, frontier, lastEventAt, lastPullAt, nextPullAt }) => ({
    pulled,
    read_up_to: timeOrNull(frontier),
    last_event_at: timeOrNull(lastEventAt),
    last_pull_at: timeOrNull(lastPullAt),
    next_pull_at: timeOrNull(nextPullAt),
  }),
}

export async function listSources(flags: SourcesFlags, world: World): Promise<number> {
  showList(await readList(listed, flags, world), form, flags, world)
  return EXIT.done
}

function listed(
  overview: Overview,
  config: RelayConfig | undefined,
  reader: StoreReader,
): Promise<readonly ListedSource[]> {
  const sources = shownSourceList(overview, config)
  return Promise.all(
    sources.map(async (source) => ({ ...source, frontier: liveFrontier(await reader.cursors(source.name)) })),
  )
}

/** Stops or starts the reading of a source. */
export async function setSource(name: string, enabled: boolean, flags: SourcesFlags, world: World): Promise<number> {
  // The relay's own may not be listed yet; why it is not stopped is the holder's to say, and to audit.
  if (name !== RELAY_SOURCE) named(name, await readList(shownSourceList, flags, world), 'source')
  const kind = enabled ? 'enable_source' : 'disable_source'
  const request = await askHolder({ kind, source: name }, flags, world)
  return reportRequest(name, request, flags, world)
}
