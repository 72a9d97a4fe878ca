// The stdout kind: one JSON object a line, for a first look, for pipes and for containers whose runtime collects the output.
import { DELIVERED, forAll, type Outcome, type Verdict } from '../../model/verdict.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Destination, DestinationKind } from '../destination.ts'
import { encodeBatch, FORM_OVERHEAD_BYTES } from '../encode.ts'
import { Turns } from '../turns.ts'
import { openOutput, type Output } from './output.ts'
import { stdoutOptions, type StdoutOptions } from './options.ts'

const maxEvents = 1_000
const maxBytes = 1024 ** 2
/** Between two looks at a full pipe: the first wait, and the longest. */
const shortestWaitMs = 1
const longestWaitMs = 50

/** The kind, writing to what `output` opens. */
export function stdoutKind(output: () => Output = openOutput): DestinationKind<StdoutOptions> {
  return {
    type: 'stdout',
    options: stdoutOptions,
    inFlight: 1,
    limits: () => ({ maxEvents, maxBytes, overheadBytes: FORM_OVERHEAD_BYTES }),
    open: (_options, { clock }) => open(output(), clock),
  }
}

export const stdout = stdoutKind()

function open(output: Output, clock: Clock): Destination {
  const turns = new Turns()
  const closing = new AbortController()
  return {
    async send(batch, signal): Promise<Outcome> {
      const lines = encodeBatch(batch, 'lines')
      const written = (): Promise<Verdict> =>
        writeAll(lines, output, clock, closing.signal).then(() => DELIVERED, failed)
      const verdict = await turns.run(written, signal)
      return { verdicts: forAll(batch.events.length, verdict) }
    },
    async close() {
      closing.abort()
      await output.close()
    },
  }
}

/** A batch that was begun is written to its end, whoever still waits for it, or the next one would begin in the middle of a line. */
async function writeAll(lines: Uint8Array, output: Output, clock: Clock, closing: AbortSignal): Promise<void> {
  let waitMs = shortestWaitMs
  for (let at = 0; at < lines.length;) {
    try {
      at += await output.write(lines.subarray(at))
      waitMs = shortestWaitMs
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      await clock.sleep(waitMs, closing)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }
}

function failed(error: unknown): Verdict {
  const code = codeOf(error)
  if (code === 'EPIPE')
    return {
      kind: 'halt',
      reason: {
        code: 'output_closed',
        text: 'the program that read standard output is gone (start the relay again with a reader, or remove this destination)',
      },
    }
  if (code === 'EBADF')
    return {
      kind: 'halt',
      reason: {
        code: 'output_closed',
        text: 'standard output is closed (start the relay with one, or remove this destination)',
      },
    }
  if (code === 'ENOSPC')
    return { kind: 'retry', reason: { code: 'disk_full', text: 'the disk that holds standard output is full' } }
  return { kind: 'retry', reason: { code: 'output_failed', text: `standard output could not be written: ${code}` } }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
