// The health of a destination as it is saved.
import type { Reason } from '../model/verdict.ts'

/** What a destination's breaker knows, so that the next run goes on where this one stopped. */
export interface Health {
  readonly state: 'closed' | 'open' | 'halted'
  /** When the present state began, ms. */
  readonly since: number
  readonly nextTrialAt: number
  /** Trials that failed in a row. */
  readonly trials: number
  readonly reason: Reason | null
  readonly lastDeliveredAt: number | null
  /** The last attempt that failed, kept after recovery. */
  readonly lastFailure: { readonly at: number; readonly reason: Reason } | null
  /** An outage that only the relay's own events have met so far, and of which the audit has not been told. */
  readonly untold?: true
}
