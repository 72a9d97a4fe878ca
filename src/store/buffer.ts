// The bound that a destination may have of its own on what waits for it: what exceeds it, and what is said of it. Pure but for the port.
import { StateFullError } from '../model/errors.ts'
import { bitSet, type Page } from '../model/page.ts'
import type { Reason } from '../model/verdict.ts'
import { about, type NewNotice } from './notices.ts'
import type { DestinationRecord } from './store.ts'

export interface BufferBound {
  /** How long an event may wait, counted from its commit by time that the relay has lived, ms; null: without limit. */
  readonly maxAgeMs: number | null
  /** Bytes of waiting events before compression, exact to the page; null: without limit. */
  readonly maxBytes: number | null
  /** `block`: its sources are not read until there is room. `drop_oldest`: counted, announced. `dead_letter`: kept for a person. */
  readonly whenFull: 'block' | 'drop_oldest' | 'dead_letter'
}

/** What a destination's own bound has made of some events. */
export interface Trimmed {
  /** Events that were older than `max_age`. */
  readonly tooOld: number
  /** The oldest beyond `max_bytes`. */
  readonly beyond: number
  /** What became of them. */
  readonly fate: 'dropped' | 'dead'
  /** There is more to trim. */
  readonly more: boolean
}

export interface BufferVerbs {
  /** The destinations whose own bound is exceeded and not `block`: those to be trimmed. Nothing is too old while the clocks disagree. */
  overBuffer(now: number): Promise<readonly string[]>
  /**
   * Drops, or makes dead letters of, the oldest waiting events of a destination as its bound says: a bounded number, counted and noticed in the
   * same transaction. Nobody may be delivering to it.
   */
  trimBuffer(destination: string, now: number): Promise<Trimmed>
}

/** Events, and pages, that one call trims at most; the last page is finished. */
export const trimmedEvents = 2_000
export const trimmedPages = 100

export const nothingTrimmed: Trimmed = { tooOld: 0, beyond: 0, fate: 'dropped', more: false }

/** What waits for a destination. Ages count time that the relay had lived. */
export interface Filling {
  /** Bytes in its queues `live` and `catch_up`. */
  readonly bytes: number
  /** Of them, those of the page with the oldest event. */
  readonly oldestBytes: number
  /** Of the oldest event in `live`; null when none waits there. */
  readonly liveAge: number | null
  /** Of the oldest event in the retry queue; null when it is empty. */
  readonly retryAge: number | null
}

/** From which age on nothing is too old for a bound of so many ms. */
export type Since = (maxAgeMs: number) => number

/** Whether a destination is to be trimmed. For its age a little late, so that it is not stopped for each single page. */
export function isOver({ maxAgeMs, maxBytes, whenFull }: BufferBound, filling: Filling, since: Since): boolean {
  if (whenFull === 'block') return false
  if (maxBytes !== null && filling.bytes > maxBytes && filling.bytes > filling.oldestBytes) return true
  if (maxAgeMs === null) return false
  const oldest = Math.min(filling.liveAge ?? Infinity, filling.retryAge ?? Infinity)
  return oldest < since(maxAgeMs + Math.min(maxAgeMs * slack, lateByMs))
}

/** The newest page that waits stays, however small the bound: else a bound smaller than a page would let nothing through. */
export function isBeyond(
  { maxBytes }: BufferBound,
  { bytes, oldestBytes }: Pick<Filling, 'bytes' | 'oldestBytes'>,
): boolean {
  return maxBytes !== null && bytes > maxBytes * (1 - slack) && bytes > oldestBytes
}

/** How much further than the bound a trim goes, and how much later it comes. */
const slack = 0.05
const lateByMs = 30_000

/** What decides whether a destination lets its sources be read. */
export interface Bounded {
  readonly name: string
  readonly state: DestinationRecord['state']
  readonly buffer: BufferBound | null
}

/** Throws `StateFullError` when a page for this destination must wait at its source. A parked one gets no pages. */
export function requireUnblocked({ name, state, buffer }: Bounded, waitingBytes: () => number): void {
  if (state === 'parked' || buffer?.whenFull !== 'block' || buffer.maxBytes === null) return
  if (waitingBytes() >= buffer.maxBytes)
    throw new StateFullError(
      `destination "${name}" has reached its buffer.max_bytes (${buffer.maxBytes} bytes): its sources are read again as soon as it has delivered some`,
      name,
    )
}

/** Throws `StateFullError` when an earlier page, which is kept anyway, must wait before it is routed: the bound is not to eat what it leads over. */
export function requireRoomFor({ name, buffer }: Bounded, waitingBytes: number, bytes: number): void {
  if (!buffer || buffer.maxBytes === null || waitingBytes === 0) return
  if (waitingBytes + bytes > buffer.maxBytes * lateShare)
    throw new StateFullError(
      `destination "${name}" is led over earlier events only as far as its buffer.max_bytes allows`,
      name,
    )
}

/** Of the bound; the rest is for what comes meanwhile. */
const lateShare = 0.9

/** Bytes before compression, newlines included, of the events that match. */
export function matchedBytes({ count, offsets }: Pick<Page, 'count' | 'offsets'>, bitmap: Uint8Array): number {
  let bytes = 0
  for (let index = 0; index < count; index++)
    if (bitSet(bitmap, index)) bytes += (offsets[index + 1] as number) - (offsets[index] as number)
  return bytes
}

/** Why an event was trimmed; also the cause of its death. */
export type TrimCause = 'too_old' | 'buffer_full'

/** What its trace and its dead letter say. */
export function reasonOfTrim(cause: TrimCause): Reason {
  const text =
    cause === 'too_old'
      ? 'waited longer than buffer.max_age allows'
      : 'more waited than buffer.max_bytes allows, and this was the oldest'
  return { code: cause, text }
}

/** What is audited of a trim. */
export function noticesOfTrim(destination: string, { whenFull }: BufferBound, trimmed: Trimmed): readonly NewNotice[] {
  const notice = (why: 'age' | 'bytes', count: number): NewNotice =>
    about('buffer_full', {
      destinations: [destination],
      outcome: 'failure',
      count,
      cause: why,
      data: { destination, policy: whenFull, why },
    })
  return [
    ...(trimmed.tooOld > 0 ? [notice('age', trimmed.tooOld)] : []),
    ...(trimmed.beyond > 0 ? [notice('bytes', trimmed.beyond)] : []),
  ]
}
