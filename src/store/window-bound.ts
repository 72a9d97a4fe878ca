// How much of the past one window may be compared with. Both stores use it.
import { WindowError } from '../model/errors.ts'
import { RecentEvents, wordsOf } from './recent-events.ts'

/**
 * How many identities, a power of two; those of the most recent events do not count. They are read within one transaction, which nothing
 * else can interrupt: so many take a tenth of a second and, with their slots, 16 MiB. A window with more is read in halves.
 */
export const WINDOW_KEYS = 524_288

/** Remembers the identities of a page in the table of a window. Throws `WindowError` when they do not fit. */
export function addPage(
  table: RecentEvents,
  index: { keys: Uint8Array; fingerprints: Uint8Array; count: number },
): void {
  const keys = wordsOf(index.keys)
  const prints = wordsOf(index.fingerprints)
  for (let event = 0; event < index.count; event++) {
    if (table.look(keys, event, prints, event) === 'same') continue
    if (table.full)
      throw new WindowError(
        'too_wide',
        `the window holds more than ${table.size} events that were read before; read narrower ones ("max_window")`,
      )
    table.add(keys, event, prints, event)
  }
}
