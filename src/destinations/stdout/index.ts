// The stdout kind: one JSON object a line, for a first look, for pipes and for containers whose runtime collects the output.
import { write } from 'node:fs'
import { DELIVERED, forAll, type Outcome, type Verdict } from '../../model/verdict.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Destination, DestinationKind } from '../destination.ts'
import { encodeBatch, FORM_OVERHEAD_BYTES } from '../encode.ts'
import { Turns } from '../turns.ts'
import { stdoutOptions, type StdoutOptions } from './options.ts'

/** Writes bytes somewhere; may take fewer than it was given. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>

const maxEvents = 1_000
const maxBytes = 1024 ** 2
/** A pipe that another program made non-blocking is full: look again after this. */
const fullPipeMs = 10

/** Not `process.stdout`: on a pipe it stops the whole program while the reader is slow. */
const toStandardOutput: WriteSome = (bytes) =>
  new Promise((resolve, reject) => write(1, bytes, (error, written) => (error ? reject(error) : resolve(written))))

/** The kind, writing through `writeSome`. */
export function stdoutKind(writeSome: WriteSome = toStandardOutput): DestinationKind<StdoutOptions> {
  return {
    type: 'stdout',
    options: stdoutOptions,
    inFlight: 1,
    limits: () => ({ maxEvents, maxBytes, overheadBytes: FORM_OVERHEAD_BYTES }),
    open: (_options, { clock }) => open(writeSome, clock),
  }
}

export const stdout = stdoutKind()

function open(writeSome: WriteSome, clock: Clock): Destination {
  const turns = new Turns()
  return {
    async send(batch, signal): Promise<Outcome> {
      const lines = encodeBatch(batch, 'lines')
      const verdict = await turns.run(() => writeAll(lines, writeSome, clock).then(() => DELIVERED, failed), signal)
      return { verdicts: forAll(batch.events.length, verdict) }
    },
    close: () => Promise.resolve(),
  }
}

async function writeAll(lines: Uint8Array, writeSome: WriteSome, clock: Clock): Promise<void> {
  for (let at = 0; at < lines.length;) {
    try {
      at += await writeSome(lines.subarray(at))
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      await clock.sleep(fullPipeMs)
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
