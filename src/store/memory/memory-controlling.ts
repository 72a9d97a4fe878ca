// Stops, starts and removes destinations, and sources, as a request asks, in memory.
import {
  carryOut,
  type ControlAsked,
  type Controls,
  requireReadable,
  requireRemovable,
  requireStartable,
  requireStoppable,
  unknown,
} from '../control.ts'
import { ENDED_BY_DISCARD } from '../going-through.ts'
import { QUEUES } from '../store.ts'
import { countInMemory, endInMemory, requestInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryException, MemoryRequest, MemoryState } from './memory-state.ts'
import { replayWaitingIn, waitingFor } from './waiting.ts'

export function controlInMemory(
  state: MemoryState,
  id: number,
  configured: readonly string[],
  now: number,
): MemoryRequest {
  const request = requestInMemory(state, id)
  if (request.finishedAt !== null) return request
  const controls: Controls = {
    disable: (name, discard) => disable(state, name, discard, now),
    enable: (name) => enable(state, name),
    remove: (name) => remove(state, name, now),
    enableSource: (name, enabled) => enableSource(state, name, enabled, configured),
  }
  endInMemory(state, id, { ok: true, text: carryOut(request.asked as ControlAsked, controls, configured) }, now)
  return request
}

function disable(state: MemoryState, name: string, discard: boolean, now: number): number {
  const destination = controlled(state, name)
  requireStoppable(destination.known)
  destination.known = { ...destination.known, state: 'disabled', stopped: true, discard }
  if (!discard) return waitingOf(state, destination)
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

function enable(state: MemoryState, name: string): number {
  const destination = controlled(state, name)
  requireStartable(destination.known)
  const { everEnabled, createdSeq } = destination.known
  const begun = { everEnabled: true, createdSeq: everEnabled ? createdSeq : state.nextSeq }
  destination.known = { ...destination.known, ...begun, state: 'enabled', stopped: false, discard: false }
  if (!everEnabled) destination.queues.clear()
  return waitingOf(state, destination)
}

function remove(state: MemoryState, name: string, now: number): { waiting: number; dead: number } {
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
  return { waiting: waiting + retrying, dead: destination.exceptions.size }
}

function enableSource(state: MemoryState, name: string, enabled: boolean, configured: readonly string[]): void {
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

/** With what is to be tried again. */
function waitingOf(state: MemoryState, destination: MemoryDestination): number {
  return [...waitingFor(state, destination)].length + retryingOf(destination).length
}

function retryingOf({ exceptions }: MemoryDestination): MemoryException[] {
  return [...exceptions.values()].filter(({ nextAt }) => nextAt !== null)
}

function dropRetrying(state: MemoryState, destination: MemoryDestination, now: number): number {
  const retrying = retryingOf(destination)
  for (const { seq, request } of retrying) {
    destination.exceptions.delete(seq)
    if (request !== null) countInMemory(state, request, { dropped: 1 }, now)
  }
  return retrying.length
}
