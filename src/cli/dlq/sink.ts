// Where an export goes: a new file that is its owner's alone, or standard output as fast as its reader takes it.
import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs'

export interface Sink {
  /** Resolves when there is room for more. Rejects with `ReaderGone` when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>
  /** Everything was written. */
  finish(): Promise<void>
  /** Something failed: nothing half-written stays. */
  abandon(): void
}

/** Whoever read our output has left (`dlq export | head`). */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** Creates `path` with mode 0600. Throws when anything of that name is there, a link included. */
export function fileSink(path: string): Sink {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
      return Promise.resolve()
    },
    finish() {
      fsyncSync(file)
      closeSync(file)
      return Promise.resolve()
    },
    abandon() {
      closeSync(file)
      unlinkSync(path)
    },
  }
}

/** Over a stream of this process, which stays open. */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error?: NodeJS.ErrnoException | null) => {
          if (!error) resolve()
          else reject(error.code === 'EPIPE' ? new ReaderGone('nobody reads the output any more') : error)
        })
      }),
    finish: () => Promise.resolve(),
    abandon: () => {},
  }
}
