// Compares the destinations of the file with those that the state knows. Pure: it says what each becomes; the stores write it.
import type { Seq } from '../model/page.ts'
import type { BufferBound } from './buffer.ts'
import type { DestinationDefinition, DestinationRecord } from './store.ts'

/** What the state holds of a destination. `id` never changes; a name may. */
export interface KnownDestination {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly definition: string
  readonly sources: readonly string[] | null
  /** Its own bound on what waits. A parked one keeps the last that the file gave it. */
  readonly buffer: BufferBound | null
  readonly state: DestinationRecord['state']
  /** Whether the file enables it; what it really is depends on `stopped` too. */
  readonly fileEnabled: boolean
  /** A command disabled it; that outlives edits of the file, a new name and being away. */
  readonly stopped: boolean
  /** What comes while it is stopped is dropped at once. */
  readonly discard: boolean
  /** One that has never been enabled holds nothing: no routing, no position that matters. */
  readonly everEnabled: boolean
  readonly createdSeq: Seq
  /** Where events began to pass it by while it was parked; null unless it is. */
  readonly parkedSeq: Seq | null
}

/** What a destination becomes. Without an `id` it is new. */
export interface Registration {
  readonly id: number | null
  readonly next: Omit<KnownDestination, 'id'>
  readonly change: DestinationRecord['change']
  /** The name that it had; null unless it is renamed. */
  readonly previousName: string | null
  /** Its queues begin here, because it reads for the first time. */
  readonly begins: Seq | null
  /** Earlier events that it asks for, to be routed later: from a time (ms), or `beginning`. */
  readonly lateStart: 'beginning' | { readonly sinceMs: number } | null
  /** Events that passed it by while it was parked begin here. */
  readonly missedFrom: Seq | null
}

/** `nextSeq`: the ordinal that the next event will have. */
export function planRegistration(
  known: readonly KnownDestination[],
  definitions: readonly DestinationDefinition[],
  nextSeq: Seq,
): readonly Registration[] {
  const byName = new Map(known.map((one) => [one.name, one]))
  const named = new Set(definitions.map(({ name }) => name))
  const plans = definitions.map((definition) => {
    const old = definition.was !== undefined && !named.has(definition.was) ? byName.get(definition.was) : undefined
    const before = byName.get(definition.name) ?? old
    return before ? changed(before, definition, nextSeq) : created(definition, nextSeq)
  })
  const seen = new Set(plans.map(({ id }) => id))
  return [...plans, ...known.filter(({ id }) => !seen.has(id)).map((one) => parked(one, nextSeq))]
}

/** What the caller of `register` is told. */
export function recordOf({ next, change }: Registration): DestinationRecord {
  return { name: next.name, state: next.state, createdSeq: next.createdSeq, change }
}

function described(
  definition: DestinationDefinition,
): Pick<KnownDestination, 'name' | 'type' | 'definition' | 'sources' | 'buffer'> {
  return {
    name: definition.name,
    type: definition.type,
    definition: definition.definition,
    sources: definition.sources,
    buffer: definition.buffer ?? null,
  }
}

function created(definition: DestinationDefinition, nextSeq: Seq): Registration {
  const { enabled } = definition
  const next = {
    ...described(definition),
    state: enabled ? ('enabled' as const) : ('disabled' as const),
    fileEnabled: enabled,
    stopped: false,
    discard: false,
    everEnabled: enabled,
    createdSeq: nextSeq,
    parkedSeq: null,
  }
  return {
    id: null,
    next,
    change: 'created',
    previousName: null,
    begins: nextSeq,
    lateStart: enabled ? lateStart(definition, nextSeq) : null,
    missedFrom: null,
  }
}

/** A new state has nothing earlier: then every start means the same. */
function lateStart({ start }: DestinationDefinition, nextSeq: Seq): Registration['lateStart'] {
  return start === undefined || start === 'now' || nextSeq === 1 ? null : start
}

function changed(before: KnownDestination, definition: DestinationDefinition, nextSeq: Seq): Registration {
  const { id, ...rest } = before
  const enabled = definition.enabled && !before.stopped
  const begins = enabled && !before.everEnabled ? nextSeq : null
  const next = {
    ...rest,
    ...described(definition),
    state: enabled ? ('enabled' as const) : ('disabled' as const),
    fileEnabled: definition.enabled,
    everEnabled: before.everEnabled || enabled,
    createdSeq: begins ?? before.createdSeq,
    parkedSeq: null,
  }
  // One that drops what comes has missed nothing.
  const misses = before.everEnabled && !before.discard
  const missed = misses && before.parkedSeq !== null && before.parkedSeq < nextSeq ? before.parkedSeq : null
  return {
    id,
    next,
    change: changeBetween(before, next),
    previousName: before.name === next.name ? null : before.name,
    begins,
    lateStart: begins === null ? null : lateStart(definition, nextSeq),
    missedFrom: missed,
  }
}

function changeBetween(before: KnownDestination, next: Omit<KnownDestination, 'id'>): DestinationRecord['change'] {
  if (before.name !== next.name) return 'renamed'
  if (before.state === 'parked') return 'returned'
  if (before.state !== next.state) return next.state
  const same =
    before.type === next.type &&
    before.definition === next.definition &&
    before.fileEnabled === next.fileEnabled &&
    sameBound(before.buffer, next.buffer) &&
    sourcesText(before) === sourcesText(next)
  return same ? 'unchanged' : 'updated'
}

function sameBound(a: BufferBound | null, b: BufferBound | null): boolean {
  return a?.maxAgeMs === b?.maxAgeMs && a?.maxBytes === b?.maxBytes && a?.whenFull === b?.whenFull
}

function sourcesText({ sources }: { readonly sources: readonly string[] | null }): string {
  return JSON.stringify(sources === null ? null : [...sources].sort())
}

function parked(before: KnownDestination, nextSeq: Seq): Registration {
  const { id, ...rest } = before
  const change = before.state === 'parked' ? 'unchanged' : 'parked'
  const next = { ...rest, state: 'parked' as const, parkedSeq: before.parkedSeq ?? nextSeq }
  return { id, next, change, previousName: null, begins: null, lateStart: null, missedFrom: null }
}
