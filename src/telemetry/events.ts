// The closed catalogue of what an operator can see happen. Code says what happened; `log.ts` decides how it reads; tests wait
// for these instead of for a duration.
import type { Reason } from '../model/verdict.ts'

export type TelemetryEvent =
  | {
      readonly type: 'relay_started'
      readonly version: string
      readonly pid: number
      readonly state: string
      readonly config: string
    }
  | { readonly type: 'state_made'; readonly state: string }
  | { readonly type: 'relay_stopping'; readonly why: string }
  | { readonly type: 'relay_stopped' }
  | {
      readonly type: 'page_committed'
      readonly source: string
      readonly events: number
      readonly duplicates: number
      readonly quarantined: number
    }
  | { readonly type: 'pull_finished'; readonly source: string; readonly events: number }
  /** It has read for some time and goes on: whatever was wrong before is over. */
  | { readonly type: 'pull_lasts'; readonly source: string }
  | {
      readonly type: 'pull_failed'
      readonly source: string
      readonly kind: string
      readonly text: string
      readonly nextInMs: number
    }
  /** `run --once` leaves a source alone that failed, and asked for that. */
  | { readonly type: 'pull_put_off'; readonly source: string; readonly until: string; readonly text: string }
  | {
      readonly type: 'source_notice'
      readonly source: string
      readonly level: 'info' | 'warning' | 'error'
      readonly code: string
      readonly subject: string
      readonly text: string
    }
  | {
      readonly type: 'request_taken'
      readonly request: number
      readonly by: string
      readonly asked: string
    }
  | { readonly type: 'request_ended'; readonly request: number; readonly ok: boolean; readonly text: string }
  /** `run --once` ended before everything was delivered, or with deaths. */
  | {
      readonly type: 'left_over'
      readonly destinations: readonly { readonly name: string; readonly waiting: number; readonly retrying: number }[]
      /** Events that died in this run. */
      readonly died: number
    }
  | { readonly type: 'conflict'; readonly source: string; readonly eventId: string; readonly newEventId: string }
  | {
      readonly type: 'attempt'
      readonly destination: string
      readonly kind: 'attempt' | 'trial'
      readonly batchId: string
      readonly events: number
      readonly bytes: number
      readonly durationMs: number
      readonly verdict: 'delivered' | 'retry' | 'reject' | 'halt' | 'mixed'
      readonly reason?: Reason
    }
  | { readonly type: 'settled'; readonly destination: string; readonly delivered: number }
  | {
      readonly type: 'health_changed'
      readonly destination: string
      readonly from: string
      readonly to: string
      readonly reason: Reason | null
      readonly nextTrialInMs: number
    }
  /** A destination still takes nothing; said now and then. */
  | {
      readonly type: 'outage_lasts'
      readonly destination: string
      readonly state: 'open' | 'halted'
      readonly reason: Reason | null
      readonly lastsMs: number
      /** Events that wait for it, those of its retry queue too. */
      readonly waiting: number
    }
  | {
      readonly type: 'set_aside'
      readonly destination: string
      readonly events: number
      readonly reason: Reason
      readonly nextInMs: number
    }
  | {
      readonly type: 'died'
      readonly destination: string
      readonly events: number
      readonly cause: string
      readonly reason: Reason
    }
  /** A destination's own bound has dropped them. */
  | {
      readonly type: 'dropped'
      readonly destination: string
      readonly events: number
      readonly cause: string
      readonly reason: Reason
    }
  /** Delivered, but the receiver took them otherwise than asked for. */
  | { readonly type: 'remarked'; readonly destination: string; readonly events: number; readonly reason: Reason }
  | { readonly type: 'exhumed'; readonly destination: string; readonly events: number; readonly reason: Reason }
  | { readonly type: 'idle'; readonly destination: string }
  | { readonly type: 'source_changed'; readonly source: string; readonly change: 'new' | 'returned' | 'left' }
  | { readonly type: 'destination_changed'; readonly destination: string; readonly change: string }
  /** Events are not accounted for: `pulled`, `offered` or `routed` is not the sum of its parts. */
  | { readonly type: 'imbalance'; readonly source: string; readonly text: string }
  | { readonly type: 'imbalance'; readonly destination: string; readonly text: string }
  | { readonly type: 'state_full'; readonly text: string }
  | { readonly type: 'state_has_room' }
  | { readonly type: 'pruned'; readonly pages: number }
  /** The end of dead letters that have been kept long enough was announced; it comes in a day at the earliest. */
  | { readonly type: 'dead_letters_expiring'; readonly destination: string; readonly letters: number }
  | { readonly type: 'dead_letters_purged'; readonly destination: string; readonly letters: number }
  | { readonly type: 'config_warning'; readonly file: string; readonly line: number; readonly text: string }
  | { readonly type: 'config_changed_on_disk'; readonly file: string; readonly valid: boolean; readonly text: string }

export interface Telemetry {
  emit(event: TelemetryEvent): void
}
