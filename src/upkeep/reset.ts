// Sets a source back, or forward, to a time by command. Pure: says which cursors move, and what must be audited of it.
import { ControlError } from '../model/errors.ts'
import { LIVE } from '../polling/lanes.ts'
import { type LaneMove, movesTo, partsOf, isReadByTime } from '../polling/reset.ts'
import { about, type NewNotice } from '../store/notices.ts'
import type { Asked, MovedCursors } from '../store/requests.ts'
import type { Cursor } from '../store/store.ts'
import { counted } from '../telemetry/units.ts'

export type ResetAsked = Extract<Asked, { kind: 'reset_source' }>

/** Throws `ControlError` when it cannot be. */
export function resetSource(
  asked: ResetAsked,
  cursors: readonly Cursor[],
  by: string,
): { readonly text: string; readonly moved: MovedCursors } {
  const { source, to } = asked
  requireResettable(asked, cursors)
  const moves = movesTo(cursors, asked)
  const moved = {
    source,
    cursors: moves.map(({ lane, part, value }) => ({ lane, part, value })),
    noticed: gapsOf(moves, asked, by),
  }
  const live = moves.filter(({ lane }) => lane === LIVE)
  if (live.length === 0) return { text: `it had been read to ${timeText(to)} already; nothing was moved`, moved }
  const what = live.length === 1 && live[0]?.part === '' ? '' : ` (${counted(live.length, 'part')})`
  return { text: `set to ${timeText(to)}${what}; it is read on from there`, moved }
}

/** Throws `ControlError`, with what can be done instead. */
export function requireResettable(
  { source, part }: Pick<ResetAsked, 'source' | 'part'>,
  cursors: readonly Cursor[],
): void {
  const parts = partsOf(cursors)
  if (parts.length === 0 && cursors.length === 0)
    throw new ControlError(`source "${source}" has not been read yet; where it begins is for the file to say`)
  if (!isReadByTime(cursors))
    throw new ControlError(
      `source "${source}" is not read by time: it keeps a place of its own, which no time can set. "audit-relay replay" sends again to a destination what was read and is kept`,
    )
  if (part !== null && !parts.includes(part))
    throw new ControlError(`source "${source}" has no part "${part}"; there are: ${parts.join(', ')}`)
}

/** What live reading passes over: nobody looks there again. */
function gapsOf(moves: readonly LaneMove[], { source, to }: ResetAsked, by: string): readonly NewNotice[] {
  return moves
    .filter((move) => move.lane === LIVE && move.from !== null && move.from < to)
    .map(({ part, from }) => {
      const span = { from: timeText(from as number), to: timeText(to) }
      const reason = `passed over by command: what the source has from ${span.from} to ${span.to} was not read`
      const data = { source, code: 'skipped', subject: part, ...span, reason }
      return about('source_gap', { outcome: 'failure', source, by, data })
    })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
