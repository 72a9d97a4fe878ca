// The `destinations:` of a configuration.
import type { BatchLimits } from '../model/batch.ts'
import { SetupError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { parseDuration } from '../model/units.ts'
import type { DestinationKind } from '../destinations/destination.ts'
import type { z } from 'zod'
import { asMap, type Piece } from './check.ts'
import type { DestinationConfig } from './config.ts'
import type { Faults } from './faults.ts'
import { definitionOf } from './definition.ts'
import { type Entry, readEntry } from './entry.ts'
import { tellFilterFaults } from './filter-faults.ts'
import { KindOptions } from './kind-options.ts'
import { tellProfile } from './profile-faults.ts'
import { checkRedact, dressParts } from './redact.ts'
import type { ReferenceWorld } from './references.ts'
import {
  defaultDeadLettersKeepMs,
  defaultSchedule,
  destinationShape,
  laterDestinationKeys,
  referringKeys,
  reservedSource,
} from './shared-schema.ts'

const rules = {
  noun: 'destination',
  shape: destinationShape,
  laterKeys: laterDestinationKeys,
  referring: referringKeys,
} as const
const defaultTimeoutMs = 30_000
/** While secrets are missing nothing is sent; these only have to be safe. */
const unknownLimits: BatchLimits = { maxEvents: 1, maxBytes: 64 * 1024, overheadBytes: 4096 }

type Found = Entry<DestinationKind, z.output<typeof destinationShape>>

/** Every destination without faults; the faults of the others are told. `sources` are the names that exist. */
export function readDestinations(
  piece: Piece,
  kinds: readonly DestinationKind[],
  sources: readonly string[],
  world: ReferenceWorld,
): DestinationConfig[] {
  const { faults, path } = piece
  const map = asMap(piece, 'a map of destinations by name')
  if (!map) return []
  if (Object.keys(map).length === 0)
    faults.add(path, {
      message: 'there is no destination: events would be read and kept, but go nowhere',
      severity: 'warning',
    })
  return Object.entries(map).flatMap(([name, value]) => {
    const before = faults.errors.length
    const entry = readEntry(name, { faults, path: [...path, name], value }, kinds, rules)
    if (!entry) return []
    checkSourceNames(entry, piece, sources)
    checkOldName(entry, piece, Object.keys(map))
    checkBuffer(entry, piece)
    checkRedact(entry.shared.redact, { faults, path: [...entry.path, 'redact'], value: undefined })
    tellFilterFaults(faults, [...entry.path, 'filter'], entry.shared.filter ?? entry.written['filter'])
    return entry.kind && faults.errors.length === before ? [destination(entry, entry.kind, world, faults)] : []
  })
}

function checkSourceNames({ path, shared }: Found, { faults }: Piece, sources: readonly string[]): void {
  const seen = new Set<string>()
  for (const [index, name] of (shared.sources ?? []).entries()) {
    const at = [...path, 'sources', index]
    if (seen.has(name)) faults.add(at, { message: `"${name}" stands twice`, severity: 'warning' })
    seen.add(name)
    if (name === reservedSource || sources.includes(name)) continue
    const guess = nearest(name, sources)
    const known = sources.length > 0 ? `the sources are ${sources.join(', ')}` : undefined
    faults.add(at, {
      message: `there is no source "${name.slice(0, 64)}"`,
      hint: guess ? `did you mean "${guess}"?` : known,
    })
  }
}

function checkOldName({ name, path, shared }: Found, { faults }: Piece, names: readonly string[]): void {
  if (shared.was === undefined) return
  if (shared.was === name)
    faults.add([...path, 'was'], { message: 'the old name is the name itself', hint: 'remove was' })
  else if (names.includes(shared.was))
    faults.add([...path, 'was'], {
      message: `"${shared.was}" is still a destination of its own`,
      hint: 'an old name must no longer be used',
    })
}

/** Waiting makes nothing younger: what is too old must go somewhere. */
function checkBuffer({ path, shared: { buffer } }: Found, { faults }: Piece): void {
  if (!buffer) return
  const at = [...path, 'buffer']
  if (buffer.max_age === undefined && buffer.max_bytes === undefined)
    faults.add(at, { message: 'a buffer without a bound', hint: 'add max_bytes: 64MiB, or max_age: 1h, or remove it' })
  if (buffer.max_age !== undefined && (buffer.when_full ?? 'block') === 'block')
    faults.add([...at, 'max_age'], {
      message: 'max_age needs to know what becomes of events that are too old: block would only make them older',
      hint: 'add when_full: drop_oldest or when_full: dead_letter',
    })
}

function destination(entry: Found, kind: DestinationKind, world: ReferenceWorld, faults: Faults): DestinationConfig {
  const { name, own, written, shared } = entry
  const options = new KindOptions(kind, own, world)
  const { dress, secrets } = dressParts(shared, world)
  const scheduleMs = shared.retry?.schedule ?? defaultSchedule.map((text) => parseDuration(text) as number)
  const inFlight = shared.in_flight ?? kind.inFlight
  tellMeeting(entry, kind, options, { faults, scheduleMs, inFlight })
  return {
    name,
    type: kind.type,
    kind,
    sources: shared.sources ? [...new Set(shared.sources)] : null,
    filter: shared.filter ?? {},
    enabled: shared.enabled ?? true,
    ...(shared.was !== undefined && { was: shared.was }),
    ...(shared.start !== undefined && {
      start: typeof shared.start === 'number' ? { agoMs: shared.start } : shared.start,
    }),
    scheduleMs,
    inFlight,
    timeoutMs: shared.timeout ?? defaultTimeoutMs,
    get limits() {
      return limitsOf(kind, options)
    },
    buffer: bufferOf(shared),
    deadLettersKeepMs: deadLettersKeepMs(shared),
    definition: definitionOf(written),
    options: () => options.read(),
    ...(dress && { dress }),
    secrets: () => [...options.secrets(), ...secrets()],
  }
}

/** Where a reference leads nowhere the options are not known, and neither is what the receiver takes of them. */
function tellMeeting(
  { path, shared }: Found,
  kind: DestinationKind,
  options: KindOptions,
  { faults, ...pace }: { faults: Faults; scheduleMs: readonly number[]; inFlight: number },
): void {
  if (!kind.profile) return
  try {
    const given = options.read()
    const { start, buffer } = shared
    const limits = kind.limits(given)
    tellProfile(faults, path, kind.profile(given), { ...pace, limits, start, maxAgeMs: buffer?.max_age })
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
  }
}

function bufferOf({ buffer }: Found['shared']): DestinationConfig['buffer'] {
  if (!buffer) return null
  const { max_age: maxAgeMs = null, max_bytes: maxBytes = null, when_full: whenFull = 'block' } = buffer
  return { maxAgeMs, maxBytes, whenFull }
}

function deadLettersKeepMs({ dead_letters: deadLetters }: Found['shared']): number | null {
  const keep = deadLetters?.keep ?? defaultDeadLettersKeepMs
  return keep === 'forever' ? null : keep
}

function limitsOf(kind: DestinationKind, options: KindOptions): BatchLimits {
  try {
    return kind.limits(options.read())
  } catch (error) {
    if (error instanceof SetupError) return unknownLimits
    throw error
  }
}
