// What `destinations` and `sources` show of a state: who there is, and why one does not run. Pure.
import type { RelayConfig } from '../config/config.ts'
import { nearest } from '../model/nearest.ts'
import { RELAY_SOURCE } from '../store/notices.ts'
import type { DestinationOverview, Overview, SourceOverview } from '../store/store.ts'
import { UsageError } from './options.ts'
import {
  destinationStatus,
  lastSuccessAt,
  shownSources,
  sourceStatus,
  type StatusWord,
  whyNotRead,
} from './status/assess.ts'

/** Why a destination or source does not run. */
export type WhyInactive = 'file' | 'command' | 'not_configured'

export interface ShownDestination {
  readonly name: string
  readonly type: string
  readonly status: StatusWord
  readonly why: readonly WhyInactive[]
  /** What comes while it is disabled is dropped. */
  readonly discards: boolean
  readonly waiting: number
  readonly retrying: number
  readonly dead: number
  readonly lastSuccessAt: number | null
}

/** Those that the state knows and, when the configuration is known, those that the next start will add. */
export function shownDestinations(overview: Overview, config: RelayConfig | undefined): readonly ShownDestination[] {
  const known = overview.destinations.map((destination) => shownDestination(destination, config))
  const names = new Set(known.map(({ name }) => name))
  const coming = (config?.destinations ?? []).filter(({ name, was }) => !names.has(name) && !names.has(was ?? ''))
  const none = { discards: false, waiting: 0, retrying: 0, dead: 0, lastSuccessAt: null }
  return [
    ...known,
    ...coming.map(({ name, type, enabled }) => {
      const why: readonly WhyInactive[] = enabled ? [] : ['file']
      return { name, type, status: enabled ? ('Active' as const) : ('Inactive' as const), why, ...none }
    }),
  ]
}

function shownDestination(destination: DestinationOverview, config: RelayConfig | undefined): ShownDestination {
  const { name, type, waiting, retrying, dead, stopped, discard } = destination
  return {
    name,
    type,
    status: destinationStatus(destination),
    why: whyInactive(destination, config),
    discards: stopped && discard,
    waiting,
    retrying,
    dead,
    lastSuccessAt: lastSuccessAt(destination),
  }
}

/** As far as the state tells; with the configuration also whether the file disables one that a command has stopped, too. */
export function whyInactive({ name, state, stopped }: DestinationOverview, config?: RelayConfig): WhyInactive[] {
  if (state === 'enabled') return []
  const why: WhyInactive[] = []
  if (state === 'parked') why.push('not_configured')
  else if (!stopped || config?.destinations.find((one) => one.name === name)?.enabled === false) why.push('file')
  if (stopped) why.push('command')
  return why
}

export interface ShownSource {
  readonly name: string
  readonly type: string | null
  readonly status: StatusWord
  readonly why: readonly WhyInactive[]
  readonly pulled: number
  readonly lastEventAt: number | null
  readonly lastPullAt: number | null
  /** When the relay that runs reads it next; null where none runs. */
  readonly nextPullAt: number | null
}

/** Those that the state knows and, when the configuration is known, those that have not been read yet. */
export function shownSourceList(overview: Overview, config: RelayConfig | undefined): readonly ShownSource[] {
  const known = shownSources(overview).map((source) => shownSource(source, overview.running, config))
  const names = new Set(known.map(({ name }) => name))
  const coming = (config?.sources ?? []).filter(({ name }) => !names.has(name))
  const none = { status: 'Active' as const, why: [], pulled: 0, lastEventAt: null, lastPullAt: null, nextPullAt: null }
  return [...known, ...coming.map(({ name, type }) => ({ name, type, ...none }))]
}

function shownSource(source: SourceOverview, running: boolean, config: RelayConfig | undefined): ShownSource {
  const { name, enabled, pulled, lastEventAt, lastPull } = source
  const configured = config?.sources.find((one) => one.name === name)
  const names = config?.sources.map((one) => one.name)
  const why = whyNotRead({ name, enabled }, names)
  const own = name === RELAY_SOURCE
  const status = sourceStatus(source, names)
  return {
    name,
    type: own ? 'built in' : (configured?.type ?? null),
    status,
    why,
    pulled,
    lastEventAt,
    lastPullAt: lastPull?.at ?? null,
    nextPullAt: !running || why.length > 0 ? null : (lastPull?.nextAt ?? null),
  }
}

/** The one of this name. Throws `UsageError`, with the nearest name, when there is none. */
export function named<Shown extends { readonly name: string }>(
  name: string,
  all: readonly Shown[],
  what: 'destination' | 'source',
): Shown {
  const found = all.find((one) => one.name === name)
  if (found) return found
  const names = all.map((one) => one.name)
  const near = nearest(name, names)
  const known = names.length === 0 ? `there is none yet` : `there are: ${names.join(', ')}`
  const hint = near === undefined ? known : `did you mean "${near}"?`
  throw new UsageError(`there is no ${what} "${name}"; ${hint}`)
}
