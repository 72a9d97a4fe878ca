// Verdicts that differ within a batch: the stretches of events that got the same word, and what each event was answered.
import type { Reason, Verdict } from '../model/verdict.ts'
import type { Death } from './fates.ts'

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

/** The death of those that were refused. */
export function deathOf(word: 'reject' | 'too_large', verdicts: readonly Verdict[], provisional: boolean): Death {
  const cause = word === 'too_large' ? 'too_large' : 'rejected'
  return { cause, reasonAt: (index) => reasonAt(verdicts, index), provisional }
}

/** A stretch that was sent, or, with its cause, one that the relay itself does not send. */
interface Part {
  readonly start: number
  end: number
  readonly cause: string | null
}

/** What the receiver was asked about apart from what it was not; undefined when all of it was sent, which is nearly always so. */
export function partedBySending(verdicts: readonly Verdict[]): readonly Part[] | undefined {
  const parts: Part[] = []
  for (const [index, verdict] of verdicts.entries()) {
    const cause = localCause(verdict)
    const last = parts.at(-1)
    if (last?.cause === cause) last.end = index + 1
    else parts.push({ start: index, end: index + 1, cause })
  }
  return parts.every(({ cause }) => cause === null) ? undefined : parts
}

function localCause(verdict: Verdict): string | null {
  if (verdict.kind !== 'reject' || !verdict.local) return null
  return verdict.reason.code === 'too_large' ? 'too_large' : 'rejected'
}

function wordOf(verdict: Verdict): Word {
  if (verdict.kind === 'reject' && verdict.split) return 'too_large'
  return verdict.kind === 'retry' && verdict.untried ? 'untried' : verdict.kind
}
