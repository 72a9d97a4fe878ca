// Puts the faults of a filter at their places in the file, down to the character inside a `when` expression.
import { checkFilter } from '../filters/check.ts'
import { type FilterSpec, filterSchema } from '../filters/schema.ts'
import type { Path } from './document.ts'
import type { Range } from './yaml-faults.ts'
import type { Faults } from './faults.ts'
import { valueAt } from './wording.ts'

/** `written` may have faults of its own that have been told; what has the right form is looked at all the same. */
export function tellFilterFaults(faults: Faults, path: Path, written: unknown): void {
  const spec = usable(written)
  for (const { key, index, start, end, ...text } of checkFilter(spec)) {
    const at = [...path, key, ...(index === undefined ? [] : [index])]
    const range =
      key === 'when' && start !== undefined
        ? inside(faults, at, spec.when as string, { start, end: end ?? start + 1 })
        : undefined
    if (range) faults.addAt(range, text)
    else faults.add(at, text)
  }
}

function usable(written: unknown): FilterSpec {
  const spec = ['types', 'when'].flatMap((key) => {
    const checked = filterSchema.safeParse({ [key]: valueAt(written, [key]) })
    return checked.success ? [checked.data] : []
  })
  return Object.assign({}, ...spec) as FilterSpec
}

/** Where a stretch of a text value stands in the file; undefined when the two cannot be laid side by side. */
function inside(faults: Faults, path: Path, value: string, wanted: Range): Range | undefined {
  const place = faults.document.place(path, 'value')
  if (!place) return undefined
  const offsets = align(value, faults.document.text.slice(place.start, place.end))
  const first = offsets?.[Math.min(wanted.start, offsets.length - 1)]
  const last = offsets?.[Math.min(wanted.end, offsets.length) - 1]
  if (first === undefined || last === undefined) return undefined
  const past = wanted.start >= value.length ? 1 : 0
  return { start: place.start + first + past, end: place.start + Math.max(first + past, last) + 1 }
}

/**
 * For each character of the value its offset in what was written. What YAML drops (quotes, escapes, indentation) is skipped
 * over; a text whose escapes spell other characters cannot be laid side by side.
 */
function align(value: string, written: string): number[] | undefined {
  const offsets: number[] = []
  let at = 0
  for (const character of value.split('')) {
    // A folded line break is a blank in the value.
    const found = character === ' ' ? indexOfBlank(written, at) : written.indexOf(character, at)
    if (found < 0) return undefined
    offsets.push(found)
    at = found + 1
  }
  return offsets
}

function indexOfBlank(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === ' ' || text[at] === '\n') return at
  return -1
}
