// Which events wait, found by looking at every one of them.
import { StateFullError } from '../../model/errors.ts'
import { bitSet, type Seq } from '../../model/page.ts'
import { RELAY_SOURCE } from '../notices.ts'
import { isSettled } from '../ranges.ts'
import { QUEUES, type Queue } from '../store.ts'
import type { MemoryDestination, MemoryPage, MemoryState } from './memory-state.ts'

/** The events of a page that wait for a destination. */
export function* waitingIn(state: MemoryState, destination: MemoryDestination, page: MemoryPage): Generator<Seq> {
  const routing = page.routing.get(destination.known.id)
  if (!routing) return
  const settled = state.settled(destination, routing.queue)
  for (let index = 0; index < page.count; index++)
    if (bitSet(routing.bitmap, index) && !isSettled(settled, page.firstSeq + index)) yield page.firstSeq + index
}

/** Those of its events that wait to be sent again. */
export function* replayWaitingIn(
  state: MemoryState,
  destination: MemoryDestination,
  { replays, firstSeq, count }: MemoryPage,
): Generator<Seq> {
  const bitmap = replays.get(destination.known.id)
  if (!bitmap) return
  const settled = state.settled(destination, 'replay')
  for (let index = 0; index < count; index++)
    if (bitSet(bitmap, index) && !isSettled(settled, firstSeq + index)) yield firstSeq + index
}

/** Every event that waits in `live` or `catch_up`, oldest first. */
export function* freshFor(state: MemoryState, destination: MemoryDestination): Generator<Seq> {
  for (const page of state.pages) yield* waitingIn(state, destination, page)
}

/** Every event that waits for a destination, oldest first; of one source only if it is named. */
export function* waitingFor(state: MemoryState, destination: MemoryDestination, source?: string): Generator<Seq> {
  const from = Math.min(...QUEUES.map((queue: Queue) => state.settled(destination, queue).position))
  for (const page of state.pages) {
    if (page.firstSeq + page.count <= from || (source !== undefined && page.source !== source)) continue
    const waiting = [...waitingIn(state, destination, page), ...replayWaitingIn(state, destination, page)]
    yield* waiting.sort((a, b) => a - b)
  }
}

/** Bytes that wait in `live` and `catch_up`, to the page: one that is settled in part counts whole, and one settled above the position too. */
export function waitingBytesFor(state: MemoryState, destination: MemoryDestination): number {
  return boundPages(state, destination).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** The pages with events in `live` or `catch_up` that end above its position, oldest first. */
export function boundPages(
  state: MemoryState,
  destination: MemoryDestination,
): { readonly page: MemoryPage; readonly queue: Queue; readonly bytes: number }[] {
  return state.pages.flatMap((page) => {
    const routing = page.routing.get(destination.known.id)
    if (!routing || routing.queue === 'replay') return []
    const { queue, bytes } = routing
    return page.firstSeq + page.count > state.settled(destination, queue).position ? [{ page, queue, bytes }] : []
  })
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

/** Throws when a page of this source must wait for room. The relay's own never do: carrying notices is what lets them go. */
export function requireRoomInMemory(state: MemoryState, source: string, maxBytes: number): void {
  const holder = holderOf(state)?.known
  if (source === RELAY_SOURCE || (holder && !(holder.sources?.includes(source) ?? true))) return
  throw new StateFullError(`the state has reached max_size (${maxBytes} bytes)`, holder?.name)
}

export function firstOf<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item
  return undefined
}
