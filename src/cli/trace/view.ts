// What every part of `trace` is rendered from.
import type { Paint } from '../paint.ts'

/** How the life of an event may be shown. */
export interface TraceView {
  /** When the state was read, ms. */
  readonly now: number
  readonly paint: Paint
  /** Columns of the terminal; undefined = no limit. */
  readonly width: number | undefined
  /** Show the event itself too. */
  readonly event: boolean
}

/** Columns left beside an indent; text is never squeezed beyond reading. */
export function room({ width = Infinity }: Pick<TraceView, 'width'>, taken: number): number {
  return Math.max(20, width - taken)
}
