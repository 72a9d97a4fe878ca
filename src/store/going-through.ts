// How the chosen events of a request are gone through, and when it is done. Pure; both stores use it.
import type { Seq } from '../model/page.ts'
import type { Asked, Chosen, RequestCounts, StoredRequest } from './requests.ts'

/** Finished requests that are kept to look at. */
export const KEPT_REQUESTS = 200

export const NO_COUNTS: RequestCounts = { chosen: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 }

/** How many events were chosen; 0 for what chooses none, or not yet. */
export function chosenOf(asked: Asked): number {
  return lettersOf(asked).reduce((sum, { ranges }) => sum + ranges.reduce((all, [from, to]) => all + (to - from), 0), 0)
}

/** Up to `limit` of the chosen from the `place`th on, by destination, in the order in which they were chosen. */
export function nextChosen(
  asked: Asked,
  place: number,
  limit: number,
): readonly { readonly destination: string; readonly seqs: readonly Seq[] }[] {
  const found: { destination: string; seqs: Seq[] }[] = []
  let [skip, left] = [place, limit]
  for (const { destination, ranges } of lettersOf(asked)) {
    const seqs: Seq[] = []
    for (const [from, to] of ranges) {
      const begin = Math.min(from + skip, to)
      skip -= begin - from
      const end = Math.min(to, begin + left)
      for (let seq = begin; seq < end; seq++) seqs.push(seq)
      left -= end - begin
    }
    if (seqs.length > 0) found.push({ destination, seqs })
    if (left === 0) break
  }
  return found
}

/** Whether everything chosen was taken or left out. */
export function isGoneThrough({ chosen, taken, skipped }: RequestCounts): boolean {
  return taken + skipped >= chosen
}

/** Taken and not settled yet. Below zero when the sums do not add up. */
export function unsettledOf({ taken, delivered, dead, dropped }: RequestCounts): number {
  return taken - delivered - dead - dropped
}

/** Whether a replay or a purge has gone through everything chosen and waits for nothing. */
export function isThrough(counts: RequestCounts): boolean {
  return isGoneThrough(counts) && unsettledOf(counts) === 0
}

/** What there is to say of one that is through; null for a request that chooses nothing. */
export function endOf(asked: Asked, { taken, skipped, delivered, dead, dropped }: RequestCounts): string | null {
  if (asked.kind === 'purge_dead_letters') return `${dropped} removed${gone(skipped, 'were no dead letters any more')}`
  const lost = dropped > 0 ? `, ${dropped} dropped` : ''
  if (asked.kind === 'replay_events')
    return `${taken} sent again: ${delivered} delivered, ${dead} dead${lost}${gone(skipped, 'left out, for they wait there, are dead letters, or were kept no longer')}`
  if (asked.kind !== 'replay_dead_letters') return null
  return `${taken} replayed: ${delivered} delivered, ${dead} dead again${lost}${gone(skipped, 'left out, for they were no dead letters any more or wait there already')}`
}

/** The end of a replay of events that a discard cut short. */
export const ENDED_BY_DISCARD = {
  ok: false,
  text: 'its destination was disabled with --discard before everything was sent; ask again for what is still wanted',
} as const

/** Whether counts may still end it: what a person or a fault ended stays as it is. */
export function isUnderWay({ state }: Pick<StoredRequest, 'state'>): boolean {
  return state === 'asked' || state === 'running'
}

function gone(skipped: number, text: string): string {
  return skipped > 0 ? `; ${skipped} ${text}` : ''
}

function lettersOf(asked: Asked): readonly Chosen[] {
  return 'letters' in asked ? asked.letters : []
}
