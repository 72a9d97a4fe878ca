// Holds a piece of the file against a schema and tells every fault at its place.
import type { ZodType } from 'zod'
import { nearest } from '../model/nearest.ts'
import type { Path } from './document.ts'
import type { Faults } from './faults.ts'
import { hasReference, parseTemplate, textsIn } from './references.ts'
import { described, noMessage } from './expected.ts'
import { valueAt, wordings } from './wording.ts'

export interface Piece {
  readonly faults: Faults
  readonly path: Path
  readonly value: unknown
}

/** The value as the schema gives it, or undefined after its faults were told. */
export function check<Output>(schema: ZodType<Output>, { faults, path, value }: Piece): Output | undefined {
  const result = schema.safeParse(value, { error: () => noMessage })
  if (result.success) return result.data
  for (const { of, message, hint, path: inner } of wordings(result.error.issues, value))
    faults.add([...path, ...inner], { message, hint }, of)
  return undefined
}

/** The same for what may hold references: what they stand for is not known yet, so only the shape around them is checked. */
export function checkUnresolved(schema: ZodType, { faults, path, value }: Piece): void {
  const result = schema.safeParse(value, { error: () => noMessage })
  if (result.success) return
  for (const { of, message, hint, wrongType, path: inner } of wordings(result.error.issues, value)) {
    const found = valueAt(value, inner)
    const open = typeof found === 'string' && hasReference(found)
    if (open && !wrongType) continue
    faults.add(
      [...path, ...inner],
      open ? { message: beforeFound(message), hint: 'a reference always gives text' } : { message, hint },
      of,
    )
  }
}

function beforeFound(message: string): string {
  return `${message.split(', found')[0]}, found a reference`
}

/** Tells every text in `value` that looks like a reference and is none. */
export function checkReferences({ faults, path, value }: Piece): void {
  for (const { path: inner, text } of textsIn(value)) {
    if ('parts' in parseTemplate(text)) continue
    faults.add([...path, ...inner], {
      message: 'this is no reference',
      hint: 'write ${NAME} for an environment variable, ${file:PATH} for a file, $${ for the text itself',
    })
  }
}

/** Tells every text that holds a reference where none may stand. */
export function refuseReferences({ faults, path, value }: Piece): void {
  for (const { path: inner, text } of textsIn(value))
    if (hasReference(text))
      faults.add([...path, ...inner], {
        message: 'a reference cannot stand here',
        hint: 'references are for the options of a source or destination, such as its address and secrets',
      })
}

/** Keys of `value` that are none of `known`, each at the key with the nearest of them. */
export function checkKeys({ faults, path, value }: Piece, known: readonly string[]): void {
  for (const key of Object.keys(value as object)) {
    if (known.includes(key)) continue
    const guess = nearest(key, known)
    faults.add(
      [...path, key],
      { message: `unknown key "${key}"`, hint: guess ? `did you mean "${guess}"?` : `known keys: ${known.join(', ')}` },
      'key',
    )
  }
}

/** The value as a map; undefined after telling what was expected. */
export function asMap({ faults, path, value }: Piece, what: string): Record<string, unknown> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  faults.add(path, { message: `expected ${what}, found ${described(value)}` })
  return undefined
}
