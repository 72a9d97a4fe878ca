// One source of a file, for whoever tries a definition: the file is a whole configuration, of which nothing else is looked at, or holds
// the definition of a single source.
import { basename, dirname, resolve } from 'node:path'
import { ConfigError } from '../model/errors.ts'
import type { SourceKind } from '../sources/source.ts'
import { asMap, type Piece } from './check.ts'
import { parseConfigDocument } from './document.ts'
import { Faults } from './faults.ts'
import { tellUnfit, tellUnresolved } from './load.ts'
import { maxConfigBytes, readBounded, readText } from './read-text.ts'
import { type ReferenceWorld, textsIn } from './references.ts'
import { type FileSource, readSource } from './sources.ts'

export interface SourceFile {
  /** Absolute. */
  readonly path: string
  /** The sources of a configuration; null for a file that holds one definition. */
  readonly names: readonly string[] | null
  /** The source of this name; a single definition bears whatever name it is given. Throws `ConfigError` with all faults of this source. */
  read(name: string): FileSource
}

/** The name of a single definition that is given none: that of its file. */
export function nameOfFile(path: string): string {
  const plain = basename(path)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  return plain.slice(0, 64) || 'source'
}

/** Throws `ConfigError` when the file cannot be read, or is neither of the two. */
export function openSourceFile(
  file: string,
  kinds: readonly SourceKind[],
  env: Readonly<Record<string, string | undefined>>,
): SourceFile {
  const path = resolve(file)
  const found = readText(path, maxConfigBytes, readBounded)
  if ('problem' in found)
    throw new ConfigError([
      { file: path, severity: 'error', message: found.problem, ...(found.hint !== undefined && { hint: found.hint }) },
    ])
  const faults = new Faults(path, parseConfigDocument(found.text))
  const world: ReferenceWorld = { env, folder: dirname(path), readFile: readBounded }
  const names = namesIn(faults)
  return {
    path,
    names,
    read: (name) => {
      const at = names === null ? [] : ['sources', name]
      const { data } = faults.document
      const value = names === null ? data : (data as { sources: Record<string, unknown> }).sources[name]
      return sound(name, { faults, path: at, value }, kinds, world)
    },
  }
}

function namesIn(faults: Faults): readonly string[] | null {
  const { data } = faults.document
  if (data === undefined) throw new ConfigError(faults.all)
  const hint = 'it is a whole configuration, or the definition of one source, which begins with "type:"'
  if (data === null) faults.add([], { message: 'the file is empty', hint })
  const root = data === null ? undefined : asMap({ faults, path: [], value: data }, 'a map with sources')
  const isSingle = root !== undefined && Object.hasOwn(root, 'type') && !Object.hasOwn(root, 'sources')
  if (root && !isSingle && !Object.hasOwn(root, 'sources'))
    faults.add([], { message: 'there is neither "sources" nor "type" in the file', hint })
  const sources =
    root && !isSingle && Object.hasOwn(root, 'sources')
      ? asMap({ faults, path: ['sources'], value: root['sources'] }, 'a map of sources by name')
      : undefined
  if (faults.errors.length > 0) throw new ConfigError(faults.all)
  return isSingle ? null : Object.keys(sources ?? {})
}

function sound(name: string, piece: Piece, kinds: readonly SourceKind[], world: ReferenceWorld): FileSource {
  const { faults, path, value } = piece
  const source = readSource(name, piece, kinds, world)
  for (const { path: inner, text } of textsIn(value))
    tellUnresolved({ faults, path: [...path, ...inner], value: text }, world)
  if (source && faults.errors.length === 0) tellUnfit(source, piece)
  if (!source || faults.errors.length > 0) throw new ConfigError(faults.all)
  return source
}
