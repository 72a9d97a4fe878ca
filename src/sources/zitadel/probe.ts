// Finds out whether an instance of ZITADEL would let us read, and whether it knows the names in the filter.
import { SetupError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import type { ZitadelApi } from './api.ts'
import { type EventFilter, newestOf } from './search.ts'

/** Rejects with what is wrong and what to do. ZITADEL answers a misspelt name with no events, so that nobody would notice. */
export async function probe(api: ZitadelApi, filter: EventFilter, signal: AbortSignal): Promise<void> {
  await api.search('/admin/v1/events/_search', newestOf(filter), signal)
  for (const list of ['eventTypes', 'aggregateTypes'] as const) {
    if (filter[list].length === 0) continue
    const known = await api.names(list, signal)
    const strange = filter[list].filter((name) => !known.includes(name))
    if (known.length > 0 && strange.length > 0)
      throw new SetupError(strange.map((name) => unknown(list, name, known)).join('; '))
  }
}

function unknown(list: 'eventTypes' | 'aggregateTypes', name: string, known: readonly string[]): string {
  const option = list === 'eventTypes' ? 'event_types' : 'aggregate_types'
  const meant = nearest(name, known)
  return `${option}: ZITADEL knows no "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}
