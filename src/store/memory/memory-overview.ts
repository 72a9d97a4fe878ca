// What `status` shows of a memory state.
import { purgeShown } from '../retention.ts'
import type { DestinationOverview, Overview, SourceOverview } from '../store.ts'
import { oldLetters } from './memory-expiring.ts'
import type { MemoryDestination, MemorySource, MemoryState } from './memory-state.ts'
import { firstOf, freshFor, waitingBytesFor, waitingFor } from './waiting.ts'

const shownAttempts = 10
const shownQuarantine = 5

export function overviewOf(state: MemoryState, running: boolean, now: number): Overview {
  return {
    instance: state.identity.instance,
    heartbeatAt: state.heartbeatAt,
    running,
    usedBytes: state.usedBytes,
    sources: [...state.sources.values()].map((source) => ({
      ...sourceOf(source),
      resting: restingOf(state, source.name),
    })),
    destinations: state.destinations.map((destination) => destinationOf(state, destination, now)),
  }
}

function sourceOf(source: MemorySource): SourceOverview {
  const { name, pulled, duplicates, conflicts, quarantined, lastEventAt, lastPull } = source
  const newest = source.quarantine.slice(-shownQuarantine).reverse()
  return {
    name,
    enabled: source.enabled,
    pulled,
    new: source.new,
    duplicates,
    conflicts,
    quarantined,
    lastEventAt,
    lastPull,
    late: [...source.late].map(([lane, buckets]) => ({ lane, buckets })).sort((a, b) => (a.lane < b.lane ? -1 : 1)),
    parts: source.cursors.size,
    quarantine: newest.map(({ at, reason, detail, place }) => ({ at, reason, detail, place })),
  }
}

function restingOf({ requests }: MemoryState, source: string): NonNullable<SourceOverview['resting']> {
  return requests.flatMap(({ id, asked, finishedAt, backfilled }) => {
    const reason = backfilled?.trouble ?? null
    const isOpen = asked.kind === 'backfill' && asked.source === source && finishedAt === null
    return isOpen && reason !== null ? [{ backfill: id, reason }] : []
  })
}

function destinationOf(state: MemoryState, destination: MemoryDestination, now: number): DestinationOverview {
  const { known, offered, filtered, routed, delivered, dropped, health, purge } = destination
  const exceptions = [...destination.exceptions.values()]
  const due = exceptions.map(({ nextAt }) => nextAt).filter((at) => at !== null)
  const oldest = firstOf(freshFor(state, destination))
  return {
    name: known.name,
    type: known.type,
    state: known.state,
    stopped: known.stopped,
    discard: known.discard,
    buffer: known.buffer && { ...known.buffer, waitingBytes: waitingBytesFor(state, destination) },
    purge: purge && purgeShown(purge, oldLetters(destination, purge.before).length, { lived: state.lived, now }),
    offered,
    filtered,
    routed,
    delivered,
    dropped,
    waiting: [...waitingFor(state, destination)].length,
    retrying: due.length,
    dead: exceptions.length - due.length,
    oldestWaitingAt: oldest === undefined ? null : state.pageOf(oldest).committedAt,
    nextRetryAt: due.length > 0 ? Math.min(...due) : null,
    health,
    lastAttempts: destination.attempts.slice(-shownAttempts).reverse(),
  }
}
