// What commands say of dead letters whose end is announced.
import type { DestinationOverview } from '../store/store.ts'
import { countText, durationText } from '../telemetry/units.ts'

/** What is announced to be purged of one destination, if anything is. */
export type AnnouncedPurge = Pick<DestinationOverview, 'name' | 'dead' | 'purge'>

/** How many go, and when at the earliest; null when no purge is announced. */
export function purgeText({ dead, purge }: AnnouncedPurge): string | null {
  if (!purge) return null
  const { letters, inMs } = purge
  const which = letters === dead ? 'all' : `${countText(letters)} of`
  const noun = dead === 1 ? 'its dead letter' : `${which} ${countText(dead)} dead letters`
  return `${noun} will be purged ${inMs > 0 ? `in ${durationText(inMs)} at the earliest` : 'now'}`
}

/** The machine form: a number of letters and how many seconds are left at least; null when no purge is announced. */
export function purgeJson({ purge }: Pick<AnnouncedPurge, 'purge'>): { letters: number; in_seconds: number } | null {
  return purge && { letters: purge.letters, in_seconds: Math.floor(purge.inMs / 1000) }
}
