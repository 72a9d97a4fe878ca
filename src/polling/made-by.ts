// Holds saved cursors against what the configuration says now: how far one system has been read says nothing of another, nor a time of
// a cursor.
import { SetupError } from '../model/errors.ts'
import type { Origin, SourceNotice } from '../sources/source.ts'
import { type LaneCursor, LIVE } from './lanes.ts'
import { isSame, jsonOf, type Owner, ownerText, ownOf, type SavedOwner } from './owner.ts'
import { savedOwnerOf, stateOf } from './window-state.ts'

/** Who made a saved cursor, and how: by windows, or with a place of its own. */
export interface Made {
  readonly owner: SavedOwner
  readonly windowed: boolean
}

/** Null for a text that says nothing of it. */
export function madeBy(text: string): Made | null {
  const { owner = null } = ownOf(text) ?? { owner: {} }
  if (owner) return { owner, windowed: false }
  if (stateOf(text)) return { owner: savedOwnerOf(text), windowed: true }
  const found = jsonOf(text)
  const isOfTime = typeof found === 'object' && found !== null && 'frontier' in found && 'v' in found
  return isOfTime ? { owner: {}, windowed: true } : null
}

/** How a source is read. */
export interface Way {
  readonly owner: Owner
  readonly windowed: boolean
}

/** How a source is opened. */
export interface Opening extends Way {
  readonly source: string
  readonly origin?: Origin | undefined
  /** The number of the backfill that it is opened for. */
  readonly backfill?: string | number | undefined
}

/** Whether it can be gone on with from there; also where the text does not say. */
export function isForeign(made: Made | null, { owner, windowed }: Way): boolean {
  return made !== null && (made.windowed !== windowed || !isSame(made.owner, owner))
}

/** Whether it was made of the same system, which was only read in another way. */
export function isSameSystem({ owner: { kind, as = {} } }: Made, { owner }: Way): boolean {
  const { mode: _mode, ...named } = as
  return isSame({ kind, as: named }, owner)
}

/** What a cursor says how far everything had been read, ms; null when nobody can tell. */
export function readTo(text: string, owner?: Owner, timeOf?: Origin['timeOf']): number | null {
  const state = stateOf(text)
  if (state) return state.frontier
  const found = ownOf(text)
  if (!found || !owner || !timeOf) return null
  return (found.owner?.kind ?? owner.kind) === owner.kind ? timeOf(found.own) : null
}

/** Throws `SetupError` when a cursor was made by another kind of source, or by the same one read otherwise. */
export function requireSameOwner(cursors: readonly LaneCursor[], opening: Opening): void {
  const foreign = cursors.flatMap(({ lane = LIVE, value }) => {
    // What sweeps of other days have left does not matter to one that keeps a place of its own.
    const made = opening.windowed || lane === LIVE ? madeBy(value) : null
    return made && isForeign(made, opening) ? [{ lane, value, made }] : []
  })
  const [first] = foreign
  if (!first) return
  const live = foreign.filter(({ lane }) => lane === LIVE)
  const texts = (live.length > 0 ? live : foreign).map(({ value }) => value)
  throw otherOwner(first.made, texts, opening)
}

function otherOwner(made: Made, texts: readonly string[], opening: Opening): SetupError {
  const { source, owner, windowed, origin, backfill } = opening
  const what = backfill === undefined ? source : `backfill ${backfill} of ${source}`
  const times = texts.map((text) => readTo(text, owner, origin?.timeOf))
  // The earliest of all parts: a later time would pass over what the others have not read.
  const far = times.includes(null) ? '' : ` up to ${timeText(Math.min(...times.map(Number)))}`
  const is = wayText(owner, windowed, made.owner.as)
  return new SetupError(
    `${what} was read as ${madeText(made, owner)}${far}, but the configuration now says ${is}, and the one cannot go on where the other was. ` +
      (backfill === undefined
        ? `Undo the change; or give the source another name; or ${resetText(source, windowed || origin?.cursorAt !== undefined)}`
        : `Undo the change, or cancel it: "audit-relay backfill ${source} --cancel ${backfill}"`),
  )
}

function resetText(source: string, canBeSet: boolean): string {
  const command = `"audit-relay sources reset ${source} --to TIME"`
  return canBeSet
    ? `say from when on it is read: ${command}`
    : `have what is left of that removed, and it begins as the file says: ${command} (any TIME will do, for none can be set here)`
}

/** What somebody read it as. */
export function madeText({ owner, windowed }: Made, now: Owner): string {
  return wayText(owner, windowed, now.as)
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
