// Registers destinations in memory.
import type { Seq } from '../../model/page.ts'
import { definitionsAfter } from '../definitions.ts'
import { planRegistration, recordOf, type Registration } from '../registration.ts'
import type { DestinationDefinition, DestinationRecord } from '../store.ts'
import { noticesOfRegistration } from '../notices.ts'
import { noteInMemory } from './memory-notices.ts'
import type { MemoryState } from './memory-state.ts'

export function registerInMemory(
  state: MemoryState,
  definitions: readonly DestinationDefinition[],
  now: number,
): readonly DestinationRecord[] {
  const known = state.destinations.map((destination) => destination.known)
  const plans = planRegistration(known, definitions, state.nextSeq)
  for (const plan of plans) apply(state, plan)
  noteInMemory(state, plans.flatMap(noticesOfRegistration), now)
  return plans.map(recordOf)
}

function apply(state: MemoryState, plan: Registration): void {
  let destination = state.destinations.find(({ known }) => known.id === plan.id)
  if (!destination) {
    const id = ++state.destinationsMade
    const counts = { offered: 0, filtered: 0, routed: 0, delivered: 0, dropped: 0 }
    destination = {
      known: { id, ...plan.next },
      queues: new Map(),
      exceptions: new Map(),
      attempts: [],
      late: [],
      definitions: [],
      health: null,
      replaying: null,
      purge: null,
      ...counts,
    }
    state.destinations.push(destination)
  }
  destination.known = { id: destination.known.id, ...plan.next }
  // Nobody knows how long the letters of a parked one are to be kept: when it is back, their end is announced anew.
  if (plan.change === 'parked') destination.purge = null
  const oldest = state.pages[0]?.firstSeq ?? state.nextSeq
  destination.definitions = definitionsAfter(destination.definitions, plan, { nextSeq: state.nextSeq, oldest })
  const { lateStart, begins, missedFrom } = plan
  const lateFrom = lateStart === 'beginning' ? 1 : lateStart && firstSince(state, lateStart.sinceMs)
  if (begins !== null) destination.queues.clear()
  if (lateFrom !== null) destination.queues.set('catch_up', { position: lateFrom, above: [] })
  const added = [lateFrom, missedFrom].filter((from) => from !== null && from < state.nextSeq) as Seq[]
  destination.late = [...destination.late, ...added.map((from) => ({ from, to: state.nextSeq }))]
}

function firstSince(state: MemoryState, ms: number): Seq {
  const found = state.pages.find(({ page }) => page?.times.some((time) => time >= ms))
  return found?.firstSeq ?? state.nextSeq
}
