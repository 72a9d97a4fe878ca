// Holds the relay's own events, as they arrived, against the notices that it wrote down, and the notices against what the oracle knows.
import { isDeepStrictEqual } from 'node:util'
import type { MemoryState } from '../../src/store/memory/memory-state.ts'
import { ownEvent } from '../../src/upkeep/own-event.ts'
import type { OwnWire, SimReceiver } from './sim-receiver.ts'

export interface OwnExpectation {
  readonly destination: string
  readonly receiver: SimReceiver
  /** The filter, written down a second time. */
  readonly passes: (event: { readonly type: string; readonly outcome: 'success' | 'failure' }) => boolean
}

/** Sentences about broken promises; empty when all were kept. */
export function judgeOwn(state: MemoryState, { destination, receiver, passes }: OwnExpectation): string[] {
  const faults: string[] = []
  const fault = (text: string): void => void faults.push(`${destination}: own events: ${text}`)
  const expected = new Map(
    state.notices
      .filter(({ carried, destinations, kind, outcome }) => {
        return carried && !destinations.includes(destination) && passes({ type: `audit.stream_${kind}`, outcome })
      })
      .map((notice) => [`relay-${state.identity.instance}-${notice.id}`, notice]),
  )
  for (const id of expected.keys()) if (!receiver.own.has(id) && !receiver.ownRefusedAlone.has(id)) fault(`lost ${id}`)
  for (const [id, arrivals] of receiver.own) {
    const notice = expected.get(id)
    if (!notice) fault(`invented, or about the destination itself: ${JSON.stringify(arrivals[0])}`)
    else if (arrivals.some((wire) => !isDeepStrictEqual(bare(wire), ownEvent(notice, state.identity.instance))))
      fault(`altered: ${JSON.stringify(arrivals)}`)
  }
  const failed = state.notices.filter(({ kind, destinations, data }) => {
    return kind === 'event_failed' && destinations.includes(destination) && data['cause'] !== 'outage'
  })
  const told = failed.reduce((sum, { count }) => sum + count, 0)
  const dead = confirmedDead(state, destination)
  if (told !== dead) fault(`${dead} died for good, ${told} were told`)
  return faults
}

/** Times that an event of the relay's own was taken after the first. */
export function ownDuplicates({ own }: SimReceiver): number {
  return [...own.values()].reduce((sum, arrivals) => sum + arrivals.length - 1, 0)
}

function bare({ source: _source, stream: _stream, ...event }: OwnWire): unknown {
  return event
}

/** Dead letters that are not provisional, without the relay's own events. */
function confirmedDead(state: MemoryState, destination: string): number {
  const { exceptions } = state.destination(destination)
  return [...exceptions.values()].filter(
    ({ nextAt, provisional, source }) => nextAt === null && !provisional && source !== 'relay',
  ).length
}
