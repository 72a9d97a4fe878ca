// The equations that every source and destination obeys, written once: `status`, the log and `check` all judge by these. Pure.
import type { DestinationOverview, Overview, SourceOverview } from './overview.ts'

/** `total = terms`: each a count and the word for it. */
export interface Equation {
  readonly total: Term
  readonly terms: readonly Term[]
}

export type Term = readonly [count: number, word: string]

/** What became of the records that a source returned. */
export function sourceEquations(source: SourceOverview): readonly Equation[] {
  const { pulled, new: fresh, duplicates, quarantined } = source
  return [
    {
      total: [pulled, 'pulled'],
      terms: [
        [fresh, 'new'],
        [duplicates, duplicates === 1 ? 'duplicate' : 'duplicates'],
        [quarantined, 'quarantined'],
      ],
    },
  ]
}

/** What became of the events that a destination was offered. */
export function destinationEquations(destination: DestinationOverview): readonly Equation[] {
  const { offered, filtered, routed, delivered, waiting, retrying, dead, dropped } = destination
  return [
    {
      total: [offered, 'offered'],
      terms: [
        [filtered, 'filtered'],
        [routed, 'routed'],
      ],
    },
    {
      total: [routed, 'routed'],
      terms: [
        [delivered, 'delivered'],
        [waiting, 'waiting'],
        [retrying, 'retrying'],
        [dead, 'dead'],
        [dropped, 'dropped'],
      ],
    },
  ]
}

/** A sentence for each equation that does not hold; `count` writes a number. */
export function faultsOf(equations: readonly Equation[], count: (value: number) => string = String): readonly string[] {
  return equations.flatMap(({ total: [total, word], terms }) => {
    const sum = terms.reduce((all, [value]) => all + value, 0)
    if (total === sum) return []
    const written = terms.map(([value, name]) => `${count(value)} ${name}`).join(' + ')
    return [`${count(total)} ${word}, but ${written} are ${count(sum)}`]
  })
}

/** Whether every count of the state adds up. */
export function balances({ sources, destinations }: Overview): boolean {
  const equations = [...sources.flatMap(sourceEquations), ...destinations.flatMap(destinationEquations)]
  return faultsOf(equations).length === 0
}
