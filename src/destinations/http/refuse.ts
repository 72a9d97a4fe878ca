// Which events are not sent at all: those that the receiver would drop, cut or refuse, and that would take others with them.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import { streamOf } from '../../model/stream.ts'
import type { Reason } from '../../model/verdict.ts'
import { tooOld } from './age.ts'
import type { HttpOptions } from './options.ts'

/** `,"stream":` and the braces of its own are counted with it; more than it ever has. */
const mostStreamBytes = 1_024
const streamKeyBytes = ',"stream":'.length

export function refuse(event: BatchEvent, options: HttpOptions, nowMs: number, batch: Batch): Reason | undefined {
  const { maxEventBytes } = options
  const old = tooOld(event, options, nowMs)
  if (old || maxEventBytes === null) return old
  const own = event.end - event.start
  if (own + mostStreamBytes <= maxEventBytes) return undefined
  const bytes = own + (options.stream && !batch.complete ? streamBytes(event, batch) : 0)
  return bytes <= maxEventBytes
    ? undefined
    : {
        code: 'too_large',
        text: `it has ${bytes} bytes, more than max_event_bytes of this destination (${maxEventBytes}): it was not sent`,
      }
}

function streamBytes(event: BatchEvent, { destination }: Batch): number {
  return streamKeyBytes + Buffer.byteLength(JSON.stringify(streamOf(destination, event)))
}
