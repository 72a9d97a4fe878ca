// Which stretches of source time a page's events may have been read in before. Pure; both stores use it.
import type { PageCommit } from './store.ts'
import { rfc3339Ms } from '../model/time.ts'

/** Source time, ms, both ends included. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Times no further apart than this lie in one span. */
const nearMs = 3_600_000

/** A window as a span; what begins exactly at its end does no harm. */
export function spanOf({ from, to }: NonNullable<PageCommit['window']>): Span {
  return { from: msOf(from), to: msOf(to) }
}

/** From the first of some times to the last. */
export function spanOfTimes(times: Float64Array): Span {
  let [from, to] = [Infinity, -Infinity]
  for (const time of times) {
    if (time < from) from = time
    if (time > to) to = time
  }
  return { from, to }
}

/**
 * The times that no span covers, in spans of their own. A source may give more than it was asked for, or read windows of another time
 * than that of its events: they too may have come before.
 */
export function uncovered(times: Float64Array, spans: readonly Span[]): Span[] {
  const outside = times.filter((time) => !spans.some(({ from, to }) => time >= from && time <= to)).sort()
  const found: { from: number; to: number }[] = []
  for (const time of outside) {
    const last = found.at(-1)
    if (last && time - last.to <= nearMs) last.to = time
    else found.push({ from: time, to: time })
  }
  return found
}

function msOf(text: string): number {
  const bytes = Buffer.from(text)
  const ms = rfc3339Ms(bytes, 0, bytes.length)
  if (Number.isNaN(ms)) throw new Error(`a window's end must be a time in RFC 3339, not ${JSON.stringify(text)}`)
  return ms
}
