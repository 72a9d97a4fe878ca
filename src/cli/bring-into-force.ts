// Makes the destinations of the file those of the state, and starts the thread that reads for them.
import type { RelayConfig } from '../config/config.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { definitionOf } from './compose.ts'
import { type ReaderThread, startReaderThread } from './reader-thread.ts'

/** `enabled`: the destinations that run. The caller stops the thread. */
export async function bringIntoForce(
  store: Store,
  config: RelayConfig,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<{ readonly thread: ReaderThread; readonly enabled: readonly string[] }> {
  const { sources, destinations } = config
  const now = clock.now()
  const records = await store.register(
    destinations.map((destination) => definitionOf(destination, now)),
    now,
  )
  for (const { name, change } of records)
    if (change !== 'unchanged') telemetry.emit({ type: 'destination_changed', destination: name, change })
  const known = new Set(records.map(({ name }) => name))
  const running = new Set(records.filter(({ state }) => state === 'enabled').map(({ name }) => name))
  const routes = destinations
    .filter(({ name }) => known.has(name))
    .map(({ name, sources: read, filter }) => ({ destination: name, sources: read, filter }))
  const thread = startReaderThread({ secret: store.identity.secret, routes }, sources)
  return { thread, enabled: destinations.map(({ name }) => name).filter((name) => running.has(name)) }
}
