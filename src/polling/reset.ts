// What it means to set a source back, or forward, to a time: which lanes move from where. Pure.
import type { Cursor } from '../store/store.ts'
import { isPulled, LIVE } from './lanes.ts'
import { stateText, viewOf } from './window-state.ts'
import { laneFrom } from './window.ts'

/** Wider than any; the lane's own rules narrow it. */
const widestMs = Number.MAX_SAFE_INTEGER

/** One lane of one part that goes on elsewhere. `from`: what it had read to; null when that cannot be read. */
export interface LaneMove {
  readonly lane: string
  readonly part: string
  readonly from: number | null
  readonly value: string
}

/** Whether live reading goes by windows: its cursors say so, also one that this version cannot read. */
export function isReadByTime(cursors: readonly Cursor[]): boolean {
  return cursors.some(({ lane, value }) => isPulled(lane) && (viewOf(value) !== null || /"frontier"/.test(value)))
}

/** The parts that live reading knows. */
export function partsOf(cursors: readonly Cursor[]): readonly string[] {
  return cursors.filter(({ lane }) => lane === LIVE).map(({ part }) => part)
}

/** What moves when live reading is to go on at `to`. Later looks never go back: what live reading reads again, they need not. */
export function movesTo(
  cursors: readonly Cursor[],
  { part: only, to }: { readonly part: string | null; readonly to: number },
): readonly LaneMove[] {
  return cursors
    .filter(({ part }) => only === null || part === only)
    .map(({ lane, part, value }) => ({ lane, part, from: viewOf(value)?.frontier ?? null }))
    .filter(({ lane, from }) => lane === LIVE || (isPulled(lane) && (from === null || from < to)))
    .filter(({ from }) => from !== to)
    .map((move) => ({ ...move, value: stateText(laneFrom(to, widestMs)) }))
}
