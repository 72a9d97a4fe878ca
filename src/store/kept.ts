// Which kept events a replay sends again. Pure; both stores use it.
import { bitSet, type Seq, setBit } from '../model/page.ts'
import { isSettled, type Settled } from './ranges.ts'

/** Pages that one step of a replay looks at, at most. */
export const PAGES_PER_STEP = 100

/** The place of a replay that has gone through everything. */
export const GONE_THROUGH: Seq = Number.MAX_SAFE_INTEGER

/** Source time, half-open, ms. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** What is kept of a period for one destination. */
export interface KeptEvents {
  /** Events that were routed to it; some of them may wait still, or be dead letters. */
  readonly events: number
  readonly pages: number
  /** Of a source that it reads, nothing earlier is sure to be kept; null when nothing was removed yet. */
  readonly keptSince: number | null
}

/** Which events of a page, as a bitmap, and how many. */
export interface Marked {
  readonly bitmap: Uint8Array
  readonly matched: number
}

/** The routed events of a page that occurred in the period. */
export function occurredIn(
  { count, bitmap }: { readonly count: number; readonly bitmap: Uint8Array },
  timeOf: (index: number) => number,
  { from, to }: Period,
): Marked {
  return marked(count, (index) => {
    if (!bitSet(bitmap, index)) return false
    const time = timeOf(index)
    return time >= from && time < to
  })
}

/** Of those, the ones that the destination has had: nothing that still waits in their queue or is set aside. */
export function hadOf(
  { bitmap }: Marked,
  { firstSeq, count }: { readonly firstSeq: Seq; readonly count: number },
  settled: Settled,
  aside: ReadonlySet<Seq>,
): Marked {
  return marked(count, (index) => {
    const seq = firstSeq + index
    return bitSet(bitmap, index) && isSettled(settled, seq) && !aside.has(seq)
  })
}

function marked(count: number, isMarked: (index: number) => boolean): Marked {
  const bitmap = new Uint8Array((count + 7) >> 3)
  let matched = 0
  for (let index = 0; index < count; index++) {
    if (!isMarked(index)) continue
    setBit(bitmap, index)
    matched++
  }
  return { bitmap, matched }
}

/** What one step has taken and left out, and where the next one goes on. */
export interface Step {
  readonly taken: number
  readonly skipped: number
  readonly place: Seq
}

/** A page as a step meets it: its chosen events, and those of them that can be sent. `put` routes them. */
export interface Met {
  readonly end: Seq
  readonly chosen: number
  readonly matched: number
  put(): void
}

/**
 * Goes over pages until `limit` events are taken: a page at least, as many as hold no more. `left`: what is still to be gone through.
 * A page with more than that came after it was counted, and no page before all is gone through means that some were removed meanwhile.
 */
export function step(
  from: Seq,
  { limit, left }: { limit: number; left: number },
  next: (from: Seq) => Met | null,
): Step {
  let [place, taken, skipped] = [from, 0, 0]
  for (let pages = 0; pages < PAGES_PER_STEP && taken + skipped < left; pages++) {
    const page = next(place)
    if (!page || taken + skipped + page.chosen > left) return { taken, skipped: left - taken, place: GONE_THROUGH }
    if (taken > 0 && taken + page.matched > limit) break
    page.put()
    taken += page.matched
    skipped += page.chosen - page.matched
    place = page.end
  }
  return { taken, skipped, place: taken + skipped >= left ? GONE_THROUGH : place }
}
