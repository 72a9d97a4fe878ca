// Verdicts that differ within a batch: the stretches of events that got the same word, and what each event was answered.
import type { Reason, Verdict } from '../model/verdict.ts'

/** What is done about a verdict when others of its batch differ. */
type Word = 'delivered' | 'reject' | 'too_large' | 'untried' | 'retry' | 'halt'

/** The events `[start, end)` and the word that all of them got. */
interface Stretch {
  readonly start: number
  readonly end: number
  readonly word: Word
}

const unknownReason: Reason = { code: 'unknown', text: 'no answer was kept' }

/** In the order of the batch. */
export function stretchesOf(verdicts: readonly Verdict[]): readonly Stretch[] {
  const words = verdicts.map(wordOf)
  const stretches: Stretch[] = []
  for (let start = 0, end = 0; start < words.length; start = end) {
    const word = words[start] as Word
    while (end < words.length && words[end] === word) end++
    stretches.push({ start, end, word })
  }
  return stretches
}

/** Why this event was not delivered. */
export function reasonAt(verdicts: readonly Verdict[], index: number): Reason {
  const verdict = verdicts[index]
  return verdict && verdict.kind !== 'delivered' ? verdict.reason : unknownReason
}

/** The same, with the time after which the receiver wants it again. */
export function failureAt(verdicts: readonly Verdict[], index: number): { reason: Reason; afterMs?: number } {
  const verdict = verdicts[index]
  const afterMs = verdict?.kind === 'retry' ? verdict.afterMs : undefined
  return { reason: reasonAt(verdicts, index), ...(afterMs === undefined ? {} : { afterMs }) }
}

function wordOf(verdict: Verdict): Word {
  if (verdict.kind === 'reject' && verdict.split) return 'too_large'
  return verdict.kind === 'retry' && verdict.untried ? 'untried' : verdict.kind
}
