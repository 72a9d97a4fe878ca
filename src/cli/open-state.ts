// Opens the state for commands that only read: beside a running relay or without one.
import { resolve } from 'node:path'
import type { RelayConfig } from '../config/config.ts'
import type { StoreReader } from '../store/store.ts'
import { configPath } from './config-path.ts'
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
    return { reader: await openSqliteReader(path), path }
  }
  const { readConfig } = await import('./read-config.ts')
  const config = readConfig(configPath(flags.config, world), world)
  return { reader: await openSqliteReader(config.state.path), path: config.state.path, config }
}
