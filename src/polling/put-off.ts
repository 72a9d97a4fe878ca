// A source that may not be asked yet, although a run would pull it now.
import type { PullRecord } from '../store/overview.ts'
import type { Pull, PollerParts } from './poller.ts'

/** What a run makes of a source that is not due: it counts as failed while it waits for what its last pull was told. */
export function putOff(
  { telemetry, clock, name }: Pick<PollerParts, 'telemetry' | 'clock' | 'name'>,
  last: PullRecord | null,
): Pull | null {
  if (!last || last.ok) return null
  const { error, nextAt: until = last.at } = last
  telemetry.emit({
    type: 'pull_put_off',
    source: name,
    until: new Date(until).toISOString(),
    text: error ?? 'no reason given',
  })
  return { ok: false, events: 0, nextInMs: Math.max(0, until - clock.now()) }
}
