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

/** The moment that `--since` means, ms. */
export function sinceOption(text: string, world: World): Promise<number> {
  return timeOption('--since', text, world)
}

/** Throws `UsageError` for what is no number; `what` it counts. */
export function limitOption(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw new UsageError(`--limit ${text}: write a number of ${what} such as 50`)
  return limit
}

/** Nothing before it can be written as an RFC 3339 time. */
const yearZeroMs = Date.parse('0000-01-01T00:00:00Z')

/** A time such as `2026-05-17` (its beginning in UTC), `2026-05-17T08:00:00Z` or `2h` (ago), ms. */
export async function timeOption(name: string, text: string, { clock }: World): Promise<number> {
  const [{ parseDuration }, { rfc3339Ms }] = await Promise.all([
    import('../model/units.ts'),
    import('../model/time.ts'),
  ])
  const ago = parseDuration(text)
  if (ago !== undefined) {
    const at = clock.now() - ago
    if (at < yearZeroMs) throw new UsageError(`${name} ${text}: that is before the year 0; write a shorter duration`)
    return at
  }
  const bytes = Buffer.from(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  const at = rfc3339Ms(bytes, 0, bytes.length)
  if (Number.isNaN(at))
    throw new UsageError(
      `${name} ${text}: write a duration such as 1h or 2d, or a time such as 2026-05-17 or 2026-05-17T08:00:00Z`,
    )
  return at
}

const perUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Events per second of `100/s`, `600/m` or `5000/h`. */
export function rateOption(text: string | undefined): number | null {
  if (text === undefined) return null
  const [, amount, unit] = /^([0-9]{1,7})\/([smh])$/.exec(text) ?? []
  const rate = Number(amount ?? 0) / (perUnit[unit ?? ''] ?? 1)
  if (rate <= 0) throw new UsageError(`--rate ${text}: write events per time such as 100/s, 600/m or 5000/h`)
  return rate
}
