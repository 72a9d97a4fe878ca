// Holds saved cursors against what the configuration says now: how far one system has been read says nothing of another, nor a time of
// a cursor.
import { SetupError } from '../model/errors.ts'
import type { SourceNotice } from '../sources/source.ts'
import { type LaneCursor, LIVE } from './lanes.ts'
import { isSame, jsonOf, type Owner, ownerText, type SavedOwner, unwrap } from './owner.ts'
import { savedOwnerOf, viewOf } from './window-state.ts'

/** Who made a saved cursor, and how: by windows, or with a place of its own. */
export interface Made {
  readonly owner: SavedOwner
  readonly windowed: boolean
  /** Null: unknown. */
  readonly frontier: number | null
}

/** Null for a text that says nothing of it. */
export function madeBy(text: string): Made | null {
  const { owner } = unwrap(text)
  if (owner) return { owner, windowed: false, frontier: null }
  const view = viewOf(text)
  if (view) return { owner: savedOwnerOf(text), windowed: true, frontier: view.frontier }
  const found = jsonOf(text)
  const isOfTime = typeof found === 'object' && found !== null && 'frontier' in found && 'v' in found
  return isOfTime ? { owner: {}, windowed: true, frontier: null } : null
}

/** How a source is opened. */
export interface Opening {
  readonly source: string
  readonly owner: Owner
  readonly windowed: boolean
  /** The number of the backfill that it is opened for. */
  readonly backfill?: string | number | undefined
}

/** Whether it can be gone on with from there; also where the text does not say. */
export function isForeign(made: Made | null, { owner, windowed }: Pick<Opening, 'owner' | 'windowed'>): boolean {
  return made !== null && (made.windowed !== windowed || !isSame(made.owner, owner))
}

/** Throws `SetupError` when a cursor was made by another kind of source, or by the same one read otherwise. */
export function requireSameOwner(cursors: readonly LaneCursor[], opening: Opening): void {
  for (const { lane = LIVE, part, value } of cursors) {
    // What sweeps of other days have left does not matter to one that keeps a place of its own.
    if (!opening.windowed && lane !== LIVE) continue
    const made = madeBy(value)
    if (made && isForeign(made, opening)) throw otherOwner(made, part, opening)
  }
}

function otherOwner(made: Made, part: string, { source, owner, windowed, backfill }: Opening): SetupError {
  const what = backfill === undefined ? source : `backfill ${backfill} of ${source}`
  const of = part === '' ? '' : `, part "${part}"`
  const far = made.frontier === null ? '' : ` up to ${timeText(made.frontier)}`
  const was = wayText(made.owner, made.windowed, owner.as)
  const is = wayText(owner, windowed, made.owner.as)
  return new SetupError(
    `${what} was read as ${was}${far}${of}, but the configuration now says ${is}, and the one cannot go on where the other was. ` +
      (backfill === undefined
        ? `Undo the change; or give the source another name; or say from when on it is read: "audit-relay sources reset ${source} --to TIME"`
        : `Undo the change, or cancel it: "audit-relay backfill ${source} --cancel ${backfill}"`),
  )
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** How it is read is said where its own words do not say it, or the other's do not. */
function wayText(owner: SavedOwner, windowed: boolean, other: SavedOwner['as']): string {
  const isSaid = owner.as !== undefined && other !== undefined
  return `${ownerText(owner)}${isSaid ? '' : windowed ? ' by time' : ' from a place of its own'}`
}

/** When all that is read live was read elsewhere before: the same system has moved, or it is another one. */
export function movedNotice(cursors: readonly LaneCursor[], { source, owner }: Opening): SourceNotice | null {
  const { place } = owner
  const saved = cursors.filter(({ lane = LIVE }) => lane === LIVE).map(({ value }) => savedOwnerOf(value).place)
  const [was] = saved
  if (place === undefined || was === undefined || saved.some((one) => one === undefined || one === place)) return null
  return {
    level: 'warning',
    code: 'address_changed',
    subject: '',
    text:
      `it was read at ${was} and now is at ${place}: reading goes on where it was. That is right for the same system at another ` +
      `address; of another system nothing older is read: then "audit-relay sources reset ${source} --to TIME"`,
  }
}
