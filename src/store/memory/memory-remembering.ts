// What a page's events are compared with in memory, and which quarantined records have come before.
import type { Quarantined } from '../../model/page.ts'
import type { Remembered } from '../deduplicate.ts'
import { RecentEvents } from '../recent-events.ts'
import { spanOf, uncovered } from '../spans.ts'
import type { PageCommit } from '../store.ts'
import { addPage, WINDOW_KEYS } from '../window-bound.ts'
import type { MemorySource, MemoryState } from './memory-state.ts'

/** Throws `WindowError` when the window may meet more than `limit` identities that are not among the most recent ones. */
export function rememberedInMemory(
  state: MemoryState,
  source: MemorySource,
  { page, window }: PageCommit,
  limit = WINDOW_KEYS,
): Remembered {
  const { recent, new: events } = source
  if (!window) return { recent, older: null }
  const asked = spanOf(window)
  const spans = [asked, ...uncovered(page.times, [asked])]
  const older = new RecentEvents(limit)
  for (const kept of state.pages) {
    if (kept.source !== source.name || !kept.index || kept.before >= events + page.count - state.recentEvents) continue
    const { span } = kept.index
    if (spans.some(({ from, to }) => span.from <= to && span.to >= from)) addPage(older, kept.index)
  }
  return { recent, older }
}

/** The records that are to be kept: where they may repeat only what the source has not brought before. */
export function freshlyQuarantined(
  source: MemorySource,
  { quarantined, window, mayRepeat = window !== undefined }: PageCommit,
): readonly Quarantined[] {
  if (!mayRepeat) return quarantined
  const known = new Set(source.quarantine.map(({ bytes }) => textOf(bytes)))
  return quarantined.filter(({ bytes }) => {
    const text = textOf(bytes)
    if (known.has(text)) return false
    known.add(text)
    return true
  })
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
