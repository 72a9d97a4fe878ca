// What a command may touch of the process it runs in: streams, environment, folder, clock. Tests hand in another world.
import { systemClock, type Clock } from '../runtime/clock.ts'

/** A stream of text for a person or a program. */
export interface Output {
  write(text: string): void
  /** Width of the terminal; undefined when it is none: then nothing is cut or wrapped. */
  readonly columns: number | undefined
  /** How much colour may be used: 0 none, 1 sixteen colours, 2 256, 3 all. */
  readonly colour: 0 | 1 | 2 | 3
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths of the command line start from. */
  readonly cwd: string
  /** Results: what a command was asked for. */
  readonly stdout: Output
  /** Everything else: faults, progress, the log. */
  readonly stderr: Output
  readonly clock: Clock
}

/** The world of this process. */
export function processWorld(): World {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: streamOutput(process.stdout),
    stderr: streamOutput(process.stderr),
    clock: systemClock,
  }
}

/** An output over a stream. Node's `hasColors` honours NO_COLOR, FORCE_COLOR and TERM, which chalk by itself does not. */
function streamOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return stream.isTTY ? stream.columns : undefined
    },
    get colour() {
      if (!stream.isTTY || !stream.hasColors()) return 0
      if (stream.hasColors(2 ** 24)) return 3
      return stream.hasColors(256) ? 2 : 1
    },
  }
}
