// Registers destinations in memory.
import type { Seq } from '../../model/page.ts'
import { planRegistration, recordOf, type Registration } from '../registration.ts'
import type { DestinationDefinition, DestinationRecord } from '../store.ts'
import type { MemoryState } from './memory-state.ts'

export function registerInMemory(
  state: MemoryState,
  definitions: readonly DestinationDefinition[],
): readonly DestinationRecord[] {
  const known = state.destinations.map((destination) => destination.known)
  const plans = planRegistration(known, definitions, state.nextSeq)
  for (const plan of plans) apply(state, plan)
  return plans.map(recordOf)
}

function apply(state: MemoryState, plan: Registration): void {
  let destination = state.destinations.find(({ known }) => known.id === plan.id)
  if (!destination) {
    const id = state.destinations.length + 1
    const counts = { offered: 0, filtered: 0, routed: 0, delivered: 0, dropped: 0 }
    destination = {
      known: { id, ...plan.next },
      queues: new Map(),
      exceptions: new Map(),
      attempts: [],
      late: [],
      health: null,
      ...counts,
    }
    state.destinations.push(destination)
  }
  destination.known = { id: destination.known.id, ...plan.next }
  if (plan.begins !== null) destination.queues.clear()
  if (plan.lateStart)
    destination.late.push(plan.lateStart === 'beginning' ? 1 : firstSince(state, plan.lateStart.sinceMs))
  if (plan.missedFrom !== null) destination.late.push(plan.missedFrom)
}

function firstSince(state: MemoryState, ms: number): Seq {
  const found = state.pages.find(({ page }) => page?.times.some((time) => time >= ms))
  return found?.firstSeq ?? state.nextSeq
}
