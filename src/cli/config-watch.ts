// Watches the configuration file of a running relay: says when it changed on disk, and whether a restart could apply it.
// The relay itself goes on with what it read at its start.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { RelayConfig } from '../config/config.ts'
import { ConfigError, messageOf } from '../model/errors.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { readConfig } from './read-config.ts'
import type { World } from './world.ts'

export interface ConfigWatchParts {
  /** What the relay runs with. */
  readonly config: Pick<RelayConfig, 'file'>
  readonly world: Pick<World, 'env' | 'clock'>
  readonly telemetry: Telemetry
  /** Rejects with `ConfigError` when the file cannot be used; as `run` would find, unless a test says otherwise. */
  readonly validate?: () => unknown
  /** Told at the start, and whenever what is on disk begins or ceases to differ from what is in force. */
  readonly found?: (change: ConfigChange | undefined) => Promise<void>
}

/** What was found on disk. */
export interface ConfigChange {
  readonly valid: boolean
  readonly text: string
}

export interface ConfigWatch {
  /** Looks every few seconds until aborted; never rejects. */
  run(signal: AbortSignal): Promise<void>
  /** Checks the file now, changed or not, and says what it found (SIGHUP); never rejects. */
  check(): Promise<void>
  /** Undefined while the file is what the relay runs with. */
  change(): ConfigChange | undefined
}

const everyMs = 5_000

/** A watch that takes the file as it is now for the one in force. */
export function watchConfig(parts: ConfigWatchParts): ConfigWatch {
  const { file } = parts.config
  const { clock } = parts.world
  const inForce = digest(file)
  let seen = { stamp: stampOf(file), digest: inForce }
  let change: ConfigChange | undefined
  let looking: Promise<void> = tell()

  /** A state without room for a notice is told of elsewhere; the next change tries again. */
  async function tell(): Promise<void> {
    await parts.found?.(change).catch(() => {})
  }

  /** Whether the content is another one than at the last look. */
  function changedSince(): boolean {
    const stamp = stampOf(file)
    if (stamp === seen.stamp) return false
    const before = seen.digest
    seen = { stamp, digest: digest(file) }
    return seen.digest !== before
  }

  async function look(asked: boolean): Promise<void> {
    if (!changedSince() && !asked) return
    const found = await judged(parts, seen.digest === inForce)
    change = seen.digest === inForce ? undefined : found
    parts.telemetry.emit({ type: 'config_changed_on_disk', file, ...found })
    await tell()
  }

  /** One after the other: a SIGHUP during a look waits for it. */
  const next = (asked: boolean): Promise<void> => (looking = looking.then(() => look(asked)))

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal).catch(() => {})
      if (!signal.aborted) await next(false)
    }
  }
  return { run, check: () => next(true), change: () => change }
}

async function judged(
  { config: { file }, world, validate }: ConfigWatchParts,
  isInForce: boolean,
): Promise<ConfigChange> {
  try {
    await (validate ?? (() => readConfig(file, world)))()
    return {
      valid: true,
      text: `${file} ${isInForce ? 'is the configuration in force, and valid' : 'changed and is valid: restart to apply it'}`,
    }
  } catch (error) {
    return {
      valid: false,
      text: `${file} cannot be used (${firstFault(error)}): the relay goes on with what it has; see "audit-relay validate"`,
    }
  }
}

function firstFault(error: unknown): string {
  const faults = error instanceof ConfigError ? error.faults.filter(({ severity }) => severity === 'error') : []
  const [first, ...more] = faults
  if (!first) return messageOf(error)
  const place = first.line === undefined ? '' : `line ${first.line}: `
  return `${place}${first.message}${more.length > 0 ? `, and ${more.length} more` : ''}`
}

/** Cheap: tells whether it is worth reading the file. */
function stampOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino}` : 'gone'
}

function digest(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return 'unreadable'
  }
}
