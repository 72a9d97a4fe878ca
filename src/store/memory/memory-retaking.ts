// Sends events again in memory that a destination has had.
import { requireSendable, unknown } from '../control.ts'
import { isGoneThrough, isUnderWay } from '../going-through.ts'
import { hadOf, type Marked, type Met, occurredIn, type Period, step } from '../kept.ts'
import { countInMemory, requestInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryPage, MemoryRequest, MemoryState } from './memory-state.ts'
import { replayWaitingIn } from './waiting.ts'

export function takeKeptInMemory(state: MemoryState, id: number, limit: number, now: number): MemoryRequest {
  const request = requestInMemory(state, id)
  const { asked, place } = request
  if (asked.kind !== 'replay_events') throw new Error(`request ${id} asks for ${asked.kind}, not replay_events`)
  if (!isUnderWay(request) || (place > 0 && isGoneThrough(request.counts))) return request
  const destination = destinationOf(state, asked.destination)
  if (limit < 1 || !(destination.replaying === id || begin(state, destination, request, asked))) return request
  const { chosen, taken, skipped } = request.counts
  const done = step(place, { limit, left: chosen - taken - skipped }, (seq) => meet(state, destination, asked, seq))
  countInMemory(state, id, { taken: done.taken, skipped: done.skipped, place: done.place - place }, now)
  return request
}

export function canBeginInMemory(state: MemoryState, id: number): boolean {
  const request = requestInMemory(state, id)
  const name = 'destination' in request.asked ? request.asked.destination : null
  const destination = state.destinations.find(({ known }) => known.name === name)
  return request.state === 'asked' && destination !== undefined && isFree(state, destination)
}

function destinationOf(state: MemoryState, name: string): MemoryDestination {
  const destination = state.destinations.find(({ known }) => known.name === name)
  if (!destination) {
    const names = state.destinations.map(({ known }) => known.name)
    throw unknown('destination', name, names)
  }
  requireSendable(destination.known)
  return destination
}

/**
 * Empties the queue of the replay before, and lets it begin anew. False while that one is not over, or the destination is still led over
 * earlier pages: what it is given meanwhile was not chosen.
 */
function begin(state: MemoryState, destination: MemoryDestination, request: MemoryRequest, period: Period): boolean {
  if (!isFree(state, destination)) return false
  for (const page of state.pages) page.replays.delete(destination.known.id)
  const pages = state.pages.filter((page) => chosenIn(destination, page, period).matched > 0)
  destination.queues.set('replay', { position: pages[0]?.firstSeq ?? 1, above: [] })
  destination.replaying = request.id
  const chosen = pages.reduce((sum, page) => sum + chosenIn(destination, page, period).matched, 0)
  request.counts = { ...request.counts, chosen }
  return true
}

/** The replay before is over, and no earlier page has still to be looked at. */
function isFree(state: MemoryState, destination: MemoryDestination): boolean {
  if (destination.replaying !== null || destination.late.length > 0) return false
  return state.pages.every((page) => [...replayWaitingIn(state, destination, page)].length === 0)
}

function meet(state: MemoryState, destination: MemoryDestination, period: Period, seq: number): Met | null {
  const page = state.pages.find((one) => one.firstSeq >= seq && chosenIn(destination, one, period).matched > 0)
  const routing = page?.routing.get(destination.known.id)
  if (!page || !routing) return null
  const chosen = chosenIn(destination, page, period)
  const aside = new Set(destination.exceptions.keys())
  const had = hadOf(chosen, page, state.settled(destination, routing.queue), aside)
  const put = (): void => {
    if (had.matched > 0) page.replays.set(destination.known.id, had.bitmap)
    destination.offered += had.matched
    destination.routed += had.matched
  }
  return { end: page.firstSeq + page.count, chosen: chosen.matched, matched: had.matched, put }
}

function chosenIn({ known }: MemoryDestination, { page, count, routing }: MemoryPage, period: Period): Marked {
  const bitmap = routing.get(known.id)?.bitmap
  if (!page || !bitmap) return { bitmap: new Uint8Array(), matched: 0 }
  return occurredIn({ count, bitmap }, (index) => page.times[index] as number, period)
}
