// The cursor of a lane that reads windows, as text: written, and checked when it is read back.
import { z } from 'zod'
import { type CursorPlace, jsonOf, ownerShape, type SavedOwner, unreadable } from './owner.ts'
import type { LaneState } from './window.ts'

const time = z.int()
const windowShape = z.strictObject({ from: time, to: time }).refine(({ from, to }) => from < to)
const shape = z
  .strictObject({
    v: z.literal(1),
    ...ownerShape,
    frontier: time,
    floor: time,
    width: z.int().positive(),
    streak: z.int().nonnegative(),
    open: z
      .strictObject({ at: time, until: time, to: time, asOf: time, progress: z.string().nullable() })
      .refine(({ at, until, to }) => at < until && until <= to)
      .nullable(),
    spared: z.array(windowShape).max(1000),
    doubted: time.optional(),
  })
  .refine(({ floor, frontier }) => floor <= frontier)

export function stateText(state: LaneState, { kind, as, place }: SavedOwner = {}): string {
  return JSON.stringify({ v: 1, kind, as, place, ...state })
}

/** Throws `SetupError` when it is no state of a lane. */
export function parseState(text: string, place: CursorPlace): LaneState {
  const found = read(text)
  if (!found) throw unreadable(text, place)
  return withoutOwner(found)
}

/** The state that the text is of; null when it is none. */
export function stateOf(text: string): LaneState | null {
  const found = read(text)
  return found ? withoutOwner(found) : null
}

function withoutOwner({ v: _v, kind: _kind, as: _as, place: _place, ...state }: z.output<typeof shape>): LaneState {
  return state
}

/** The source whose state the text is, as far as it says so. */
export function savedOwnerOf(text: string): SavedOwner {
  const { kind, as, place } = read(text) ?? {}
  return { kind, as, place }
}

/** A lane as an operator looks at it, source time in ms. */
export interface LaneView {
  readonly frontier: number
  /** The window that is being read; null between two pulls. */
  readonly open: { readonly from: number; readonly to: number; readonly begun: boolean } | null
  /** How far the pull goes that the window belongs to. */
  readonly until: number | null
  /** How wide windows are at present. */
  readonly widthMs: number
}

/** What the text says; null when it is not the cursor of a lane that reads windows. */
export function viewOf(text: string): LaneView | null {
  const state = stateOf(text)
  if (!state) return null
  const { frontier, open, width } = state
  const window = open && { from: open.at, to: open.until, begun: open.progress !== null }
  return { frontier, open: window, until: open?.to ?? null, widthMs: width }
}

function read(text: string): z.output<typeof shape> | undefined {
  return shape.safeParse(jsonOf(text)).data
}
