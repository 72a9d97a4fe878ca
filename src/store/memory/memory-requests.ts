// Requests in memory: written down, counted and ended.
import { NOTHING_BACKFILLED } from '../backfilling.ts'
import { chosenOf, endOf, isThrough, isUnderWay, KEPT_REQUESTS, NO_COUNTS } from '../going-through.ts'
import { noticeOfBeginning, noticesOfRequest } from '../request-notices.ts'
import type { Asked, Backfilled, RequestCounts, StoredRequest } from '../requests.ts'
import { noteInMemory } from './memory-notices.ts'
import type { MemoryRequest, MemoryState } from './memory-state.ts'

/** What is added to a request's counts. */
export type Counted = Partial<Omit<RequestCounts, 'chosen'>> & { readonly place?: number }

export function askInMemory(state: MemoryState, asked: Asked, by: string, now: number): number {
  const id = ++state.requestsAsked
  const counts = { ...NO_COUNTS, chosen: chosenOf(asked) }
  const begun = { state: 'asked' as const, counts, place: 0, text: null, finishedAt: null }
  state.requests.push({ id, at: now, by, asked: structuredClone(asked), ...begun })
  const kept = state.requests.filter((one) => one.finishedAt === null || one.id > id - KEPT_REQUESTS)
  state.requests.splice(0, state.requests.length, ...kept)
  return id
}

/** Throws for one that was never asked, or is forgotten: a fault of the caller. */
export function requestInMemory(state: MemoryState, id: number): MemoryRequest {
  const found = state.requests.find((one) => one.id === id)
  if (!found) throw new Error(`there is no request ${id}`)
  return found
}

/** Adds to the counts of a request, which may end it. One that is forgotten is not missed. */
export function countInMemory(state: MemoryState, id: number, counted: Counted, now: number): void {
  const request = state.requests.find((one) => one.id === id)
  if (!request) return
  const { place = 0, ...added } = counted
  const counts = { ...request.counts }
  for (const [name, count] of Object.entries(added) as [keyof RequestCounts, number][]) counts[name] += count
  request.counts = counts
  request.place += place
  if (!isUnderWay(request)) return
  request.state = 'running'
  const text = isThrough(counts) ? endOf(request.asked, counts) : null
  if (text !== null) endInMemory(state, id, { ok: true, text }, now)
}

/** False when it had ended before. */
export function endInMemory(
  state: MemoryState,
  id: number,
  { ok, text }: { readonly ok: boolean; readonly text: string },
  now: number,
): boolean {
  const request = state.requests.find((one) => one.id === id)
  if (request?.finishedAt !== null) return false
  for (const destination of state.destinations) if (destination.replaying === id) destination.replaying = null
  Object.assign(request, { state: ok ? 'done' : 'failed', text, finishedAt: now })
  noteInMemory(state, noticesOfRequest(request, { ok, text }), now)
  return true
}

/** A backfill that has not begun begins. */
export function beginInMemory(state: MemoryState, id: number, now: number): void {
  const request = requestInMemory(state, id)
  const notice = noticeOfBeginning(request)
  if (!notice || request.state !== 'asked') return
  Object.assign(request, { state: 'running', backfilled: NOTHING_BACKFILLED })
  noteInMemory(state, [notice], now)
}

/** A backfill has come further. One that has ended, or is forgotten, stays as it is. */
export function backfillInMemory(state: MemoryState, id: number, further: (far: Backfilled) => Backfilled): void {
  const request = state.requests.find((one) => one.id === id)
  if (request && isUnderWay(request))
    Object.assign(request, { state: 'running', backfilled: further(request.backfilled ?? NOTHING_BACKFILLED) })
}

/** An event that had died again goes back to waiting. */
export function reopenInMemory(state: MemoryState, id: number): void {
  const request = state.requests.find((one) => one.id === id)
  if (!request) return
  request.counts = { ...request.counts, dead: request.counts.dead - 1 }
  if (request.state === 'done') Object.assign(request, { state: 'running', text: null, finishedAt: null })
}

/** What those who ask are shown. */
export function shownRequest(request: MemoryRequest): StoredRequest {
  const { id, at, by, asked, state, counts, text, finishedAt, backfilled } = request
  return structuredClone({ id, at, by, asked, state, counts, text, finishedAt, ...(backfilled && { backfilled }) })
}
