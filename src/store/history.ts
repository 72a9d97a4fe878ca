// What happened to an event that was set aside, attempt by attempt, bounded.
import type { SetAside } from './store.ts'

const longest = 20

/** The history, a JSON list, with one more entry; the first and the newest are kept. */
export function addToHistory(history: string, { attempts, reason }: SetAside, now: number): string {
  const entries = [...(JSON.parse(history) as unknown[]), { at: now, attempts, ...reason }]
  return JSON.stringify(
    entries.length > longest ? [entries[0], ...entries.slice(entries.length - longest + 1)] : entries,
  )
}
