// Settling, setting aside and exhuming in memory: everything is looked at before anything is changed.
import { bitSet, type Seq } from '../../model/page.ts'
import type { Moment } from '../elapsed.ts'
import { addToHistory } from '../history.ts'
import { type Death, noticesOfDeaths } from '../notices.ts'
import { oneEvent } from '../one-event.ts'
import { addSettled, type Settled } from '../ranges.ts'
import type { Queue, SetAside, Settlement } from '../store.ts'
import { countInMemory, type Counted, reopenInMemory } from './memory-requests.ts'
import { noteInMemory } from './memory-notices.ts'
import type { MemoryDestination, MemoryException, MemoryPage, MemoryState } from './memory-state.ts'

const keptAttempts = 1000

/** What a settlement tells of a replay. */
interface Replayed {
  readonly request: number
  readonly counts: Counted
}

export function settleInMemory(state: MemoryState, settlement: Settlement, at: Moment): void {
  const { now } = at
  const destination = state.destination(settlement.destination)
  const queues = new Map<Queue, Settled>()
  for (const { queue, range } of settlement.settled)
    queues.set(queue, addSettled(queues.get(queue) ?? state.settled(destination, queue), range))
  const replays: Replayed[] = []
  const again = resettledInMemory(state, destination, settlement.settled)
  const exceptions = changedExceptions(state, settlement, { at, destination, replays, again })
  if (again && again.seqs.size > 0) replays.push({ request: again.request, counts: { delivered: again.seqs.size } })
  for (const source of settlement.delivered.keys())
    if (!state.sources.has(source)) throw new Error(`source "${source}" has no events`)
  for (const [queue, settled] of queues) destination.queues.set(queue, settled)
  destination.exceptions.clear()
  for (const [seq, exception] of exceptions) destination.exceptions.set(seq, exception)
  const delivered = [...settlement.delivered.values()].reduce((sum, count) => sum + count, 0)
  destination.delivered += delivered
  const stands = delivered > 0 ? confirm(destination, at.age) : []
  destination.attempts.push(...settlement.attempts)
  destination.attempts.splice(0, destination.attempts.length - keptAttempts)
  for (const { request, counts } of replays) countInMemory(state, request, counts, now)
  const deaths = [...settlement.dead.filter(({ provisional }) => !provisional), ...stands]
  noteInMemory(state, noticesOfDeaths(settlement.destination, deaths), now)
  noteInMemory(state, settlement.notices ?? [], now)
}

/** Provisional rejects go back to waiting for an attempt. Returns how many. */
export function exhumeInMemory(state: MemoryState, name: string, now: number): number {
  const destination = state.destination(name)
  let exhumed = 0
  for (const [seq, exception] of destination.exceptions) {
    if (!exception.provisional) continue
    destination.exceptions.set(seq, {
      ...exception,
      provisional: false,
      attempts: 0,
      putAt: now,
      nextAt: now,
      cause: null,
      diedAge: null,
    })
    if (exception.request !== null) reopenInMemory(state, exception.request)
    exhumed++
  }
  return exhumed
}

/** The events of the replay queue that a settlement settles, and the request that counts them. */
interface Resettled {
  readonly request: number
  /** Each that is set aside is taken out. */
  readonly seqs: Set<Seq>
}

function resettledInMemory(
  state: MemoryState,
  { known, replaying }: MemoryDestination,
  settled: Settlement['settled'],
): Resettled | null {
  if (replaying === null) return null
  const ranges = settled.filter(({ queue }) => queue === 'replay').map(({ range }) => range)
  const isOurs = (page: MemoryPage, seq: Seq): boolean =>
    bitSet(page.replays.get(known.id) ?? nothing, seq - page.firstSeq) &&
    ranges.some(({ from, to }) => seq >= from && seq < to)
  const seqsOf = (page: MemoryPage): Seq[] =>
    Array.from({ length: page.count }, (_, index) => page.firstSeq + index).filter((seq) => isOurs(page, seq))
  return { request: replaying, seqs: new Set(ranges.length > 0 ? state.pages.flatMap(seqsOf) : []) }
}

const nothing = new Uint8Array()

interface Changing {
  readonly destination: MemoryDestination
  readonly at: Moment
  readonly replays: Replayed[]
  readonly again: Resettled | null
}

function changedExceptions(
  state: MemoryState,
  settlement: Settlement,
  { destination, at, replays, again }: Changing,
): Map<Seq, MemoryException> {
  const exceptions = new Map(destination.exceptions)
  for (const seq of settlement.retried) {
    const old = exceptions.get(seq)
    if (old?.nextAt == null) throw new Error(`event ${seq} is not in the retry queue`)
    if (old.request !== null) replays.push({ request: old.request, counts: { delivered: 1 } })
    exceptions.delete(seq)
  }
  const setAside = (event: SetAside, fate: MemoryFate): void => {
    const old = exceptions.get(event.seq)
    if (old?.nextAt === null) throw new Error(`event ${event.seq} is dead already`)
    // What the replay queue gives up is still the replay's: its request counts what becomes of it.
    const claimed = !old && again?.seqs.delete(event.seq) ? again.request : null
    const request = old?.request ?? claimed
    if (fate.nextAt === null && request !== null) replays.push({ request, counts: { dead: 1 } })
    const put = setAsideInMemory(state, { destination, old, at }, event, fate)
    exceptions.set(event.seq, claimed === null ? put : { ...put, request: claimed, age: at.age })
  }
  for (const event of settlement.retrying) setAside(event, { nextAt: event.nextAt, cause: null, provisional: false })
  for (const event of settlement.dead)
    setAside(event, { nextAt: null, cause: event.cause, provisional: event.provisional })
  return exceptions
}

/** What becomes of an event that is set aside. */
type MemoryFate = Pick<MemoryException, 'nextAt' | 'cause' | 'provisional'>

/** An event as it is kept once it is set aside; `old`: as it was kept before. */
export function setAsideInMemory(
  state: MemoryState,
  { destination, old, at }: { destination: MemoryDestination; old: MemoryException | undefined; at: Moment },
  event: SetAside,
  fate: MemoryFate,
): MemoryException {
  const { seq, source, attempts, firstAttemptedAt, reason } = event
  return {
    seq,
    source,
    attempts,
    firstAttemptedAt,
    reason,
    ...fate,
    history: addToHistory(old?.history ?? '[]', event, at.now),
    request: old?.request ?? null,
    putAt: at.now,
    age: old?.age ?? ageOf(state, destination, seq, at),
    diedAge: fate.nextAt === null ? at.age : null,
    page: old?.page ?? copyOf(state, seq),
  }
}

/** Since when an event waits: what comes late, or again, begins when it is set aside. */
function ageOf(state: MemoryState, { known }: MemoryDestination, seq: Seq, at: Moment): number {
  const { age, routing } = state.pageOf(seq)
  return routing.get(known.id)?.queue === 'live' ? age : at.age
}

function copyOf(state: MemoryState, seq: Seq): MemoryException['page'] {
  const { page, firstSeq } = state.pageOf(seq)
  if (!page) throw new Error(`the page of event ${seq} is gone`)
  return oneEvent(page, seq - firstSeq)
}

/** The destination has shown that it takes events: its rejects stand, and are kept from this age on. Returns them. */
function confirm(destination: MemoryDestination, age: number): readonly Death[] {
  const deaths: Death[] = []
  for (const [seq, exception] of destination.exceptions) {
    if (!exception.provisional) continue
    destination.exceptions.set(seq, { ...exception, provisional: false, diedAge: age })
    deaths.push({ source: exception.source, cause: exception.cause ?? '', reason: exception.reason })
  }
  return deaths
}

/** A wall clock that went back must not make anything wait longer than it was to wait. */
export function clampInMemory(destination: MemoryDestination, now: number): void {
  for (const [seq, exception] of destination.exceptions) {
    const { nextAt, putAt } = exception
    if (nextAt !== null && putAt > now)
      destination.exceptions.set(seq, { ...exception, putAt: now, nextAt: nextAt - putAt + now })
  }
}
