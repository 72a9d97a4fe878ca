// The `sources:` of a configuration.
import type { SourceKind } from '../sources/source.ts'
import { asMap, type Piece } from './check.ts'
import type { SourceConfig } from './config.ts'
import { readEntry } from './entry.ts'
import { KindOptions } from './kind-options.ts'
import type { ReferenceWorld } from './references.ts'
import { laterSourceKeys, reservedSource, sourceShape } from './shared-schema.ts'

const rules = { noun: 'source', shape: sourceShape, laterKeys: laterSourceKeys } as const

/** Every source without faults; the faults of the others are told. */
export function readSources(piece: Piece, kinds: readonly SourceKind[], world: ReferenceWorld): SourceConfig[] {
  const { faults, path } = piece
  const map = asMap(piece, 'a map of sources by name')
  if (!map) return []
  if (Object.keys(map).length === 0) faults.add(path, { message: 'there is no source', severity: 'warning' })
  return Object.entries(map).flatMap(([name, value]) => {
    const at = [...path, name]
    if (name === reservedSource)
      faults.add(
        at,
        { message: `"${name}" is the built-in source of the relay's own events`, hint: 'choose another name' },
        'key',
      )
    const entry = readEntry(name, { faults, path: at, value }, kinds, rules)
    if (!entry?.kind) return []
    const { kind, own, shared } = entry
    const options = new KindOptions(kind, own, world)
    return [{ name, type: kind.type, kind, everyMs: shared.every ?? kind.everyMs, options: () => options.read() }]
  })
}
