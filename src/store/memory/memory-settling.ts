// Settling, setting aside and exhuming in memory: everything is looked at before anything is changed.
import type { Seq } from '../../model/page.ts'
import { addToHistory } from '../history.ts'
import { oneEvent } from '../one-event.ts'
import { addSettled, type Settled } from '../ranges.ts'
import type { Queue, SetAside, Settlement } from '../store.ts'
import { countInMemory, type Counted, reopenInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryException, MemoryState } from './memory-state.ts'

const keptAttempts = 1000

/** What a settlement tells of a replay. */
interface Replayed {
  readonly request: number
  readonly counts: Counted
}

export function settleInMemory(state: MemoryState, settlement: Settlement, now: number): void {
  const destination = state.destination(settlement.destination)
  const queues = new Map<Queue, Settled>()
  for (const { queue, range } of settlement.settled)
    queues.set(queue, addSettled(queues.get(queue) ?? state.settled(destination, queue), range))
  const replays: Replayed[] = []
  const exceptions = changedExceptions(state, settlement, { now, destination, replays })
  for (const source of settlement.delivered.keys())
    if (!state.sources.has(source)) throw new Error(`source "${source}" has no events`)
  for (const [queue, settled] of queues) destination.queues.set(queue, settled)
  destination.exceptions.clear()
  for (const [seq, exception] of exceptions) destination.exceptions.set(seq, exception)
  const delivered = [...settlement.delivered.values()].reduce((sum, count) => sum + count, 0)
  destination.delivered += delivered
  if (delivered > 0) confirm(destination)
  destination.attempts.push(...settlement.attempts)
  destination.attempts.splice(0, destination.attempts.length - keptAttempts)
  for (const { request, counts } of replays) countInMemory(state, request, counts, now)
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
    })
    if (exception.request !== null) reopenInMemory(state, exception.request)
    exhumed++
  }
  return exhumed
}

function changedExceptions(
  state: MemoryState,
  settlement: Settlement,
  { destination, now, replays }: { destination: MemoryDestination; now: number; replays: Replayed[] },
): Map<Seq, MemoryException> {
  const exceptions = new Map(destination.exceptions)
  for (const seq of settlement.retried) {
    const old = exceptions.get(seq)
    if (old?.nextAt == null) throw new Error(`event ${seq} is not in the retry queue`)
    if (old.request !== null) replays.push({ request: old.request, counts: { delivered: 1 } })
    exceptions.delete(seq)
  }
  const put = (event: SetAside, fate: Pick<MemoryException, 'nextAt' | 'cause' | 'provisional'>): void => {
    const old = exceptions.get(event.seq)
    if (old?.nextAt === null) throw new Error(`event ${event.seq} is dead already`)
    const request = old?.request ?? null
    if (fate.nextAt === null && request !== null) replays.push({ request, counts: { dead: 1 } })
    const history = addToHistory(old?.history ?? '[]', event, now)
    const { seq, source, attempts, firstAttemptedAt, reason } = event
    exceptions.set(seq, {
      seq,
      source,
      attempts,
      firstAttemptedAt,
      reason,
      ...fate,
      history,
      request,
      putAt: now,
      page: old?.page ?? copyOf(state, seq),
    })
  }
  for (const event of settlement.retrying) put(event, { nextAt: event.nextAt, cause: null, provisional: false })
  for (const event of settlement.dead) put(event, { nextAt: null, cause: event.cause, provisional: event.provisional })
  return exceptions
}

function copyOf(state: MemoryState, seq: Seq): MemoryException['page'] {
  const { page, firstSeq } = state.pageOf(seq)
  if (!page) throw new Error(`the page of event ${seq} is gone`)
  return oneEvent(page, seq - firstSeq)
}

function confirm(destination: MemoryDestination): void {
  for (const [seq, exception] of destination.exceptions)
    if (exception.provisional) destination.exceptions.set(seq, { ...exception, provisional: false })
}

/** A wall clock that went back must not make anything wait longer than it was to wait. */
export function clampInMemory(destination: MemoryDestination, now: number): void {
  for (const [seq, exception] of destination.exceptions) {
    const { nextAt, putAt } = exception
    if (nextAt !== null && putAt > now)
      destination.exceptions.set(seq, { ...exception, putAt: now, nextAt: nextAt - putAt + now })
  }
}
