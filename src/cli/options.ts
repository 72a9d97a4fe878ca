// The options of commands, once they are read: what commander hands over as text becomes what a command works with.
import { configPath } from './config-path.ts'
import type { World } from './world.ts'
import type { LogFormat } from './stderr-log.ts'
import type { LogLevel } from '../telemetry/describe.ts'

/** The command line cannot be meant so. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What `run` is asked to do. */
export interface RunOptions {
  /** Absolute path of the configuration. */
  readonly config: string
  readonly once: boolean
  /** With `once`: how long to go on delivering. */
  readonly maxWaitMs: number
  /** Begin with an empty state where the old one is gone. */
  readonly newState: boolean
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
}

/** What commander gives for `run`. */
export interface RunFlags {
  readonly config?: string
  readonly once?: boolean
  readonly maxWait: string
  readonly newState?: boolean
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
}

export async function runOptions(flags: RunFlags, world: World): Promise<RunOptions> {
  return {
    config: configPath(flags.config, world),
    once: flags.once === true,
    maxWaitMs: await durationOption('--max-wait', flags.maxWait),
    newState: flags.newState === true,
    logFormat: flags.logFormat,
    logLevel: flags.logLevel,
  }
}

/** Milliseconds of an option such as `15m`. Loaded when it is needed: the parser lives beside the schema library. */
export async function durationOption(name: string, text: string): Promise<number> {
  const { parseDuration } = await import('../model/units.ts')
  const ms = parseDuration(text)
  if (ms === undefined) throw new UsageError(`${name} ${text}: write a duration such as 30s, 15m or 2h`)
  return ms
}
