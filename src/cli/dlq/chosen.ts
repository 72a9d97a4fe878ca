// The letters of a replay or a purge as the request names them: stretches of ordinals, and how many at each destination.
import type { StoreReader } from '../../store/store.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'
import type { Chosen } from '../../store/requests.ts'
import { chosenLetters } from './letters.ts'
import type { Selection } from './selection.ts'

export interface Choice {
  readonly letters: readonly Chosen[]
  readonly total: number
  /** By destination, cause and code, in the order in which they were met. */
  readonly kinds: readonly ChosenKind[]
}

interface ChosenKind {
  readonly destination: string
  readonly cause: string
  readonly code: string
  readonly letters: number
}

/** Only what was seen is named: an event that dies meanwhile is not chosen, though it lie between two that are. */
export async function chooseLetters(reader: Pick<StoreReader, 'deadLetters'>, selection: Selection): Promise<Choice> {
  const seqs = new Map<string, number[]>()
  const kinds = new Map<string, ChosenKind>()
  let total = 0
  for await (const letters of chosenLetters(reader, selection))
    for (const letter of letters) {
      total++
      const known = seqs.get(letter.destination)
      if (known) known.push(letter.seq)
      else seqs.set(letter.destination, [letter.seq])
      countKind(kinds, letter)
    }
  const chosen = [...seqs].map(([destination, ordinals]) => ({ destination, ranges: rangesOf(ordinals) }))
  return { letters: chosen, total, kinds: [...kinds.values()] }
}

function countKind(kinds: Map<string, ChosenKind>, { destination, cause, reason: { code } }: DeadLetter): void {
  const key = JSON.stringify([destination, cause, code])
  kinds.set(key, { destination, cause, code, letters: (kinds.get(key)?.letters ?? 0) + 1 })
}

function rangesOf(ordinals: number[]): Chosen['ranges'] {
  ordinals.sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const seq of ordinals) {
    const last = ranges.at(-1)
    if (last && last[1] === seq) last[1] = seq + 1
    else ranges.push([seq, seq + 1])
  }
  return ranges
}
