// The `sources:` of a configuration.
import type { SourceKind } from '../sources/source.ts'
import { asMap, type Piece } from './check.ts'
import type { SourceConfig } from './config.ts'
import { readEntry } from './entry.ts'
import { KindOptions } from './kind-options.ts'
import type { ReferenceWorld } from './references.ts'
import { checkSchedule, checkWindows, givenWindows } from './source-windows.ts'
import { laterSourceKeys, reservedSource, sourceShape } from './shared-schema.ts'

const rules = { noun: 'source', shape: sourceShape, laterKeys: laterSourceKeys } as const

/** A source, and the values of its file that must never appear in an output, as they were last read. */
export interface FileSource extends SourceConfig {
  secrets(): readonly string[]
}

/** Every source without faults; the faults of the others are told. */
export function readSources(piece: Piece, kinds: readonly SourceKind[], world: ReferenceWorld): SourceConfig[] {
  const { faults, path } = piece
  const map = asMap(piece, 'a map of sources by name')
  if (!map) return []
  if (Object.keys(map).length === 0) faults.add(path, { message: 'there is no source', severity: 'warning' })
  return Object.entries(map).flatMap(
    ([name, value]) => readSource(name, { faults, path: [...path, name], value }, kinds, world) ?? [],
  )
}

/** One source; undefined when it has faults, which are told. */
export function readSource(
  name: string,
  piece: Piece,
  kinds: readonly SourceKind[],
  world: ReferenceWorld,
): FileSource | undefined {
  const { faults, path } = piece
  if (name === reservedSource)
    faults.add(
      path,
      { message: `"${name}" is the built-in source of the relay's own events`, hint: 'choose another name' },
      'key',
    )
  const before = faults.errors.length
  const entry = readEntry(name, piece, kinds, rules)
  if (!entry) return undefined
  checkSchedule(entry.shared, { faults, path })
  if (!entry.kind) return undefined
  const { kind, own, shared } = entry
  const options = new KindOptions(kind, own, world)
  const windows = givenWindows(shared)
  if (Object.keys(windows).length > 0) checkWindows(kind, windows, () => options.read(), { faults, path })
  if (faults.errors.length > before) return undefined
  const { every = kind.everyOf?.(own) ?? kind.everyMs, cron } = shared
  const when = { everyMs: every, ...(cron !== undefined && { cron }) }
  return {
    name,
    type: kind.type,
    kind,
    ...when,
    windows,
    options: () => options.read(),
    secrets: () => options.secrets(),
  }
}
