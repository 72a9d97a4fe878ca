// What a filter is to the rest of the relay: it looks at a whole page and says which events pass.
import type { ObjectField, Outcome } from '../model/event.ts'

/** A page as a filter sees it. */
export interface FilterablePage {
  readonly count: number
  /** `event_type` of each event. */
  readonly types: readonly string[]
  outcome(index: number): Outcome
  /** Bits of `Tag`: a tagged event passes every filter. */
  tags(index: number): number
  /** `occurred_at`, milliseconds since the epoch. */
  occurredAtMs(index: number): number
  /** The whole event as JSON text. */
  json(index: number): string
  /** One object field as JSON text, undefined when the event has none. */
  field(index: number, field: ObjectField): string | undefined
}

export interface Routed {
  /** Bit `i & 7` of byte `i >> 3`. */
  readonly bitmap: Uint8Array
  readonly matched: number
  /** Events that passed because a filter could not be trusted on them. */
  readonly bypassed: number
  /** Events whose expression was false because something in `data` was missing. */
  readonly missing: number
  /** Those among `bypassed` on which the engine itself failed or ran out of time. */
  readonly failed: readonly number[]
}

export interface Filter {
  route(page: FilterablePage): Routed
}
