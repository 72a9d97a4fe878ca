// Requests in memory: written down, counted and ended.
import { chosenOf, endOf, isThrough, isUnderWay, KEPT_REQUESTS, NO_COUNTS } from '../going-through.ts'
import type { Asked, RequestCounts, StoredRequest } from '../requests.ts'
import { noticeOfRequest } from '../notices.ts'
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

export function endInMemory(
  state: MemoryState,
  id: number,
  { ok, text }: { readonly ok: boolean; readonly text: string },
  now: number,
): void {
  const request = state.requests.find((one) => one.id === id)
  if (request?.finishedAt !== null) return
  for (const destination of state.destinations) if (destination.replaying === id) destination.replaying = null
  Object.assign(request, { state: ok ? 'done' : 'failed', text, finishedAt: now })
  noteInMemory(state, [noticeOfRequest(request, { ok, text })], now)
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
  const { id, at, by, asked, state, counts, text, finishedAt } = request
  return structuredClone({ id, at, by, asked, state, counts, text, finishedAt })
}
