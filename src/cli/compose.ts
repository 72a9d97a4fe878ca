// Puts a relay together from a configuration: the only place where kinds, stores and loops meet.
import type { DestinationConfig, RelayConfig, SourceConfig } from '../config/config.ts'
import { dressed } from '../delivery/dressing.ts'
import { filterIn } from '../config/definition.ts'
import { createDispatcher, type Dispatcher, type DispatcherParts } from '../delivery/dispatcher.ts'
import { Fleet, type FleetMember } from '../delivery/fleet.ts'
import { compileFilter } from '../filters/compile.ts'
import { BackfillReader, type BackfillReaderParts, type OpenBackfill } from '../polling/backfill-lane.ts'
import { LateRouter } from '../polling/late-router.ts'
import type { OwnRoute } from '../polling/own-page.ts'
import { Poller } from '../polling/poller.ts'
import { Pollers } from '../polling/pollers.ts'
import type { OpenReader } from '../polling/reader.ts'
import type { Tools } from '../destinations/destination.ts'
import type { Clock } from '../runtime/clock.ts'
import { createHttpClient } from '../runtime/http-client.ts'
import { systemRandom } from '../runtime/random.ts'
import { RELAY_SOURCE } from '../store/notices.ts'
import type { DestinationDefinition, Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { Bounds } from '../upkeep/bounds.ts'
import { OwnEvents } from '../upkeep/own-events.ts'
import { DeadLetterExpiry } from '../upkeep/expiry.ts'
import { Relay } from './relay.ts'
import { readingIn } from './sources/view.ts'

export interface ComposeParts {
  readonly store: Store
  readonly config: RelayConfig
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** The destinations that run from the start. */
  readonly enabled: readonly string[]
  /** Reads sources; without it none is read. */
  readonly open?: OpenReader
  /** `false`: only what operators ask for is read. */
  readonly pull?: boolean
  readonly tick?: () => void
}

/** A relay over an open state. */
export function composeRelay(parts: ComposeParts): Relay {
  const { store, config, clock, telemetry, enabled, open, pull = true, tick } = parts
  const woken = (): void => fleet.wake()
  const make = (name: string): FleetMember | undefined => {
    const destination = config.destinations.find((one) => one.name === name)
    return (
      destination && memberOf(destination, { store, clock, telemetry, audited: config.audit.delivered, routed: woken })
    )
  }
  const fleet = new Fleet({ store, clock, make, enabled })
  const pollerOf = ({ name, everyMs, cron }: SourceConfig, reader: OpenReader): Poller =>
    new Poller({
      name,
      everyMs,
      ...(cron !== undefined && { cron }),
      store,
      open: reader,
      clock,
      telemetry,
      committed: woken,
    })
  const pollers = open && pull ? config.sources.map((source) => pollerOf(source, open)) : []
  const configured = config.sources.map(({ name }) => name)
  const crews = { fleet, pollers: new Pollers({ store, clock, pollers, configured, readingOf: readingIn(config) }) }
  // Without sources only what is there is delivered and nothing ends, and the destinations of the file need not be those of the state.
  const own = open && new OwnEvents({ store, clock, routes: () => ownRoutes(config), committed: woken })
  const keepMs = new Map(config.destinations.map(({ name, deadLettersKeepMs }) => [name, deadLettersKeepMs]))
  const expiry = open && new DeadLetterExpiry({ store, clock, telemetry, keepMs })
  const bounds = open && new Bounds({ store, clock, telemetry, destinations: fleet })
  const upkeep = { ...(own && { own }), ...(expiry && { expiry }), ...(bounds && { bounds }), ...(tick && { tick }) }
  const openBackfill = open && backfillsFrom(config, { store, clock, telemetry, open, committed: woken })
  return new Relay({ store, clock, telemetry, ...crews, ...upkeep, ...(openBackfill && { openBackfill }) })
}

function backfillsFrom({ sources }: RelayConfig, parts: BackfillReaderParts): OpenBackfill {
  return (opening) => {
    const source = sources.find(({ name }) => name === opening.source)
    return source?.kind.windows && new BackfillReader(opening, parts)
  }
}

/** The destinations that read what the relay has to say of itself. */
function ownRoutes({ destinations }: RelayConfig): readonly OwnRoute[] {
  const readers = destinations.filter(({ sources }) => sources === null || sources.includes(RELAY_SOURCE))
  return readers.map(({ name, was, filter }) => {
    return { destination: name, filter: compileFilter(filter), ...(was !== undefined && { was }) }
  })
}

type Around = Pick<DispatcherParts, 'store' | 'clock' | 'telemetry' | 'audited'> & { readonly routed: () => void }

function memberOf(destination: DestinationConfig, around: Around): FleetMember {
  const { store, clock, routed } = around
  const filter = (definition: string) => compileFilter(filterIn(definition))
  const { name, was } = destination
  const late = new LateRouter({ destination: name, ...(was !== undefined && { was }), filter, store, clock, routed })
  return { dispatcher: dispatcherOf(destination, around), late }
}

function dispatcherOf(destination: DestinationConfig, around: Around): Dispatcher {
  const { name, kind, limits, inFlight, timeoutMs, scheduleMs } = destination
  const { clock } = around
  const random = systemRandom
  const open = () => {
    const http: Tools['http'] = (connection) => createHttpClient({ ...connection, inFlight, timeoutMs })
    const dress = destination.dress?.()
    const opened = kind.open(destination.options(), { name, clock, random, http })
    return dress ? dressed(opened, dress, destination.limits) : opened
  }
  return createDispatcher({ ...around, random, name, open, limits, inFlight, timeoutMs, scheduleMs })
}

/** A destination of the file as the state knows it. */
export function definitionOf(destination: DestinationConfig, now: number): DestinationDefinition {
  const { name, type, definition, sources, was, start, enabled, buffer } = destination
  return {
    name,
    type,
    definition,
    sources,
    enabled,
    ...(buffer !== null && { buffer }),
    ...(was !== undefined && { was }),
    ...(start !== undefined && { start: typeof start === 'string' ? start : { sinceMs: now - start.agoMs } }),
  }
}
