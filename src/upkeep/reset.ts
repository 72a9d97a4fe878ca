// Sets a source back, or forward, to a time by command. Pure: says which cursors move, and what must be audited of it.
import { ControlError } from '../model/errors.ts'
import { LIVE } from '../polling/lanes.ts'
import { canBeSet, isResettable, type LaneMove, leftIn, movesTo, partsOf, type Reading } from '../polling/reset.ts'
import { about, type NewNotice } from '../store/notices.ts'
import type { Asked, MovedCursors } from '../store/requests.ts'
import type { Cursor } from '../store/store.ts'
import { counted } from '../telemetry/units.ts'

/** A source may round what is asked of it down to a day. */
const roundedMs = 86_400_000

export type { Reading } from '../polling/reset.ts'

export type ResetAsked = Extract<Asked, { kind: 'reset_source' }>

/** `reading`: as far as the configuration is known. Throws `ControlError` when it cannot be. */
export function resetSource(
  asked: ResetAsked,
  cursors: readonly Cursor[],
  by: string,
  reading?: Reading,
): { readonly text: string; readonly moved: MovedCursors } {
  const { source, to } = asked
  requireResettable(asked, cursors, reading)
  const moves = movesTo(cursors, asked, reading)
  const noticed = gapsOf(moves, asked, by)
  const moving = { source, cursors: moves.map(({ lane, part, value }) => ({ lane, part, value })), noticed }
  const left = leftIn(cursors, reading)
  const gone = `what was left of reading it ${left ? `as ${left.as}` : 'otherwise'} was removed`
  if (reading && !canBeSet(reading)) return { text: `${gone}; ${ownPlace}`, moved: moving }
  const live = moves.filter(({ lane, value }) => lane === LIVE && value !== null)
  if (live.length === 0 && left?.isUnlisted) return { text: `${gone}; ${unlisted}`, moved: moving }
  const moved = { ...moving, rememberFrom: Math.max(0, to - roundedMs) }
  const also = left ? `; ${gone}${left.isUnlisted ? `; ${unlisted}` : ''}` : ''
  if (live.length === 0) return { text: `it had been read to ${timeText(to)} already; nothing was moved${also}`, moved }
  const what = live.length === 1 && live[0]?.part === '' ? '' : ` (${counted(live.length, 'part')})`
  return { text: `set to ${timeText(to)}${what}; it is read on from there${also}`, moved }
}

const unlisted =
  'which parts it has now is not known before it is read: they begin at "start", and can be set to a time once they were read'

const ownPlace = 'it keeps a place of its own, which no time can set'

/** Throws `ControlError`, with what can be done instead. */
export function requireResettable(
  { source, part }: Pick<ResetAsked, 'source' | 'part'>,
  cursors: readonly Cursor[],
  reading?: Reading,
): void {
  const parts = partsOf(cursors)
  if (parts.length === 0 && cursors.length === 0)
    throw new ControlError(`source "${source}" has not been read yet; where it begins is for the file to say`)
  if (!isResettable(cursors, reading))
    throw new ControlError(
      `source "${source}" is not read by time: ${ownPlace}. "audit-relay replay" sends again to a destination what was read and is kept`,
    )
  const left = part === null ? null : leftIn(cursors, reading)
  if (left)
    throw new ControlError(
      `source "${source}" was read as ${left.as}: what is left of that can only be removed as a whole. Leave out --part`,
    )
  if (part !== null && !parts.includes(part))
    throw new ControlError(`source "${source}" has no ${partsText(part, parts)}`)
}

function partsText(part: string, parts: readonly string[]): string {
  const named = parts.filter((one) => one !== '')
  return named.length === 0 ? 'parts: leave out --part' : `part "${part}"; there are: ${named.join(', ')}`
}

/** What live reading passes over: nobody looks there again. Where it begins anew, nobody knows where that is: the gap has no end. */
function gapsOf(moves: readonly LaneMove[], { source, to }: ResetAsked, by: string): readonly NewNotice[] {
  return moves
    .filter(({ lane, from, value }) => lane === LIVE && from !== null && (value === null || from < to))
    .map(({ part, from, value }) => {
      const span = { from: timeText(from as number), ...(value !== null && { to: timeText(to) }) }
      const reason =
        value === null
          ? 'its place was removed by command: it begins anew, and what comes before that is not read'
          : 'passed over by command, and not read'
      const data = { source, code: 'skipped', ...(part !== '' && { subject: part }), ...span, reason }
      return about('source_gap', { outcome: 'failure', source, by, data })
    })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
