// Holds what a store has kept of a source that is read in windows against what the source held.
import type { WindowEvent } from './sim-window-source.ts'

export interface Kept {
  readonly n: number
  readonly id: string
  readonly text: string
}

/** Sentences about broken promises. `due`: what must be there; of `all` the rest may be. */
export function keptOnce(due: readonly WindowEvent[], all: readonly WindowEvent[], kept: readonly Kept[]): string[] {
  const faults: string[] = []
  const seen = new Set<number>()
  const known = new Map(all.map((event) => [event.n, event]))
  for (const { n, id, text } of kept) {
    const event = known.get(n)
    if (!event || id !== `${event.part}/w-${n}`) faults.push(`invented: ${id} with n=${n}`)
    else if (!text.includes(event.data)) faults.push(`altered: n=${n} is kept as ${text}`)
    if (seen.has(n)) faults.push(`kept twice: n=${n}`)
    seen.add(n)
  }
  const lost = due.filter(({ n }) => !seen.has(n))
  const [first] = lost
  if (first) {
    const late = `shown ${(first.shownAt - first.at) / 1000} s late`
    faults.push(`${lost.length} of ${due.length} were never kept, first n=${first.n} of ${first.at}, ${late}`)
  }
  return faults
}
