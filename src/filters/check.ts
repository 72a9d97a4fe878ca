// Says what is wrong with a filter before anything runs, with places inside its `when` text.
import { parseCel } from './cel.ts'
import type { FilterSpec } from './schema.ts'

export interface FilterFault {
  readonly key: 'types' | 'when'
  /** Which of `types`. */
  readonly index?: number
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint?: string
  /** Inside the text of `when`, UTF-16 units. */
  readonly start?: number
  readonly end?: number
}

/** Every fault of a filter whose shape is right; empty when it can be compiled. */
export function checkFilter(spec: FilterSpec): FilterFault[] {
  const faults = (spec.types ?? []).flatMap(globFault)
  if (spec.when === undefined) return faults
  const result = parseCel(spec.when)
  if ('message' in result) faults.push({ key: 'when', severity: 'error', ...result })
  return faults
}

/** Characters of other pattern languages, which no event type holds. */
const foreignSyntax = /[\^$?[\]{}()|\\!]/

function globFault(glob: string, index: number): FilterFault[] {
  if (!foreignSyntax.test(glob)) return []
  const message = `"${glob.slice(0, 60)}" looks like another kind of pattern: only * is special here, the rest is taken literally`
  return [{ key: 'types', index, severity: 'warning', message }]
}
