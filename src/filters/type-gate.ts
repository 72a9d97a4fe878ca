// The cheap half of a filter: event types and outcomes, with the verdict of each event type kept.
import { type Outcome, OUTCOMES } from '../model/event.ts'
import type { FilterablePage } from './filter.ts'
import { matchesGlob } from '../model/glob.ts'
import type { FilterSpec } from './schema.ts'

/** Sources have some hundred event types; a sender who invents a new one each time only empties the cache. */
const maxKeptTypes = 4096

/** Whether event `index` of a page has a type and an outcome that pass. */
export type Gate = (page: FilterablePage, index: number) => boolean

export function typeGate(spec: FilterSpec): Gate {
  const byType = spec.types && typeTest(spec.types)
  const byOutcome = spec.outcome && outcomeTest(spec.outcome)
  return (page, index) =>
    (!byType || byType(page.types[index] as string)) && (!byOutcome || byOutcome(page.outcome(index)))
}

function typeTest(globs: readonly string[]): (type: string) => boolean {
  const kept = new Map<string, boolean>()
  return (type) => {
    const known = kept.get(type)
    if (known !== undefined) return known
    const passes = globs.some((glob) => matchesGlob(glob, type))
    if (kept.size >= maxKeptTypes) kept.clear()
    kept.set(type, passes)
    return passes
  }
}

function outcomeTest(wanted: Outcome | readonly Outcome[]): (outcome: Outcome) => boolean {
  const list: readonly Outcome[] = typeof wanted === 'string' ? [wanted] : wanted
  const passing = OUTCOMES.filter((outcome) => list.includes(outcome))
  return (outcome) => passing.includes(outcome)
}
