// Gives room back in memory: drops the events of settled pages.
import type { Seq } from '../../model/page.ts'
import { reachOf } from '../kept-identities.ts'
import type { MemoryPage, MemoryState } from './memory-state.ts'
import { settledBefore } from './waiting.ts'

const pagesPerCall = 200

/**
 * `olderThan`: of time lived. `pressed`: there is no room, so what a later start might have wanted goes too. `lived`: from when on
 * identities are remembered for a time.
 */
export function pruneInMemory(
  state: MemoryState,
  limit: { pressed: boolean; olderThan: number; lived: number },
): { pages: number; more: boolean } {
  const wanted = limit.pressed ? [] : wantedFrom(state)
  let pages = 0
  for (const [source, { rememberMs, rememberFrom, new: events }] of state.sources) {
    const before = Math.min(settledBefore(state, source), ...wanted)
    for (const kept of state.pages) {
      if (kept.source !== source || !kept.page || pages === pagesPerCall) continue
      if (kept.firstSeq + kept.count > before || kept.age >= limit.olderThan) break
      state.usedBytes -= kept.page.bytes.length
      kept.page = undefined
      pages++
    }
    const enough = events - state.recentEvents
    const mayGo = ({ page, before: earlier, count, age }: MemoryPage): boolean =>
      !page && earlier + count <= enough && (rememberMs === 0 || age <= limit.lived - rememberMs)
    for (const kept of state.pages) {
      if (kept.source !== source || !kept.index) continue
      const reach = reachOf({ lastTime: kept.index.span.to, committedAt: kept.committedAt })
      if (!mayGo(kept) || reach >= rememberFrom) break
      kept.index = undefined
    }
  }
  return { pages, more: pages === pagesPerCall }
}

/** From where on pages are wanted by destinations that began later, and by replays. */
function wantedFrom({ destinations, requests }: MemoryState): Seq[] {
  const replays = new Set(destinations.map(({ replaying }) => replaying))
  const places = requests.filter(({ id }) => replays.has(id)).map(({ place }) => place)
  return [...places, ...destinations.flatMap(({ late }) => late.map(({ from }) => from))]
}
