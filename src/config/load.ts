// From the file to the configuration: everything is looked at before anything is refused, so that one run shows every fault.
import { dirname, resolve } from 'node:path'
import { ConfigError, messageOf, SetupError } from '../model/errors.ts'
import type { DestinationKind } from '../destinations/destination.ts'
import type { SourceKind } from '../sources/source.ts'
import { asMap, checkKeys, type Piece } from './check.ts'
import type { RelayConfig, StateConfig } from './config.ts'
import { readAudit } from './audit.ts'
import { readDestinations } from './destinations.ts'
import { parseConfigDocument } from './document.ts'
import { Faults } from './faults.ts'
import { maxConfigBytes, readBounded, type ReadFile, readText } from './read-text.ts'
import { hasReference, type ReferenceWorld, resolveText, textsIn } from './references.ts'
import { readSources } from './sources.ts'
import { readState } from './state.ts'
import { valueAt } from './wording.ts'

export interface LoadOptions {
  readonly kinds: { readonly sources: readonly SourceKind[]; readonly destinations: readonly DestinationKind[] }
  readonly env: Readonly<Record<string, string | undefined>>
  /** A missing or unfit reference is a fault. Without it, it only halts the source or destination that uses it. */
  readonly checkReferences?: boolean
  readonly readFile?: ReadFile
}

const rootKeys = ['state', 'sources', 'destinations', 'audit'] as const

/** Throws `ConfigError` with every fault of the file. */
export function loadConfig(file: string, options: LoadOptions): RelayConfig {
  const path = resolve(file)
  const readFile = options.readFile ?? readBounded
  const found = readText(path, maxConfigBytes, readFile)
  if ('problem' in found)
    throw new ConfigError([
      { file: path, severity: 'error', message: found.problem, ...(found.hint !== undefined && { hint: found.hint }) },
    ])
  const faults = new Faults(path, parseConfigDocument(found.text))
  const world: ReferenceWorld = { env: options.env, folder: dirname(path), readFile }
  const config = readAll(faults, options, world)
  if (options.checkReferences) tellMissing(config, faults, world)
  const { state } = config ?? {}
  if (!config || !state || faults.errors.length > 0) throw new ConfigError(faults.all)
  return { file: path, folder: world.folder, ...config, state, warnings: faults.warnings }
}

interface Parts extends Pick<RelayConfig, 'sources' | 'destinations' | 'audit'> {
  readonly state: StateConfig | undefined
}

function readAll(faults: Faults, { kinds }: LoadOptions, world: ReferenceWorld): Parts | undefined {
  const { data } = faults.document
  if (data === undefined) return undefined
  const piece = (key?: string): Piece => ({
    faults,
    path: key === undefined ? [] : [key],
    value: key === undefined ? data : (data as Record<string, unknown>)[key],
  })
  if (data === null) {
    faults.add([], { message: 'the file is empty', hint: 'config.example.yaml shows what goes into it' })
    return undefined
  }
  const root = asMap(piece(), `a map with ${rootKeys.join(', ')}`)
  if (!root) return undefined
  checkKeys(piece(), rootKeys)
  for (const key of ['sources', 'destinations'] as const)
    if (!Object.hasOwn(root, key))
      faults.add([], { message: `"${key}" is missing`, hint: `it is a map of ${key} by name` })
  const state = readState(piece('state'), world)
  const sources = Object.hasOwn(root, 'sources') ? readSources(piece('sources'), kinds.sources, world) : []
  const names = typeof root['sources'] === 'object' && root['sources'] !== null ? Object.keys(root['sources']) : []
  const destinations = Object.hasOwn(root, 'destinations')
    ? readDestinations(piece('destinations'), kinds.destinations, names, world)
    : []
  tellUnread(piece('sources'), names, destinations)
  return { state, sources, destinations, audit: readAudit(piece('audit')) }
}

/** A source that no destination reads is read for nothing. */
function tellUnread({ faults, path }: Piece, names: readonly string[], destinations: Parts['destinations']): void {
  if (destinations.length === 0 || destinations.some(({ sources }) => sources === null)) return
  const read = new Set(destinations.flatMap(({ sources }) => sources ?? []))
  for (const name of names)
    if (!read.has(name))
      faults.add([...path, name], { message: `no destination reads the source "${name}"`, severity: 'warning' }, 'key')
}

/** Follows every reference, and reads the options of everything once, as a run would. */
function tellMissing(config: Parts | undefined, faults: Faults, world: ReferenceWorld): void {
  for (const group of ['sources', 'destinations'] as const) {
    const written = valueAt(faults.document.data, [group])
    for (const { path, text } of textsIn(written))
      tellUnresolved({ faults, path: [group, ...path], value: text }, world)
    for (const entry of config?.[group] ?? [])
      if (!faults.within([group, entry.name])) tellUnfit(entry, { faults, path: [group, entry.name], value: undefined })
  }
}

/** A text whose reference leads nowhere. */
export function tellUnresolved({ faults, path, value }: Piece, world: ReferenceWorld): void {
  const text = String(value)
  if (!hasReference(text)) return
  try {
    resolveText(text, world, new Set())
  } catch (error) {
    faults.add(path, { message: messageOf(error) })
  }
}

/** What its references give does not fit. */
export function tellUnfit(entry: { options(): unknown; dress?: () => unknown }, { faults, path }: Piece): void {
  try {
    entry.options()
    entry.dress?.()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    faults.add(path, { message: `what its references give does not fit: ${error.message}` }, 'key')
  }
}
