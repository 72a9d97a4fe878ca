// The file kind: a folder of daily JSON Lines files, each batch on the disk before it counts as delivered.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Batch, BatchEvent } from '../../model/batch.ts'
import { messageOf } from '../../model/errors.ts'
import { DELIVERED, forAll, type Verdict } from '../../model/verdict.ts'
import type { Destination, DestinationKind, Tools } from '../destination.ts'
import { encodeBatch, FORM_OVERHEAD_BYTES } from '../encode.ts'
import { printable } from '../../runtime/scrub.ts'
import { Turns } from '../turns.ts'
import { Archive, ForeignWriteError } from './archive.ts'
import { errorCode, type Files, nodeFiles } from './files.ts'
import { type FileOptions, fileOptions, settleOptions } from './options.ts'

const maxEvents = 5_000
const maxBytes = 4 * 1024 ** 2
const compress = promisify(gzip)

/** The kind, over these operations on files. */
export function fileKind(files: Files = nodeFiles): DestinationKind<FileOptions> {
  return {
    type: 'file',
    options: fileOptions,
    inFlight: 1,
    settle: settleOptions,
    limits: () => ({ maxEvents, maxBytes, overheadBytes: FORM_OVERHEAD_BYTES }),
    open: (options, tools) => open(files, options, tools),
  }
}

export const file = fileKind()

function open(files: Files, options: FileOptions, { name, clock }: Tools): Destination {
  const place = { folder: options.path, journal: `.audit-relay-${encodeURIComponent(name)}.journal` }
  const archive = new Archive(files, place, options.gzip ? '.jsonl.gz' : '.jsonl')
  const turns = new Turns()
  return {
    async send(batch, signal) {
      // The date of delivery, not of the events: a day's file is complete when the day is over and is never opened again.
      const write = (): Promise<void> =>
        append(archive, batch, options.gzip, new Date(clock.now()).toISOString().slice(0, 10))
      const verdict = await turns.run(() => write().then(() => DELIVERED, failed), signal)
      return { verdicts: forAll(batch.events.length, verdict) }
    },
    async close() {
      await turns.idle()
      await archive.close()
    },
  }
}

/** Writes those events of the batch that are not there yet: after a crash a batch comes again although it was written. */
async function append(archive: Archive, batch: Batch, gzipped: boolean, day: string): Promise<void> {
  await archive.open()
  const fresh = batch.events.filter((event) => !archive.has(event.source, event.key))
  if (fresh.length === 0) return
  const lines = encodeBatch(batch, 'lines', { events: fresh })
  // Each batch is a gzip member of its own: members in a row are a valid file, and each can be cut off alone.
  await archive.write(gzipped ? await compress(lines) : lines, keysOf(fresh), day)
}

function keysOf(events: readonly BatchEvent[]): Record<string, string> {
  const bySource = Map.groupBy(events, (event) => event.source)
  return Object.fromEntries(
    [...bySource].map(([source, ofSource]) => [source, ofSource.map((event) => event.key).join('')]),
  )
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EEXIST'])

function failed(error: unknown): Verdict {
  const code = errorCode(error)
  const text = printable(messageOf(error)).slice(0, 300)
  if (error instanceof ForeignWriteError)
    return {
      kind: 'retry',
      reason: {
        code: 'file_changed',
        text: `${text} (the relay goes on in another file; let no other program write in its folder)`,
      },
    }
  if (code === '') throw error
  if (FULL.has(code))
    return { kind: 'retry', reason: { code: 'disk_full', text: `${text} (make room; the relay goes on by itself)` } }
  if (DENIED.has(code))
    return {
      kind: 'halt',
      reason: {
        code: 'file_denied',
        text: `${text} (check the path of this destination and that the relay's user may write there)`,
      },
    }
  return { kind: 'retry', reason: { code: 'file_failed', text } }
}
