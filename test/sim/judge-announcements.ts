// What must be said: a purge at least a day before it happens, and everything that was noticed in an event of the relay's own, unaltered.
import { isDeepStrictEqual } from 'node:util'
import type { MemoryState } from '../../src/store/memory/memory-state.ts'
import { ownEvent } from '../../src/upkeep/own-event.ts'
import type { Site } from './site.ts'
import type { OwnWire } from './sim-receiver.ts'
import type { Read } from './witness.ts'

const dayMs = 86_400_000

/** Old dead letters go a day after their end was announced, and not again before it is announced again. */
export function judgeExpiry({ deeds, knownAs }: Site): string[] {
  const faults: string[] = []
  let announcedAt = Infinity
  for (const { kind, at } of deeds) {
    if (kind === 'announced') announcedAt = at
    if (kind === 'expired' && at - announcedAt < dayMs) faults.push(`${knownAs}: dead letters went unannounced`)
  }
  return faults
}

export function judgeNotices(state: MemoryState, reads: ReadonlyMap<string, Read>): string[] {
  const { notices, identity } = state
  const ids = notices.filter(({ carried }) => carried).map(({ id }) => `relay-${identity.instance}-${id}`)
  const own = [...reads.values()].filter(({ source }) => source === 'relay')
  const forgotten = ids.filter((id) => !reads.has(id))
  return [
    ...forgotten.map((id) => `notice ${id} never became an event`),
    ...(own.length > ids.length ? [`${own.length} own events of ${ids.length} notices`] : []),
  ]
}

/** Each request that ended is audited once, with who asked; a replay again when one of its events that had died anew went back to waiting. */
export function judgeAudit(state: MemoryState): string[] {
  return state.requests.flatMap(({ id, by, finishedAt, asked }) => {
    const told = state.notices.filter(({ data }) => data['request'] === id)
    const most = asked.kind.startsWith('replay') ? Infinity : 1
    const isTold = told.length >= 1 && told.length <= most && told.every((notice) => notice.by === by)
    return finishedAt === null || isTold ? [] : [`request ${id} was audited ${told.length} times`]
  })
}

export function judgeOwnBytes(state: MemoryState, { receiver, knownAs }: Site): string[] {
  const { instance } = state.identity
  const notices = new Map(state.notices.map((notice) => [`relay-${instance}-${notice.id}`, notice]))
  return [...receiver.own].flatMap(([id, arrivals]) => {
    const notice = notices.get(id)
    const isSame = notice && arrivals.every((wire) => isDeepStrictEqual(bare(wire), ownEvent(notice, instance)))
    return isSame ? [] : [`${knownAs}: altered: ${JSON.stringify(arrivals)}`]
  })
}

function bare({ source: _source, stream: _stream, ...event }: OwnWire): unknown {
  return event
}
