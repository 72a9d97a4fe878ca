// Stops, starts and removes destinations, and sources, in memory.
import { requireRemovable, requireStartable, requireStoppable, unknown } from '../control.ts'
import { QUEUES } from '../store.ts'
import { countInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryState } from './memory-state.ts'
import { waitingFor } from './waiting.ts'

/** Returns how many events were dropped. */
export function disableInMemory(state: MemoryState, name: string, discard: boolean, now: number): number {
  const destination = controlled(state, name)
  requireStoppable(destination.known)
  destination.known = { ...destination.known, state: 'disabled', stopped: true, discard }
  if (!discard) return 0
  const waiting = [...waitingFor(state, destination)].length
  for (const queue of QUEUES) destination.queues.set(queue, { position: state.nextSeq, above: [] })
  destination.late = []
  const dropped = waiting + dropRetrying(state, destination, now)
  destination.dropped += dropped
  return dropped
}

export function enableInMemory(state: MemoryState, name: string): void {
  const destination = controlled(state, name)
  requireStartable(destination.known)
  const { everEnabled, createdSeq } = destination.known
  const begun = { everEnabled: true, createdSeq: everEnabled ? createdSeq : state.nextSeq }
  destination.known = { ...destination.known, ...begun, state: 'enabled', stopped: false, discard: false }
  if (!everEnabled) destination.queues.clear()
}

export function removeInMemory(
  state: MemoryState,
  name: string,
  now: number,
): { waiting: number; retrying: number; dead: number } {
  const destination = controlled(state, name)
  requireRemovable(destination.known)
  const waiting = [...waitingFor(state, destination)].length
  const retrying = dropRetrying(state, destination, now)
  for (const { routing } of state.pages) routing.delete(destination.known.id)
  state.destinations.splice(state.destinations.indexOf(destination), 1)
  return { waiting, retrying, dead: destination.exceptions.size }
}

export function enableSourceInMemory(state: MemoryState, name: string, enabled: boolean): void {
  const source = state.sources.get(name)
  if (!source) throw unknown('source', name, [...state.sources.keys()])
  source.enabled = enabled
}

function controlled(state: MemoryState, name: string): MemoryDestination {
  const found = state.destinations.find(({ known }) => known.name === name)
  if (found) return found
  const names = state.destinations.map(({ known }) => known.name)
  throw unknown('destination', name, names)
}

function dropRetrying(state: MemoryState, { exceptions }: MemoryDestination, now: number): number {
  const retrying = [...exceptions.values()].filter(({ nextAt }) => nextAt !== null)
  for (const { seq, request } of retrying) {
    exceptions.delete(seq)
    if (request !== null) countInMemory(state, request, { dropped: 1 }, now)
  }
  return retrying.length
}
