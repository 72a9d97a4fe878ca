// Standard output as something that never holds the program up: a reader that has stopped must cost nobody else anything.
import { close, constants, fstat, open, write } from 'node:fs'
import { promisify } from 'node:util'

export interface Output {
  /** Writes some of the bytes and says how many; EAGAIN when nothing can be taken at the moment. */
  write(bytes: Uint8Array): Promise<number>
  close(): Promise<void>
}

const standardOutput = 1
const closeFile = promisify(close)
const openFile = promisify(open)
const stateOf = promisify(fstat)

/** Not `process.stdout`: on a pipe it stops the whole program while the reader is slow. */
export function openOutput(): Output {
  let opened: Promise<number> | undefined
  return {
    async write(bytes) {
      const file = await (opened ??= descriptor())
      return new Promise((resolve, reject) =>
        write(file, bytes, (error, written) => (error ? reject(error) : resolve(written))),
      )
    },
    async close() {
      const file = await opened?.catch(() => undefined)
      opened = undefined
      if (file !== undefined && file !== standardOutput) await closeFile(file)
    },
  }
}

/**
 * A pipe is opened a second time, because a write that waits for its reader could not even be ended by the end of the program,
 * and because not waiting is a property that the first opening shares with other programs. Everything else is written as it is.
 */
async function descriptor(): Promise<number> {
  const isPipe = (await stateOf(standardOutput)).isFIFO()
  if (!isPipe) return standardOutput
  try {
    return await openFile(`/proc/self/fd/${standardOutput}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    // A system without /proc.
    return standardOutput
  }
}
