// Between a dispatcher and a destination that wants its events in another form, or without some of what they hold: writes each event
// anew, and parts a batch that has grown beyond what one request may hold.
import type { Batch, BatchEvent, BatchLimits, Dress } from '../model/batch.ts'
import { forAll, type Outcome, type Verdict } from '../model/verdict.ts'
import type { Destination } from '../destinations/destination.ts'
import { eventOverhead } from './open-batch.ts'

/** The same destination for events in their own form. */
export function dressed(destination: Destination, dress: Dress, limits: BatchLimits): Destination {
  return {
    send: (batch, signal) => sendInParts(partsOf(batch, dress, limits), destination, signal),
    close: () => destination.close(),
  }
}

/** Events that fit into one request, or one that is not sent at all. */
interface Part {
  readonly batch: Batch
  readonly refused: Verdict | null
}

interface OpenPart {
  readonly events: BatchEvent[]
  bytes: number
  readonly refused: Verdict | null
}

function partsOf(batch: Batch, dress: Dress, limits: BatchLimits): readonly Part[] {
  const { maxBytes } = limits
  const overhead = dress.complete ? limits.overheadBytes : eventOverhead(batch.destination, limits)
  const parts: OpenPart[] = []
  for (const event of batch.events) {
    const bytes = dress.write(event, batch.destination)
    const size = (bytes?.length ?? 0) + overhead
    const refused = !bytes ? unmappable : size > maxBytes ? oversized : null
    const last = parts.at(-1)
    // What is refused holds its place alone: nobody reads it.
    if (!bytes || refused) parts.push({ events: [event], bytes: size, refused })
    else if (last && !last.refused && last.bytes + size <= maxBytes) {
      last.events.push(rewritten(event, bytes))
      last.bytes += size
    } else parts.push({ events: [rewritten(event, bytes)], bytes: size, refused })
  }
  const whole = parts.length === 1
  const { id, destination } = batch
  return parts.map(({ events, refused }, index) => ({
    batch: { id: whole ? id : `${id}-${index}`, destination, events, complete: dress.complete },
    refused,
  }))
}

/** Field by field: what a queue gives may have them on its prototype. */
function rewritten(event: BatchEvent, bytes: Uint8Array): BatchEvent {
  const { seq, timeMs, key, source, attempt, firstAttemptedAt, tags } = event
  return { seq, bytes, start: 0, end: bytes.length, timeMs, key, source, attempt, firstAttemptedAt, tags }
}

/** One after another: when one fails as a whole, the receiver is not asked about the rest. */
async function sendInParts(parts: readonly Part[], destination: Destination, signal: AbortSignal): Promise<Outcome> {
  const answers: Outcome[] = []
  let pauseMs: number | undefined
  let failed: Verdict | undefined
  for (const { batch, refused } of parts) {
    const count = batch.events.length
    if (refused) answers.push({ verdicts: [refused] })
    else if (failed) answers.push({ verdicts: forAll(count, untried(failed)) })
    else {
      const outcome = await destination.send(batch, signal)
      pauseMs = outcome.pauseMs ?? pauseMs
      answers.push(outcome)
      if ('verdicts' in outcome) failed = wholeFailure(outcome.verdicts)
    }
  }
  const pause = pauseMs === undefined ? {} : { pauseMs }
  if (answers.every((answer) => 'verdicts' in answer))
    return { verdicts: answers.flatMap(({ verdicts }) => verdicts), ...pause }
  const all = answers.map((answer) => ('verdicts' in answer ? Promise.resolve(answer.verdicts) : answer.confirmation))
  return { confirmation: Promise.all(all).then((verdicts) => verdicts.flat()), ...pause }
}

/** What every event of a request was answered, when none was taken and the destination, not an event, is to blame. */
function wholeFailure(verdicts: readonly Verdict[]): Verdict | undefined {
  const [first] = verdicts
  const blamed = first !== undefined && verdicts.every(({ kind }) => kind === first.kind)
  return blamed && (first.kind === 'retry' || first.kind === 'halt') ? first : undefined
}

function untried(failed: Verdict): Verdict {
  return failed.kind === 'retry' ? { ...failed, untried: true } : failed
}

const oversized: Verdict = {
  kind: 'reject',
  local: true,
  reason: {
    code: 'too_large',
    text: 'this event alone, in the format of this destination, is larger than one request may be',
  },
}

const unmappable: Verdict = {
  kind: 'reject',
  local: true,
  reason: {
    code: 'unmappable',
    text: 'this event could not be redacted, or not be put into the format of this destination, and was not sent',
  },
}
