// Routes destinations in memory over pages that are kept already.
import type { Seq } from '../../model/page.ts'
import { matchedBytes, requireRoomFor } from '../buffer.ts'
import { definitionAt } from '../definitions.ts'
import { type LatePage, type LateRouting, withoutCounted } from '../late.ts'
import type { MemoryPage, MemoryState } from './memory-state.ts'
import { waitingBytesFor } from './waiting.ts'

export function nextLateInMemory(state: MemoryState, name: string): LatePage | null {
  const destination = state.destination(name)
  const { sources } = destination.known
  const isWanted = ({ source, firstSeq, page }: MemoryPage): boolean =>
    page !== undefined &&
    (sources?.includes(source) ?? true) &&
    destination.late.some(({ from, to }) => firstSeq >= from && firstSeq < to)
  const found = state.pages.find(isWanted)
  if (!found?.page) {
    destination.late = []
    return null
  }
  const { source, firstSeq, page } = found
  const definition = definitionAt(destination.definitions, firstSeq, destination.known.definition)
  return { source, firstSeq, page, definition }
}

export function routeLateInMemory(state: MemoryState, name: string, routed: LateRouting): void {
  const destination = state.destination(name)
  const { firstSeq, count } = routed
  if (!destination.late.some(({ from, to }) => firstSeq >= from && firstSeq < to)) return
  const kept = state.pageOf(firstSeq)
  const isHere = (seq: Seq): boolean => seq >= firstSeq && seq < firstSeq + count
  const { offered, bitmap, matched } = withoutCounted(routed, [...destination.exceptions.keys()].filter(isHere))
  const bytes = kept.page ? matchedBytes(kept.page, bitmap) : 0
  requireRoomFor(destination.known, waitingBytesFor(state, destination), bytes)
  destination.late = destination.late
    .filter(({ to }) => to > firstSeq + count)
    .map(({ from, to }) => ({ from: Math.max(from, firstSeq + count), to }))
  if (!kept.page) return
  if (matched > 0) kept.routing.set(destination.known.id, { queue: 'catch_up', bitmap, matched, bytes })
  destination.offered += offered
  destination.filtered += offered - matched
  destination.routed += matched
}
