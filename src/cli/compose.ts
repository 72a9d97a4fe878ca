// Puts a relay together from a configuration: the only place where kinds, stores and loops meet.
import type { DestinationConfig, RelayConfig, SourceConfig } from '../config/config.ts'
import { createDispatcher, type Dispatcher, type DispatcherParts } from '../delivery/dispatcher.ts'
import { Fleet, type FleetMember } from '../delivery/fleet.ts'
import { compileFilter } from '../filters/compile.ts'
import { LateRouter } from '../polling/late-router.ts'
import { Poller } from '../polling/poller.ts'
import { Pollers } from '../polling/pollers.ts'
import type { OpenReader } from '../polling/reader.ts'
import type { Clock } from '../runtime/clock.ts'
import { createHttpClient } from '../runtime/http-client.ts'
import { systemRandom } from '../runtime/random.ts'
import type { DestinationDefinition, Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { Relay } from './relay.ts'

export interface ComposeParts {
  readonly store: Store
  readonly config: RelayConfig
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** The destinations that run from the start. */
  readonly enabled: readonly string[]
  /** Reads sources; without it none is read. */
  readonly open?: OpenReader
  readonly tick?: () => void
}

/** A relay over an open state. */
export function composeRelay(parts: ComposeParts): Relay {
  const { store, config, clock, telemetry, enabled, open, tick } = parts
  const woken = (): void => fleet.wake()
  const make = (name: string): FleetMember | undefined => {
    const destination = config.destinations.find((one) => one.name === name)
    return destination && memberOf(destination, { store, clock, telemetry, routed: woken })
  }
  const fleet = new Fleet({ store, clock, make, enabled })
  const pollerOf = ({ name, everyMs }: SourceConfig, reader: OpenReader): Poller =>
    new Poller({ name, everyMs, store, open: reader, clock, telemetry, committed: woken })
  const pollers = open ? config.sources.map((source) => pollerOf(source, open)) : []
  const crews = { fleet, pollers: new Pollers({ store, clock, pollers }) }
  return new Relay({ store, clock, telemetry, ...crews, ...(tick && { tick }) })
}

type Around = Pick<DispatcherParts, 'store' | 'clock' | 'telemetry'> & { readonly routed: () => void }

function memberOf(destination: DestinationConfig, around: Around): FleetMember {
  const { store, clock, routed } = around
  const filter = () => compileFilter(destination.filter)
  const late = new LateRouter({ destination: destination.name, filter, store, clock, routed })
  return { dispatcher: dispatcherOf(destination, around), late }
}

function dispatcherOf(destination: DestinationConfig, { store, clock, telemetry }: Around): Dispatcher {
  const { name, kind, limits, inFlight, timeoutMs, scheduleMs } = destination
  const random = systemRandom
  const open = () => {
    const http = createHttpClient({ inFlight, timeoutMs })
    return kind.open(destination.options(), { name, clock, random, http })
  }
  return createDispatcher({ store, clock, telemetry, random, name, open, limits, inFlight, timeoutMs, scheduleMs })
}

/** A destination of the file as the state knows it. */
export function definitionOf(destination: DestinationConfig, now: number): DestinationDefinition {
  const { name, type, definition, sources, was, start, enabled } = destination
  return {
    name,
    type,
    definition,
    sources,
    enabled,
    ...(was !== undefined && { was }),
    ...(start !== undefined && { start: typeof start === 'string' ? start : { sinceMs: now - start.agoMs } }),
  }
}
