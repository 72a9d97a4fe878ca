// Tells what became of a page that was committed: to the log, in the same words for live reading and for a backfill.
import type { Committed } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { EncodedPage } from './page-encoder.ts'

/** Returns how many events were new. A record that was quarantined before counts as seen before, as it does in the state. */
export function tellCommitted(
  telemetry: Telemetry,
  source: string,
  { page, quarantined: read }: Pick<EncodedPage, 'page' | 'quarantined'>,
  { seqs, duplicates, quarantined, conflicts }: Committed,
): number {
  const events = seqs.to - seqs.from
  if (page.count > 0 || read.length > 0)
    telemetry.emit({ type: 'page_committed', source, events, duplicates, quarantined })
  for (const conflict of conflicts) telemetry.emit({ type: 'conflict', source, ...conflict })
  return events
}
