// How far a queue is settled: a position, and the stretches already settled above it. Pure; the stores only keep the result.
import type { Seq } from '../model/page.ts'
import type { SeqRange } from './store.ts'

/** Everything before `position` is settled, and everything in `above` (sorted, disjoint, never touching). */
export interface Settled {
  readonly position: Seq
  readonly above: readonly SeqRange[]
}

/** Adds a stretch. Throws when part of it is settled already: the caller would count something twice. */
export function addSettled(settled: Settled, range: SeqRange): Settled {
  if (range.to <= range.from) return settled
  const after = settled.above.findIndex((other) => other.to >= range.from)
  const at = after < 0 ? settled.above.length : after
  const overlapped = settled.above.slice(at, at + 2).find((other) => other.from < range.to && other.to > range.from)
  if (range.from < settled.position || overlapped)
    throw new Error(
      `settling [${range.from}, ${range.to}) twice: settled before ${settled.position}${textOf(overlapped)}`,
    )
  return advance(settled.position, joined(settled.above, at, range))
}

/** Everything before `to` needs no more reading. */
export function settleBefore({ position, above }: Settled, to: Seq): Settled {
  const at = Math.max(position, to)
  const settledTo = above.find((range) => range.from <= at && range.to > at)?.to ?? at
  return { position: settledTo, above: above.filter((range) => range.to > settledTo) }
}

/** Whether an event needs no more reading. */
export function isSettled(settled: Settled, seq: Seq): boolean {
  return seq < settled.position || settled.above.some((range) => seq >= range.from && seq < range.to)
}

function textOf(range: SeqRange | undefined): string {
  return range ? ` and in [${range.from}, ${range.to})` : ''
}

/** `range` put in at `at`, merged with the neighbours that it touches. */
function joined(above: readonly SeqRange[], at: number, range: SeqRange): SeqRange[] {
  let { from, to } = range
  let end = at
  while (end < above.length && (above[end] as SeqRange).from <= to) {
    from = Math.min(from, (above[end] as SeqRange).from)
    to = Math.max(to, (above[end] as SeqRange).to)
    end++
  }
  return [...above.slice(0, at), { from, to }, ...above.slice(end)]
}

function advance(position: Seq, above: readonly SeqRange[]): Settled {
  const first = above[0]
  return first?.from === position ? { position: first.to, above: above.slice(1) } : { position, above }
}
