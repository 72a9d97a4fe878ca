// What a receiver takes, as data. A kind states it from the numbers that it obeys itself; `validate` warns of a configuration that
// will meet it.

/**
 * What becomes of an event that lies beyond a limit. `dropped`: the receiver says yes and stores nothing; `cut`: it stores a part.
 * `refused`: it says no. `redated`: it is filed under the time of its arrival. `not_sent`: the relay keeps it as a dead letter instead.
 */
export type Fate = 'dropped' | 'cut' | 'refused' | 'redated' | 'not_sent'

/** How far from now an event may lie. */
export interface TimeLimit {
  readonly ms: number
  /** By how much the relay stays within it, for the way and for clocks that differ. */
  readonly marginMs: number
  readonly fate: Fate
}

/** Of a receiver that says later what it has. */
interface Confirmations {
  /** How long one usually takes at most. */
  readonly usualMs: number
  /** What is not confirmed by then is sent again. */
  readonly timeoutMs: number
}

/** What is not stated is not known, or depends on how the receiver was set up. Sizes are those of the encoded bytes before compression. */
export interface Profile {
  /** As people call it. */
  readonly receiver: string
  /** One event with all that stands around it. */
  readonly largestEvent?: { readonly bytes: number; readonly fate: Fate }
  /** One member of an event. */
  readonly largestMember?: { readonly bytes: number; readonly fate: Fate }
  readonly request?: { readonly maxEvents?: number; readonly maxBytes?: number }
  readonly past?: TimeLimit
  readonly ahead?: TimeLimit
  /** How far the clock of this machine may be off. */
  readonly clockMs?: number
  readonly confirmations?: Confirmations
}
