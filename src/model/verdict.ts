// The closed set of words in which a destination answers, one verdict for each event of a batch.

/** Why a verdict was not `delivered`: a stable code for grouping, and what came back, scrubbed and short. */
export interface Reason {
  /** Stable and low in number, for example `http_503`, `timeout`, `tls`, `refused_connection`. */
  readonly code: string
  /** For a person: what came back and, where it is known, what to do. Never holds a secret; at most about 500 characters. */
  readonly text: string
  /** HTTP status, where there was one. */
  readonly status?: number
}

export type Verdict =
  /** `remark`: it was taken otherwise than asked for, which an operator should know. In fixed words, never in those of the receiver. */
  | { readonly kind: 'delivered'; readonly ref?: string; readonly remark?: Reason }
  /** The network, a time-out, 408/425/429/5xx, anything unknown. `afterMs` is what the receiver asked for (Retry-After). */
  | {
      readonly kind: 'retry'
      readonly reason: Reason
      readonly afterMs?: number
      /** The receiver did not look at this event, because another of its batch stopped it: it goes again at once, and no attempt is spent. */
      readonly untried?: boolean
    }
  /** This event cannot be taken. `split` asks for smaller batches first (413). */
  | {
      readonly kind: 'reject'
      readonly reason: Reason
      readonly split?: boolean
      /** The relay itself does not send it (`too_old`, `too_large`, `unmappable`): the receiver has said nothing. */
      readonly local?: boolean
    }
  /** The destination's set-up is wrong: nothing is spent, nothing dies. */
  | { readonly kind: 'halt'; readonly reason: Reason }

/** One verdict per event in batch order: now, or later where the receiver acknowledges apart. */
export type Outcome = (
  { readonly verdicts: readonly Verdict[] } | { readonly confirmation: Promise<readonly Verdict[]> }
) & {
  /** The receiver took the request and asks for no other for so long (its rate limit is used up). No failure. */
  readonly pauseMs?: number
}

export const DELIVERED: Verdict = { kind: 'delivered' }

/** The same verdict for every event of a batch. */
export function forAll(count: number, verdict: Verdict): readonly Verdict[] {
  return Array.from({ length: count }, () => verdict)
}
