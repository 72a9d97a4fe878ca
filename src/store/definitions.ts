// What a destination was over time, so that an old verdict can be explained: stretches of ordinals, each with the definition in force
// from there on. Pure; both stores keep them so, and `trace` asks.
import type { Seq } from '../model/page.ts'
import type { Registration } from './registration.ts'

/** In force from an ordinal until the next; null while the destination was parked. */
export interface DefinitionFrom {
  readonly from: Seq
  readonly definition: string | null
}

/**
 * The history after a registration that changed something, in order. Left out: what says the same as before it, what no event fell under,
 * and what ended at or before `oldest`, the oldest event that is kept.
 */
export function definitionsAfter(
  history: readonly DefinitionFrom[],
  { next, begins }: Pick<Registration, 'next' | 'begins'>,
  stamp: { readonly nextSeq: Seq; readonly oldest: Seq },
): readonly DefinitionFrom[] {
  // One that reads for the first time was nothing before: what it was while it held nothing has decided about no event.
  const before = begins === null ? history.filter(({ from }) => from < stamp.nextSeq) : []
  const definition = next.state === 'parked' ? null : next.definition
  const after =
    before.at(-1)?.definition === definition ? before : [...before, { from: begins ?? stamp.nextSeq, definition }]
  return after.filter((_, index) => (after[index + 1]?.from ?? Infinity) > stamp.oldest)
}

/**
 * The definition whose filter looked at an event when it was routed. What came before the destination did, or while it was parked, was
 * looked at when it began, or returned. `present`: what it is today, for want of anything better.
 */
export function definitionAt(history: readonly DefinitionFrom[], seq: Seq, present: string): string {
  const inForce = history.findLast(({ from }) => from <= seq)
  const later = history.find(({ from, definition }) => from > seq && definition !== null)
  return inForce?.definition ?? later?.definition ?? present
}
