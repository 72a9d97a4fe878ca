// How long dead letters are kept, and how their end is announced. Pure; both stores use it. Ages are time that the relay has lived, ms.
import { Elapsed, type Lived, type Moment } from './elapsed.ts'
import { about, type NewNotice } from './notices.ts'
import type { DestinationOverview } from './overview.ts'

/** How long before a purge it is announced, at least. */
const aheadMs = 86_400_000
/** Room for the commit of the announcement, from which that time counts. */
const commitMs = 60_000
/** Letters purged in one transaction: short enough that nobody waits for it. */
const purgedAtOnce = 500
/** Names what happened in the notice of a purge that nobody asked for. */
const cause = 'kept_long_enough'

/** What became of the old dead letters of a destination in one step. */
export interface Expiry {
  /** Letters whose purge was announced by this step. */
  readonly announced: number
  /** Letters that were purged by this step: counted as dropped. */
  readonly purged: number
  /** There is more to purge now. */
  readonly more: boolean
}

export interface RetentionVerbs {
  /**
   * One step in the end of a destination's dead letters that have been dead for `keepMs`: announces a purge, or carries out one that was announced
   * at least a day before, a bounded number of letters. Counts time that the relay has lived, and does nothing while the wall clock disagrees with
   * it. Infinity keeps them for ever; a parked destination's stay, for nobody knows how long they are to be kept.
   */
  expireDeadLetters(destination: string, keepMs: number, now: number): Promise<Expiry>
}

/** Nothing happened. */
export const UNCHANGED: Expiry = { announced: 0, purged: 0, more: false }

/** A purge that is announced: of letters that died before an age, from another age on. */
export interface AnnouncedPurge {
  readonly before: number
  readonly from: number
}

/** The dead letters of one destination as a step sees them; provisional ones do not count. Everything within one transaction. */
export interface Shelf {
  readonly destination: string
  readonly purge: AnnouncedPurge | null
  /** How many died before an age; looks at no more than `limit`. */
  count(before: number, limit: number): number
  /** Removes the oldest of them, counted as dropped. Returns how many. */
  remove(before: number, limit: number): number
  setPurge(purge: AnnouncedPurge | null): void
  note(notice: NewNotice): void
}

/** One step, as `RetentionVerbs` has it. */
export function expire(shelf: Shelf, keepMs: number, at: Moment): Expiry {
  const pending = shelf.purge && stillMeant(shelf.purge, keepMs)
  // Replayed meanwhile, or kept longer now: then there is nothing left to say of it.
  if (!pending || shelf.count(pending.before, 1) === 0) return announce(shelf, keepMs, at)
  if (pending.before !== shelf.purge?.before) shelf.setPurge(pending)
  return at.age < pending.from ? UNCHANGED : carryOut(shelf, pending, at)
}

/** Who lengthens `keep` after the announcement means what was announced, too. */
function stillMeant({ before, from }: AnnouncedPurge, keepMs: number): AnnouncedPurge {
  return { before: Math.min(before, from - keepMs), from }
}

function announce(shelf: Shelf, keepMs: number, at: Moment): Expiry {
  const before = at.age - Math.max(keepMs - aheadMs, 0)
  const from = at.age + aheadMs + commitMs
  const letters = shelf.count(before, Infinity)
  if (letters === 0) {
    if (shelf.purge) shelf.setPurge(null)
    return UNCHANGED
  }
  const { destination } = shelf
  shelf.setPurge({ before, from })
  const purgeAt = new Date(at.now + aheadMs + commitMs).toISOString()
  const data = { destination, letters, died_before: wallTime(before, at), purge_at: purgeAt }
  shelf.note(about('dead_letters_expiring', { destinations: [destination], count: letters, data }))
  return { announced: letters, purged: 0, more: false }
}

function carryOut(shelf: Shelf, { before }: AnnouncedPurge, at: Moment): Expiry {
  const purged = shelf.remove(before, purgedAtOnce)
  const more = purged === purgedAtOnce
  if (!more) shelf.setPurge(null)
  const { destination } = shelf
  const data = { destination, cause, died_before: wallTime(before, at) }
  shelf.note(about('dead_letters_purged', { destinations: [destination], count: purged, cause, data }))
  return { announced: 0, purged, more }
}

/** What `status` shows of it. `lived` is what was saved last: a relay that is off counts on when it starts. */
export function purgeShown(
  { from }: AnnouncedPurge,
  letters: number,
  { lived, now }: { readonly lived: Lived | null; readonly now: number },
): DestinationOverview['purge'] {
  if (letters === 0) return null
  return { letters, inMs: Math.max(0, from - new Elapsed(lived, now, () => 0).ms()) }
}

/** When the relay had that age, by the wall clock of now: an estimate, for neither jumps nor the time off are in it. */
function wallTime(age: number, at: Moment): string {
  return new Date(at.now - (at.age - age)).toISOString()
}
