// Destinations' own bounds in memory.
import {
  type BufferBound,
  type Filling,
  isBeyond,
  isOver,
  nothingTrimmed,
  noticesOfTrim,
  reasonOfTrim,
  requireUnblocked,
  type Since,
  type TrimCause,
  trimmedEvents,
  type Trimmed,
} from '../buffer.ts'
import type { Moment } from '../elapsed.ts'
import { settleBefore } from '../ranges.ts'
import type { Queue, SetAside } from '../store.ts'
import { noteInMemory } from './memory-notices.ts'
import { countInMemory } from './memory-requests.ts'
import { setAsideInMemory } from './memory-settling.ts'
import type { MemoryDestination, MemoryPage, MemoryState } from './memory-state.ts'
import { boundPages, waitingBytesFor, waitingIn } from './waiting.ts'

export function overInMemory(state: MemoryState, since: Since): readonly string[] {
  return state.destinations
    .filter((one) => one.known.buffer && isOver(one.known.buffer, fillingOf(state, one), since))
    .map(({ known }) => known.name)
}

export function trimInMemory(state: MemoryState, name: string, { since, at }: { since: Since; at: Moment }): Trimmed {
  const destination = state.destination(name)
  const bound = destination.known.buffer
  if (!bound || bound.whenFull === 'block') return nothingTrimmed
  const trim: Trim = { state, destination, bound, at }
  const old = bound.maxAgeMs === null ? none : trimAge(trim, since(bound.maxAgeMs))
  const beyond = old.more ? none : trimBytes(trim, trimmedEvents - old.events)
  const fate = bound.whenFull === 'dead_letter' ? 'dead' : 'dropped'
  const trimmed: Trimmed = { tooOld: old.events, beyond: beyond.events, fate, more: old.more || beyond.more }
  noteInMemory(state, noticesOfTrim(name, bound, trimmed), at.now)
  return trimmed
}

/** Throws `StateFullError` when a page of this source must wait for a destination that blocks. */
export function requireUnblockedInMemory(state: MemoryState, source: string): void {
  for (const destination of state.destinations)
    if (destination.known.sources?.includes(source) ?? true)
      requireUnblocked(destination.known, () => waitingBytesFor(state, destination))
}

interface Trim {
  readonly state: MemoryState
  readonly destination: MemoryDestination
  readonly bound: BufferBound
  readonly at: Moment
}

/** What one of the two bounds has taken. */
interface Part {
  readonly events: number
  readonly more: boolean
}

const none: Part = { events: 0, more: false }

function fillingOf(state: MemoryState, destination: MemoryDestination): Filling {
  const pages = boundPages(state, destination)
  const retrying = [...destination.exceptions.values()].filter(({ nextAt }) => nextAt !== null)
  return {
    bytes: waitingBytesFor(state, destination),
    oldestBytes: pages[0]?.bytes ?? 0,
    liveAge: pages.find(({ queue }) => queue === 'live')?.page.age ?? null,
    retryAge: retrying.length > 0 ? Math.min(...retrying.map(({ age }) => age)) : null,
  }
}

function trimAge(trim: Trim, age: number): Part {
  const { state, destination, bound, at } = trim
  const retrying = [...destination.exceptions.values()].filter((one) => one.nextAt !== null && one.age < age)
  const oldest = retrying.toSorted((a, b) => a.age - b.age || a.seq - b.seq).slice(0, trimmedEvents)
  for (const event of oldest) {
    ends(trim, event, 'too_old')
    const dies = bound.whenFull === 'dead_letter'
    if (event.request !== null) countInMemory(state, event.request, dies ? { dead: 1 } : { dropped: 1 }, at.now)
  }
  let events = oldest.length
  for (const { page, queue } of boundPages(state, destination)) {
    if (queue !== 'live') continue
    if (events >= trimmedEvents) return { events, more: true }
    if (page.age >= age) break
    events += pageEnds(trim, page, queue, 'too_old')
  }
  return { events, more: false }
}

function trimBytes(trim: Trim, left: number): Part {
  const { state, destination, bound } = trim
  let bytes = waitingBytesFor(state, destination)
  let events = 0
  for (const oldest of boundPages(state, destination)) {
    if (events >= left) return { events, more: true }
    if (!isBeyond(bound, { bytes, oldestBytes: oldest.bytes })) break
    bytes -= oldest.bytes
    events += pageEnds(trim, oldest.page, oldest.queue, 'buffer_full')
  }
  return { events, more: false }
}

/** Everything of a page that waits. */
function pageEnds(trim: Trim, page: MemoryPage, queue: Queue, cause: TrimCause): number {
  const { state, destination, at } = trim
  const waiting = [...waitingIn(state, destination, page)]
  const fresh = { source: page.source, attempts: 0, firstAttemptedAt: at.now }
  for (const seq of waiting) ends(trim, { ...fresh, seq }, cause)
  destination.queues.set(queue, settleBefore(state.settled(destination, queue), page.firstSeq + page.count))
  return waiting.length
}

function ends({ state, destination, bound, at }: Trim, event: Omit<SetAside, 'reason'>, cause: TrimCause): void {
  const { exceptions } = destination
  const { seq } = event
  if (bound.whenFull === 'dead_letter') {
    const letter = { ...event, reason: reasonOfTrim(cause) }
    const fate = { nextAt: null, cause, provisional: false }
    exceptions.set(seq, setAsideInMemory(state, { destination, old: exceptions.get(seq), at }, letter, fate))
  } else {
    exceptions.delete(seq)
    destination.dropped++
  }
}
