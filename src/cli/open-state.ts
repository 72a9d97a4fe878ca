// Opens the state for commands that only read: beside a running relay or without one.
import { lstatSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RelayConfig } from '../config/config.ts'
import type { StoreReader } from '../store/store.ts'
import { configPath } from './config-path.ts'
import { UsageError } from './options.ts'
import type { World } from './world.ts'

export interface StateFlags {
  readonly state?: string
  readonly config?: string
}

export interface OpenState {
  readonly reader: StoreReader
  /** Absolute path of the state. */
  readonly path: string
  /** Known when the path came from it. */
  readonly config?: RelayConfig
}

/** `--state FILE`, else what the configuration names. Throws `StateError` or `ConfigError`. */
export async function openState(flags: StateFlags, world: World): Promise<OpenState> {
  const { openSqliteReader } = await import('../store/sqlite/reader.ts')
  if (flags.state !== undefined) {
    const path = resolve(world.cwd, flags.state)
    requireNoOther(flags.state, path)
    return { reader: await openSqliteReader(path), path }
  }
  const { readConfig } = await import('./read-config.ts')
  const config = readConfig(configPath(flags.config, world), world)
  return { reader: await openSqliteReader(config.state.path), path: config.state.path, config }
}

/** Whether there is a folder of that name. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** What is no file was named here, and not under "state" in the configuration. */
function requireNoOther(given: string, path: string): void {
  if (isFolder(path))
    throw new UsageError(
      `--state ${given}: that is a folder; name the state file in it, such as ${join(given, 'audit-relay.db')}`,
    )
  if (isLink(path))
    throw new UsageError(`--state ${given}: that is a symbolic link; name the file itself, ${realpathSync(path)}`)
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && statSync(path).isFile()
  } catch {
    return false
  }
}
