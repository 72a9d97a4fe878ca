// Notices in memory: made one where they may grow, and marked once a page has carried them.
import { KEPT_NOTICES, type NewNotice, type Notice, ripeAt } from '../notices.ts'
import type { MemoryState } from './memory-state.ts'

export interface MemoryNotice extends Omit<Notice, 'count' | 'carried'> {
  readonly ripeAt: number
  count: number
  carried: boolean
}

export function noteInMemory(state: MemoryState, notices: readonly NewNotice[], now: number): void {
  for (const notice of notices) {
    const growing = state.notices.find((one) => one.ripeAt > now && one.at <= now && !one.carried && alike(one, notice))
    if (growing) {
      growing.count += notice.count
      continue
    }
    const id = ++state.noticesMade
    state.notices.push({ ...structuredClone(notice), id, at: now, ripeAt: ripeAt(notice, now), carried: false })
  }
  const kept = state.notices.filter((one) => !one.carried || one.id > state.noticesMade - KEPT_NOTICES)
  if (kept.length < state.notices.length) state.notices.splice(0, state.notices.length, ...kept)
}

/** Oldest first. */
export function waitingInMemory(state: MemoryState, now: number, limit: number): readonly Notice[] {
  const waiting = state.notices.filter((one) => !one.carried && (one.ripeAt <= now || one.at > now))
  return waiting.slice(0, limit).map(shownNotice)
}

/** The notices of these numbers, to be carried. Throws when one is carried already: a fault of the caller. */
export function waitingByNumber(state: MemoryState, ids: readonly number[]): readonly MemoryNotice[] {
  return ids.map((id, index) => {
    const notice = state.notices.find((one) => one.id === id && !one.carried)
    if (!notice || ids.indexOf(id) !== index) throw new Error(`notice ${id} is carried already`)
    return notice
  })
}

function shownNotice(kept: MemoryNotice): Notice {
  const { ripeAt: _ripeAt, ...notice } = kept
  return structuredClone(notice)
}

function alike(a: NewNotice, b: NewNotice): boolean {
  const key = ({ kind, destinations, source, cause }: NewNotice): string =>
    JSON.stringify([kind, destinations, source, cause])
  return b.cause !== null && key(a) === key(b)
}
