// One request: sends a batch, and turns whatever comes back, or is thrown, into one verdict per event and one word for all.
import type { Batch } from '../model/batch.ts'
import { messageOf, SetupError } from '../model/errors.ts'
import { forAll, type Reason, type Verdict } from '../model/verdict.ts'
import type { Destination } from '../destinations/destination.ts'
import { crashPoint } from '../runtime/crash-points.ts'

const longestText = 500

/** What came back: verdicts, or a promise of them while the slot is free; and how long the receiver wants to be left alone. */
export type Reply = ({ readonly verdicts: readonly Verdict[] } | { readonly later: Promise<readonly Verdict[]> }) & {
  readonly pauseMs?: number
}

/** Sends a batch. Never rejects: what is thrown is a verdict too. */
export async function attempt(destination: Destination, batch: Batch, signal: AbortSignal): Promise<Reply> {
  try {
    crashPoint('before-send')
    const outcome = await destination.send(batch, signal)
    crashPoint('response-read')
    const pause = outcome.pauseMs === undefined ? {} : { pauseMs: outcome.pauseMs }
    if ('verdicts' in outcome) return { verdicts: checked(outcome.verdicts, batch), ...pause }
    return { later: confirmed(outcome.confirmation, batch), ...pause }
  } catch (error) {
    return { verdicts: thrown(error, batch) }
  }
}

async function confirmed(confirmation: Promise<readonly Verdict[]>, batch: Batch): Promise<readonly Verdict[]> {
  try {
    return checked(await confirmation, batch)
  } catch (error) {
    return thrown(error, batch)
  }
}

function checked(verdicts: readonly Verdict[], batch: Batch): readonly Verdict[] {
  if (verdicts.length === batch.events.length) return verdicts
  const text = `the destination gave ${verdicts.length} verdicts for ${batch.events.length} events; this is a defect of the relay`
  return forAll(batch.events.length, { kind: 'retry', reason: { code: 'internal', text } })
}

function thrown(error: unknown, batch: Batch): readonly Verdict[] {
  const kind = error instanceof SetupError ? 'halt' : 'retry'
  return forAll(batch.events.length, { kind, reason: reasonOf(error) })
}

/** A stable code and a short text of anything thrown. */
export function reasonOf(error: unknown): Reason {
  const text = messageOf(error).slice(0, longestText)
  if (error instanceof SetupError) return { code: 'setup', text }
  return { code: codeOf(error), text }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  const { kind, code, name } = error as { kind?: unknown; code?: unknown; name?: unknown }
  for (const word of [kind, code, name])
    if (typeof word === 'string' && word !== '' && word !== 'Error') return word.toLowerCase()
  return 'unknown'
}

/** One word for the verdicts of a batch, and the first answer that was not a delivery. */
export interface Answer {
  readonly kind: Verdict['kind'] | 'mixed'
  readonly reason: Reason | null
  readonly afterMs?: number
  /** Too large as a whole: smaller batches may pass. */
  readonly split: boolean
}

const allDelivered: Answer = { kind: 'delivered', reason: null, split: false }

export function answerOf(verdicts: readonly Verdict[]): Answer {
  const worst = verdicts.find((verdict) => verdict.kind !== 'delivered')
  if (!worst) return allDelivered
  const same = verdicts.every((verdict) => verdict === worst || verdict.kind === worst.kind)
  const asked = worst.kind === 'retry' && worst.afterMs !== undefined ? { afterMs: worst.afterMs } : {}
  const split = worst.kind === 'reject' && worst.split === true
  return { kind: same ? worst.kind : 'mixed', reason: worst.reason, split, ...asked }
}

/** Whether the receiver only asked for a slower pace, which is nobody's failure. */
export function isPacing(answer: Pick<Answer, 'reason' | 'afterMs'>): boolean {
  return answer.reason?.status === 429 || (answer.reason?.status === 503 && answer.afterMs !== undefined)
}
