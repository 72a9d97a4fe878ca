// `dlq export`: dead letters as JSON Lines, to keep them or to do with them what this program cannot.
import { resolve } from 'node:path'
import { eventBytes } from '../../model/page.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, sizeText } from '../../telemetry/units.ts'
import { letterWithEvent } from '../dlq/json.ts'
import { tellMissing } from '../dlq/letters.ts'
import { shownLetters } from '../dlq/redacted.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import type { SelectionFlags } from '../dlq/selection.ts'
import { fileSink, ReaderGone, type Sink, streamSink } from '../dlq/sink.ts'
import type { World } from '../world.ts'
import { UsageError } from '../options.ts'

export interface ExportFlags extends SelectionFlags {
  readonly output?: string
  readonly withReason?: boolean
}

/** Without `--output`, to standard output. */
export async function dlqExportCommand(ids: readonly string[], flags: ExportFlags, world: World): Promise<number> {
  return await withLetters({ ids, flags }, world, async (opened) => {
    const path = flags.output === undefined ? undefined : resolve(world.cwd, flags.output)
    const sink = path === undefined ? streamSink(process.stdout) : newFile(path)
    const { letters, bytes } = await exportTo(sink, opened, flags.withReason === true)
    if (path !== undefined) {
      world.stderr.write(`exported ${counted(letters, 'dead letter')} to ${printable(path)} (${sizeText(bytes)})\n`)
      world.stderr.write('They are still dead letters: audit-relay dlq purge removes them, replay sends them again.\n')
    } else if (letters === 0 && opened.selection.missing.size === 0)
      world.stderr.write('audit-relay: no dead letter matches\n')
    return tellMissing(opened.selection, world)
  })
}

/** Reads a stretch, then writes it: a slow reader holds up nothing but this command. */
export async function exportTo(
  sink: Sink,
  { reader, selection }: Pick<Opened, 'reader' | 'selection'>,
  withReason: boolean,
): Promise<{ readonly letters: number; readonly bytes: number }> {
  let [count, bytes] = [0, 0]
  try {
    for await (const letters of shownLetters(reader, selection))
      for (const letter of letters) {
        const line = lineOf(letter, withReason)
        await sink.write(line)
        count++
        bytes += line.length
      }
    await sink.finish()
  } catch (error) {
    sink.abandon()
    // Whoever has read enough (`| head`) is no failure of ours.
    if (!(error instanceof ReaderGone)) throw error
  }
  return { letters: count, bytes }
}

function lineOf(letter: DeadLetter, withReason: boolean): Uint8Array {
  if (withReason) return Buffer.from(`${letterWithEvent(letter)}\n`)
  return Buffer.concat([eventBytes(letter.page, 0), Buffer.from('\n')])
}

function newFile(path: string): Sink {
  try {
    return fileSink(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new UsageError(`--output ${path}: there is something of that name, and nothing is overwritten`)
    throw new Error(`cannot write ${path}: ${(error as Error).message}`, { cause: error })
  }
}
