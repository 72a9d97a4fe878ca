// Says at the start which sources are new, have left the configuration, or are back: a source that was given another name is two of
// them, and is read again as a new one.
import type { RelayConfig } from '../config/config.ts'
import { reservedSource } from '../config/shared-schema.ts'
import { StateFullError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

/** That one has left is said once: it is written down beside its last pull. */
export async function tellChangedSources(
  store: Pick<Store, 'overview' | 'savePull'>,
  { sources }: Pick<RelayConfig, 'sources'>,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<void> {
  const now = clock.now()
  const known = new Map((await store.overview(now)).sources.map(({ name, lastPull }) => [name, lastPull]))
  const configured = new Set(sources.map(({ name }) => name))
  const tell = (source: string, change: 'new' | 'returned' | 'left'): void =>
    telemetry.emit({ type: 'source_changed', source, change })
  for (const name of configured) {
    if (!known.has(name)) tell(name, 'new')
    else if (known.get(name)?.left) tell(name, 'returned')
  }
  for (const [name, lastPull] of known) {
    if (configured.has(name) || name === reservedSource || !lastPull || lastPull.left) continue
    tell(name, 'left')
    await store.savePull(name, { ...lastPull, left: true }, now).catch((error: unknown) => {
      if (!(error instanceof StateFullError)) throw error
    })
  }
}
