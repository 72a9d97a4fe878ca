// Which events wait, found by looking at every one of them.
import { bitSet, type Seq } from '../../model/page.ts'
import { isSettled } from '../ranges.ts'
import { QUEUES, type Queue } from '../store.ts'
import type { MemoryDestination, MemoryPage, MemoryState } from './memory-state.ts'

/** The events of a page that wait for a destination. */
function* waitingIn(state: MemoryState, destination: MemoryDestination, page: MemoryPage): Generator<Seq> {
  const routing = page.routing.get(destination.known.id)
  if (!routing) return
  const settled = state.settled(destination, routing.queue)
  for (let index = 0; index < page.count; index++)
    if (bitSet(routing.bitmap, index) && !isSettled(settled, page.firstSeq + index)) yield page.firstSeq + index
}

/** Every event that waits for a destination, oldest first; of one source only if it is named. */
export function* waitingFor(state: MemoryState, destination: MemoryDestination, source?: string): Generator<Seq> {
  const from = Math.min(...QUEUES.map((queue: Queue) => state.settled(destination, queue).position))
  for (const page of state.pages) {
    if (page.firstSeq + page.count <= from || (source !== undefined && page.source !== source)) continue
    yield* waitingIn(state, destination, page)
  }
}

/** Before which ordinal no event of the source waits anywhere. */
export function settledBefore(state: MemoryState, source: string): Seq {
  const oldest = state.destinations.map(
    (destination) => firstOf(waitingFor(state, destination, source)) ?? state.nextSeq,
  )
  return Math.min(state.nextSeq, ...oldest)
}

/** The destination that waits with the oldest event. */
export function holderOf(state: MemoryState): MemoryDestination | undefined {
  const waiting = state.destinations.map((destination) => ({
    destination,
    seq: firstOf(waitingFor(state, destination)) ?? Infinity,
  }))
  const oldest = waiting.reduce(
    (a, b) => (b.seq < a.seq ? b : a),
    waiting[0] ?? { destination: undefined, seq: Infinity },
  )
  return oldest.seq === Infinity ? undefined : oldest.destination
}

export function firstOf<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item
  return undefined
}
