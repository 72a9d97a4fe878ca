// What every part of `status` is rendered from.
import type { Overview } from '../../store/store.ts'
import type { Paint } from '../paint.ts'
import type { Expectations } from './assess.ts'

/** One look at the state, and how it may be shown. */
export interface StatusView {
  readonly overview: Overview
  /** Path of the state. */
  readonly state: string
  readonly expected: Expectations
  /** When the overview was read, ms. */
  readonly now: number
  readonly paint: Paint
  /** Columns of the terminal; undefined = no limit. */
  readonly width: number | undefined
}
