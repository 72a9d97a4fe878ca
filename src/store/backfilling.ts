// How far a backfill has come, and when it may not begin. Pure; both stores use it.
import { ControlError } from '../model/errors.ts'
import type { Asked, Backfilled } from './requests.ts'

export type BackfillAsked = Extract<Asked, { kind: 'backfill' }>

export const NOTHING_BACKFILLED: Backfilled = { pages: 0, new: 0, known: 0, quarantined: 0, covered: 0, trouble: null }

/** The lane in which a backfill reads. */
export function laneOfBackfill(id: number): string {
  return `backfill ${id}`
}

/** What a page adds to how far a backfill has come; null where it has come no further in source time. */
export interface BackfillPage {
  readonly request: number
  readonly covered: number | null
}

export function withPage(
  far: Backfilled,
  { covered }: BackfillPage,
  page: { readonly new: number; readonly known: number; readonly quarantined: number },
): Backfilled {
  return {
    pages: far.pages + 1,
    new: far.new + page.new,
    known: far.known + page.known,
    quarantined: far.quarantined + page.quarantined,
    covered: covered ?? far.covered,
    trouble: null,
  }
}

/** `since`: events of the source from before then may be forgotten; null: none is. */
export function requireRemembered({ source, from, again }: BackfillAsked, since: number | null): void {
  if (again || since === null || from > since) return
  throw new ControlError(
    `what was read of source "${source}" is remembered from ${afterTime(since)} on; older events that were delivered before would be delivered again: begin there, or ask with --again`,
  )
}

/** The first whole second after it. */
function afterTime(ms: number): string {
  return new Date((Math.floor(ms / 1000) + 1) * 1000).toISOString().replace('.000Z', 'Z')
}
