// Who made a cursor: the kind of source, and what else of the configuration cursors belong to. It is saved with each of them; the cursor
// of a source that keeps a place of its own is wrapped for that.
import { z } from 'zod'
import { SetupError } from '../model/errors.ts'
import type { Origin, SourceKind } from '../sources/source.ts'

/** What a cursor belongs to. Saved before, some of it may be absent: then it is taken to be the same. */
export interface Owner extends Partial<Pick<Origin, 'as' | 'place'>> {
  readonly kind: string
}

/** As it is saved. */
export const ownerShape = {
  kind: z.string().optional(),
  as: z.record(z.string(), z.string().nullable()).optional(),
  place: z.string().optional(),
}

/** The owner that was saved, as far as it was. */
export type SavedOwner = { readonly [Key in keyof Owner]?: Owner[Key] | undefined }

export function ownerOf(kind: SourceKind, options: unknown): Owner {
  const { as, place } = kind.originOf?.(options) ?? {}
  return { kind: kind.type, ...(as && { as }), ...(place !== undefined && { place }) }
}

/** Whether the one can go on where the other was. That it is read elsewhere does not count. */
export function isSame(saved: SavedOwner, now: Owner): boolean {
  if (saved.kind !== undefined && saved.kind !== now.kind) return false
  const { as = {} } = now
  return Object.entries(saved.as ?? {}).every(([key, value]) => !(key in as) || as[key] === value)
}

/** `http (preset: okta, mode: feed)`. */
export function ownerText({ kind = 'another kind', as = {} }: SavedOwner): string {
  const words = Object.entries(as).map(([key, value]) => (value === null ? `no ${key}` : `${key}: ${value}`))
  return words.length === 0 ? kind : `${kind} (${words.join(', ')})`
}

const wrapped = z.strictObject({ v: z.literal(1), ...ownerShape, own: z.string() })

/** The cursor of a source with a place of its own, with who made it. */
export function wrap(own: string, { kind, as }: Owner): string {
  return JSON.stringify({ v: 1, kind, as, own })
}

/** A cursor as its source knows it; without an owner where none was saved. */
export interface OwnCursor {
  readonly own: string
  readonly owner?: SavedOwner
}

/** Null for one that is wrapped in a way that this version does not know. */
export function ownOf(text: string): OwnCursor | null {
  const found = jsonOf(text)
  const { own, v: _version, ...owner } = wrapped.safeParse(found).data ?? {}
  if (own !== undefined) return { own, owner }
  const isWrapped = typeof found === 'object' && found !== null && 'own' in found && 'v' in found
  return isWrapped ? null : { own: text }
}

/** Throws `SetupError` when it cannot be read: begun anew, the source would pass over what came since. */
export function unwrap(text: string, place: CursorPlace): OwnCursor {
  const found = ownOf(text)
  if (found) return found
  throw unreadable(text, place)
}

/** Where a cursor stands, for what is said of one that cannot be read. */
export interface CursorPlace {
  readonly source: string
  readonly lane: string
  readonly part: string
}

export function unreadable(text: string, { source, lane, part }: CursorPlace): SetupError {
  const { v } = (jsonOf(text) ?? {}) as { readonly v?: unknown }
  const what = typeof v === 'number' && v > 1 ? 'is from a newer version of audit-relay' : 'cannot be read'
  const where = part === '' ? `lane "${lane}"` : `lane "${lane}", part "${part}"`
  return new SetupError(
    `how far ${source} has been read (${where}) ${what}; "audit-relay sources reset ${source} --to TIME" sets it anew`,
  )
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
