// One life of the whole relay over a store, put together as the program does it, on the simulation's clock and network.
import { Relay } from '../../src/cli/relay.ts'
import { createDispatcher, type Dispatcher } from '../../src/delivery/dispatcher.ts'
import { Fleet } from '../../src/delivery/fleet.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import { webhook } from '../../src/destinations/webhook/index.ts'
import { compileFilter } from '../../src/filters/compile.ts'
import type { FilterSpec } from '../../src/filters/schema.ts'
import { Identity } from '../../src/model/identity.ts'
import { LateRouter } from '../../src/polling/late-router.ts'
import { Poller } from '../../src/polling/poller.ts'
import { Pollers } from '../../src/polling/pollers.ts'
import { openReader, type ReaderParts } from '../../src/polling/reader.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { BufferBound } from '../../src/store/buffer.ts'
import { RELAY_SOURCE } from '../../src/store/notices.ts'
import type { DestinationDefinition, Store } from '../../src/store/store.ts'
import type { TelemetryEvent } from '../../src/telemetry/events.ts'
import { Bounds } from '../../src/upkeep/bounds.ts'
import { DeadLetterExpiry } from '../../src/upkeep/expiry.ts'
import { OwnEvents } from '../../src/upkeep/own-events.ts'
import type { Life } from './life.ts'
import { Seeded } from './seeded.ts'
import type { SimReceiver } from './sim-receiver.ts'
import { type Feed, simSource } from './sim-source.ts'

/** A destination as it stands in the file. */
export interface FileEntry {
  readonly name: string
  readonly filter: FilterSpec
  readonly batch: number
  readonly inFlight: number
  readonly receiver: SimReceiver
  /** Default: all. */
  readonly sources?: readonly string[]
  readonly was?: string
  readonly start?: 'beginning'
  readonly buffer?: BufferBound
  /** Default: for ever. */
  readonly keepMs?: number
}

/** A source that is not a feed. */
type KnownSource = Required<Pick<ReaderParts, 'kind' | 'shared'>> & { readonly everyMs: number }

export interface OneRelayParts {
  readonly life: Life
  readonly clock: Clock
  /** As this life sees it. */
  readonly store: Store
  readonly file: readonly FileEntry[]
  readonly feeds: ReadonlyMap<string, Feed | KnownSource>
  readonly random: Seeded
  readonly telemetry: { emit(event: TelemetryEvent): void }
  /** Around each destination that is opened. */
  readonly around?: ((destination: Destination) => Destination) | undefined
}

export interface Signals {
  readonly drain: AbortSignal
  readonly abort: AbortSignal
}

const scheduleMs = [30_000, 120_000, 600_000]
const timeoutMs = 30_000
const pullEveryMs = 20_000

/** Runs from the registration of the file to the end of a clean stop. */
export async function runRelay(parts: OneRelayParts, signals: Signals): Promise<void> {
  const { clock, store, file, feeds, telemetry } = parts
  const known = await store.register(file.map(definitionOf), clock.now())
  const committed = (): void => fleet.wake()
  const make = (name: string) => {
    const entry = file.find((one) => one.name === name)
    return entry && { dispatcher: dispatcherOf(entry, parts), late: lateOf(entry, parts, committed) }
  }
  const enabled = known.filter(({ state }) => state === 'enabled').map(({ name }) => name)
  const fleet = new Fleet({ store, clock, make, enabled })
  const names = [...feeds.keys()]
  const pollers = names.map((name) => pollerOf(name, parts, committed))
  const own = new OwnEvents({ store, clock, routes: () => routesOf(file, RELAY_SOURCE), committed })
  const keepMs = new Map(file.map((entry) => [entry.name, entry.keepMs ?? null]))
  await new Relay({
    store,
    pollers: new Pollers({ store, clock, pollers, configured: names }),
    fleet,
    own,
    expiry: new DeadLetterExpiry({ store, clock, telemetry, keepMs }),
    bounds: new Bounds({ store, clock, telemetry, destinations: fleet }),
    clock,
    telemetry,
  }).run(signals)
  await store.close(clock.now())
}

export function reads({ sources }: Pick<FileEntry, 'sources'>, source: string): boolean {
  return sources?.includes(source) ?? true
}

function definitionOf(entry: FileEntry): DestinationDefinition {
  const { name, filter, sources = null, was, start, buffer } = entry
  return {
    name,
    type: 'webhook',
    definition: JSON.stringify(filter),
    sources,
    enabled: true,
    ...(was !== undefined && { was }),
    ...(start !== undefined && { start }),
    ...(buffer && { buffer }),
  }
}

function routesOf(file: readonly FileEntry[], source: string) {
  const readers = file.filter((entry) => reads(entry, source))
  return readers.map(({ name, was, filter }) => {
    return { destination: name, filter: compileFilter(filter), ...(was !== undefined && { was }) }
  })
}

function pollerOf(source: string, { store, clock, file, feeds, telemetry }: OneRelayParts, committed: () => void) {
  const identity = new Identity(store.identity.secret)
  const feed = feeds.get(source) as Feed | KnownSource
  const { everyMs, ...known } = 'kind' in feed ? feed : { kind: simSource(feed), everyMs: pullEveryMs }
  const routes = routesOf(file, source)
  const open: ConstructorParameters<typeof Poller>[0]['open'] = (name, cursors, notice) =>
    Promise.resolve(openReader({ name, ...known, options: () => ({}), routes, identity, clock }, cursors, notice))
  return new Poller({ name: source, everyMs, store, open, clock, telemetry, committed })
}

function lateOf({ name, was }: FileEntry, { store, clock }: OneRelayParts, routed: () => void): LateRouter {
  const filter = (definition: string) => compileFilter(JSON.parse(definition) as FilterSpec)
  return new LateRouter({ destination: name, ...(was !== undefined && { was }), filter, store, clock, routed })
}

function dispatcherOf(
  entry: FileEntry,
  { store, clock, life, random: dice, telemetry, around }: OneRelayParts,
): Dispatcher {
  const { name, batch, inFlight, receiver } = entry
  const random = new Seeded(dice.below(1e9))
  const options = webhook.options.parse({ url: 'http://receiver.invalid/', batch: batch === 1 ? undefined : batch })
  const open = () => {
    const http = () => life.http(receiver.client())
    const destination = webhook.open(options, { name, clock, random, http })
    return around?.(destination) ?? destination
  }
  const limits = webhook.limits(options)
  return createDispatcher({ store, clock, telemetry, name, open, limits, inFlight, timeoutMs, scheduleMs, random })
}
