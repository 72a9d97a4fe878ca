// One entry under `sources:` or `destinations:`: its name, its kind, and its keys parted into those that all share and those
// that belong to the kind.
import type { z, ZodType } from 'zod'
import { nearest } from '../model/nearest.ts'
import { asMap, check, checkKeys, checkReferences, checkUnresolved, type Piece, refuseReferences } from './check.ts'
import type { Path } from './document.ts'
import type { Faults } from './faults.ts'
import type { Kind } from './kind-options.ts'
import { resolveAll } from './references.ts'
import { schemaKeys } from './schema-keys.ts'
import { namePattern } from './shared-schema.ts'

/** What differs between the two maps. */
export interface EntryRules<Shared = unknown> {
  readonly noun: 'source' | 'destination'
  readonly shape: z.ZodObject & ZodType<Shared>
  readonly laterKeys: readonly string[]
  /** By shared key: the keys in it that may hold references. */
  readonly referring?: Readonly<Record<string, readonly string[]>>
}

export interface Entry<K extends Kind, Shared> {
  readonly name: string
  readonly path: Path
  /** All keys as written. */
  readonly written: Readonly<Record<string, unknown>>
  /** The keys of the kind as written, references unresolved. */
  readonly own: Readonly<Record<string, unknown>>
  /** Those of the shared keys that are without fault. */
  readonly shared: Partial<Shared>
  /** Only of an entry without faults. */
  readonly kind: K | undefined
}

/** Reads one entry; undefined when it is no map. All its faults are told, and what is sound is there to be looked at further. */
export function readEntry<K extends Kind, Shared>(
  name: string,
  piece: Piece,
  kinds: readonly K[],
  rules: EntryRules<Shared>,
): Entry<K, Shared> | undefined {
  const { faults, path } = piece
  const before = faults.errors.length
  checkName(name, piece, rules.noun)
  const written = asMap(piece, `a map that says what ${rules.noun} this is`)
  if (!written) return undefined
  checkReferences({ faults, path, value: written })
  const kind = findKind(written['type'], kinds, { faults, path, noun: rules.noun })
  const { own, shared } = part(written, kind, rules)
  if (kind) {
    tellKeys({ faults, path, value: written }, kind, own, rules)
    checkUnresolved(kind.options, { faults, path, value: own })
  }
  const checked = checkShared({ faults, path, value: shared }, rules) as Partial<Shared>
  return { name, path, written, own, shared: checked, kind: faults.errors.length === before ? kind : undefined }
}

function checkName(name: string, { faults, path }: Piece, noun: string): void {
  if (namePattern.test(name)) return
  faults.add(
    path,
    {
      message: `"${name.slice(0, 80)}" is not a name for a ${noun}`,
      hint: 'at most 64 of a-z, 0-9, ".", "_" and "-", and first a letter or digit',
    },
    'key',
  )
}

function findKind<K extends Kind>(
  type: unknown,
  kinds: readonly K[],
  at: { faults: Faults; path: Path; noun: string },
): K | undefined {
  const known = kinds.map((kind) => kind.type)
  if (type === undefined)
    at.faults.add(at.path, { message: '"type" is missing', hint: `it is one of ${known.join(', ')}` }, 'key')
  else if (typeof type !== 'string')
    at.faults.add([...at.path, 'type'], {
      message: `expected a kind of ${at.noun}`,
      hint: `one of ${known.join(', ')}`,
    })
  else {
    const kind = kinds.find((candidate) => candidate.type === type)
    if (kind) return kind
    const guess = nearest(type, known)
    at.faults.add([...at.path, 'type'], {
      message: `unknown kind of ${at.noun} "${type.slice(0, 60)}"`,
      hint: guess ? `did you mean "${guess}"?` : `known kinds: ${known.join(', ')}`,
    })
  }
  return undefined
}

interface Parts {
  readonly shared: Record<string, unknown>
  readonly own: Record<string, unknown>
}

/** A key that the kind itself has is the kind's, even when others share it. */
function part(
  written: Readonly<Record<string, unknown>>,
  kind: Kind | undefined,
  { shape, laterKeys }: EntryRules,
): Parts {
  const ownKeys = kind && schemaKeys(kind.options)
  const parts: Parts = { shared: {}, own: {} }
  for (const [key, value] of Object.entries(written)) {
    const isShared = Object.hasOwn(shape.shape, key) && !ownKeys?.includes(key)
    if (isShared) parts.shared[key] = value
    else if (ownKeys ? ownKeys.includes(key) : !laterKeys.includes(key)) parts.own[key] = value
  }
  return parts
}

function tellKeys(piece: Piece, kind: Kind, own: Parts['own'], { shape, laterKeys, noun }: EntryRules): void {
  const written = piece.value as Record<string, unknown>
  const ownKeys = schemaKeys(kind.options) ?? Object.keys(own)
  const later = laterKeys.filter((key) => Object.hasOwn(written, key) && !ownKeys.includes(key))
  for (const key of later)
    piece.faults.add(
      [...piece.path, key],
      { message: `"${key}" is not available in this version of audit-relay`, hint: `remove it from this ${noun}` },
      'key',
    )
  checkKeys(piece, [...ownKeys, ...Object.keys(shape.shape), ...later])
}

/** Key by key, so that a fault in one does not hide those of another. */
function checkShared({ faults, path, value }: Piece, { shape, referring }: EntryRules): Record<string, unknown> {
  const sound: Record<string, unknown> = {}
  for (const [key, written] of Object.entries(value as Record<string, unknown>)) {
    const [closed, open] = parted(written, referring?.[key] ?? [])
    const piece = { faults, path: [...path, key], value: closed }
    const before = faults.errors.length
    refuseReferences(piece)
    const checked =
      faults.errors.length === before
        ? check((shape.shape as Record<string, ZodType>)[key] as ZodType, together(unescaped(piece), open))
        : undefined
    if (checked !== undefined) sound[key] = checked
  }
  return sound
}

/** What may hold no reference, and what may. */
function parted(value: unknown, keys: readonly string[]): readonly [unknown, Record<string, unknown>] {
  if (keys.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return [value, {}]
  const entries = Object.entries(value)
  const closed = entries.filter(([key]) => !keys.includes(key))
  return [Object.fromEntries(closed), Object.fromEntries(entries.filter(([key]) => keys.includes(key)))]
}

function together(piece: Piece, open: Record<string, unknown>): Piece {
  return Object.keys(open).length === 0 ? piece : { ...piece, value: { ...(piece.value as object), ...open } }
}

/** No reference is left in it: this only turns $${ into ${. */
function unescaped(piece: Piece): Piece {
  return {
    ...piece,
    value: resolveAll(piece.value, { env: {}, folder: '', readFile: () => new Uint8Array() }, new Set()),
  }
}
