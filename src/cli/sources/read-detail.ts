// Reads all that is to be known of one source out of the state.
import type { RelayConfig, SourceConfig } from '../../config/config.ts'
import { isUnderWay } from '../../store/going-through.ts'
import type { Notice } from '../../store/notices.ts'
import type { StoredRequest } from '../../store/requests.ts'
import type { StoreReader } from '../../store/store.ts'
import { durationText } from '../../telemetry/units.ts'
import { named, shownSourceList } from '../control-view.ts'
import { configured, lanesOf, type SourceDetail, windowsOf } from './view.ts'

/** Among the newest of all requests and notices: older ones are found by `audit`. */
const lookedThrough = 1000
const shownGaps = 5

/** Throws `UsageError`, with the nearest name, when there is no such source. */
export async function readDetail(
  reader: StoreReader,
  config: RelayConfig | undefined,
  name: string,
  now: number,
): Promise<SourceDetail> {
  const overview = await reader.overview(now)
  const shown = named(name, shownSourceList(overview, config), 'source')
  const source = configured(config, name)
  const cursors = await reader.cursors(name)
  const windows = windowsOf(source)
  const lanes = lanesOf(cursors, now, windows?.maxWindowMs)
  return {
    shown,
    known: overview.sources.find((one) => one.name === name),
    schedule: source ? scheduleText(source) : null,
    windows,
    lanes,
    ownCursors: cursors.length - lanes.length,
    backfills: await openBackfills(reader, name),
    gaps: await gapsOf(reader, name),
    forgottenTo: await reader.forgottenTo(name),
    now,
  }
}

/** Those that are not over, in the order in which they take their turns. */
export async function openBackfills(reader: StoreReader, source: string): Promise<readonly StoredRequest[]> {
  const requests = await reader.requests(lookedThrough)
  const open = requests.filter((one) => isUnderWay(one) && one.asked.kind === 'backfill' && one.asked.source === source)
  return open.toReversed()
}

async function gapsOf(reader: StoreReader, source: string): Promise<readonly Notice[]> {
  const notices = await reader.notices(lookedThrough)
  return notices.filter((one) => one.kind === 'source_gap' && one.source === source).slice(0, shownGaps)
}

function scheduleText({ everyMs, cron }: SourceConfig): string {
  return cron === undefined ? `every ${durationText(everyMs)}` : `at "${cron}" (UTC)`
}
