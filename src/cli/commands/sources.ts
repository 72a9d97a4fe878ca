// `sources list | disable | enable`: whether a source is read, by command.
import { RELAY_SOURCE } from '../../store/notices.ts'
import { countText } from '../../telemetry/units.ts'
import { askHolder } from '../ask.ts'
import { type ListForm, readList, showList } from '../control-list.ts'
import { agoText, type ReportFlags, reportRequest, timeOrNull } from '../control-report.ts'
import { named, type ShownSource, shownSourceList } from '../control-view.ts'
import { EXIT } from '../exit-codes.ts'
import type { StateFlags } from '../open-state.ts'
import type { World } from '../world.ts'

export type SourcesFlags = StateFlags & ReportFlags

const form: ListForm<ShownSource> = {
  what: 'source',
  columns: [
    { title: 'PULLED', align: 'right' },
    { title: 'LAST EVENT', yields: 2 },
    { title: 'LAST PULL', yields: 3 },
  ],
  cells: ({ pulled, lastEventAt, lastPullAt }, now) => [
    { text: countText(pulled) },
    { text: agoText(lastEventAt, now) },
    { text: agoText(lastPullAt, now) },
  ],
  json: ({ pulled, lastEventAt, lastPullAt }) => ({
    pulled,
    last_event_at: timeOrNull(lastEventAt),
    last_pull_at: timeOrNull(lastPullAt),
  }),
}

export async function listSources(flags: SourcesFlags, world: World): Promise<number> {
  showList(await readList(shownSourceList, flags, world), form, flags, world)
  return EXIT.done
}

/** Stops or starts the reading of a source. */
export async function setSource(name: string, enabled: boolean, flags: SourcesFlags, world: World): Promise<number> {
  // The relay's own may not be listed yet; why it is not stopped is the holder's to say, and to audit.
  if (name !== RELAY_SOURCE) named(name, await readList(shownSourceList, flags, world), 'source')
  const kind = enabled ? 'enable_source' : 'disable_source'
  const request = await askHolder({ kind, source: name }, flags, world)
  return reportRequest(name, request, flags, world)
}
