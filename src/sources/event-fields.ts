// Recognises the top-level keys that the relay knows, on bytes: eleven names, told apart by length and first letter.
import { CANONICAL_FIELDS } from '../model/event.ts'
import { stringText } from '../model/json-text.ts'

export const FIELDS = [...CANONICAL_FIELDS, 'source', 'stream'] as const
export type Field = (typeof FIELDS)[number]

const BACKSLASH = 0x5c
const indexes: ReadonlyMap<string, number> = new Map(FIELDS.map((field, index) => [field, index]))
const spelled = FIELDS.map((field) => Buffer.from(field))

/** For each length and first byte the fields that could be meant; `length * 32 + (first byte & 31)`. */
const candidates: (readonly number[])[] = []
for (const [index, bytes] of spelled.entries()) {
  const slot = slotOf(bytes.length, bytes[0] as number)
  candidates[slot] = [...(candidates[slot] ?? []), index]
}

function slotOf(length: number, first: number): number {
  return length * 32 + (first & 31)
}

export function fieldIndex(field: Field): number {
  return indexes.get(field) as number
}

/** Index in FIELDS of the key at `[start, end)` (quotes excluded), or -1. Escapes in a key are understood. */
export function fieldAt(bytes: Uint8Array, start: number, end: number): number {
  for (const index of candidates[slotOf(end - start, bytes[start] as number)] ?? [])
    if (equal(bytes, start, spelled[index] as Uint8Array)) return index
  for (let at = start; at < end; at++)
    if (bytes[at] === BACKSLASH) return indexes.get(stringText(bytes, start - 1, end + 1)) ?? -1
  return -1
}

function equal(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word[at]) return false
  return true
}
