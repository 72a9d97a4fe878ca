// What a source that is read in windows is read with.
import type { Clock } from '../runtime/clock.ts'
import type { PageDraft } from '../sources/page-draft.ts'
import type { SourceNotice, WindowDefaults, WindowSource } from '../sources/source.ts'
import type { LaneCursor } from './lanes.ts'
import type { Owner } from './owner.ts'

/** A period that is read in a lane of its own. */
export interface Backfill {
  readonly id: string | number
  /** Source time, `[from, to)`, ms. */
  readonly from: number
  readonly to: number
}

export interface WindowedParts {
  readonly name: string
  readonly owner: Owner
  readonly reads: Pick<WindowSource, 'readWindow' | 'parts'>
  readonly settings: WindowDefaults
  readonly cursors: readonly LaneCursor[]
  readonly backfill?: Backfill
  readonly clock: Clock
  /** The source's time; `known` once the source has told it, or has none to tell. `told`: by its own clock alone. */
  readonly time: { now(): number; readonly known: boolean; readonly told?: number | null }
  newPage(): PageDraft
  notice(notice: SourceNotice): void
}
