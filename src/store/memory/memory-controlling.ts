// Stops, starts and removes destinations, and sources, in memory.
import { requireReadable, requireRemovable, requireStartable, requireStoppable, unknown } from '../control.ts'
import { ENDED_BY_DISCARD } from '../going-through.ts'
import { QUEUES } from '../store.ts'
import { countInMemory, endInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryState } from './memory-state.ts'
import { replayWaitingIn, waitingFor } from './waiting.ts'

/** Returns how many events were dropped. */
export function disableInMemory(state: MemoryState, name: string, discard: boolean, now: number): number {
  const destination = controlled(state, name)
  requireStoppable(destination.known)
  destination.known = { ...destination.known, state: 'disabled', stopped: true, discard }
  if (!discard) return 0
  const waiting = [...waitingFor(state, destination)].length
  loseReplay(state, destination, now)
  for (const queue of QUEUES) destination.queues.set(queue, { position: state.nextSeq, above: [] })
  destination.late = []
  const dropped = waiting + dropRetrying(state, destination, now)
  destination.dropped += dropped
  // Whatever it took later would lie below the position, and count as settled.
  if (destination.replaying !== null) endInMemory(state, destination.replaying, ENDED_BY_DISCARD, now)
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
  loseReplay(state, destination, now)
  const retrying = dropRetrying(state, destination, now)
  for (const { routing, replays } of state.pages) {
    routing.delete(destination.known.id)
    replays.delete(destination.known.id)
  }
  state.destinations.splice(state.destinations.indexOf(destination), 1)
  return { waiting, retrying, dead: destination.exceptions.size }
}

export function enableSourceInMemory(
  state: MemoryState,
  name: string,
  enabled: boolean,
  configured: readonly string[],
): void {
  requireReadable(name)
  if (!state.sources.has(name) && !configured.includes(name))
    throw unknown('source', name, [...state.sources.keys(), ...configured])
  state.source(name).enabled = enabled
}

function controlled(state: MemoryState, name: string): MemoryDestination {
  const found = state.destinations.find(({ known }) => known.name === name)
  if (found) return found
  const names = state.destinations.map(({ known }) => known.name)
  throw unknown('destination', name, names)
}

/** What waits in the replay queue is lost to the request that it is of. */
function loseReplay(state: MemoryState, destination: MemoryDestination, now: number): void {
  const dropped = state.pages.reduce((sum, page) => sum + [...replayWaitingIn(state, destination, page)].length, 0)
  if (destination.replaying !== null) countInMemory(state, destination.replaying, { dropped }, now)
}

function dropRetrying(state: MemoryState, { exceptions }: MemoryDestination, now: number): number {
  const retrying = [...exceptions.values()].filter(({ nextAt }) => nextAt !== null)
  for (const { seq, request } of retrying) {
    exceptions.delete(seq)
    if (request !== null) countInMemory(state, request, { dropped: 1 }, now)
  }
  return retrying.length
}
