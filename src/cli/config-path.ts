// Which configuration file a command means.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../model/errors.ts'
import type { World } from './world.ts'

const usualName = 'audit-relay.yaml'

/**
 * `--config`, else AUDIT_RELAY_CONFIG, else `audit-relay.yaml` in this folder; absolute. Throws `ConfigError` when nothing
 * was said and the usual file is not there.
 */
export function configPath(given: string | undefined, world: Pick<World, 'env' | 'cwd'>): string {
  const said = given ?? world.env['AUDIT_RELAY_CONFIG']
  if (said !== undefined && said !== '') return resolve(world.cwd, said)
  const usual = resolve(world.cwd, usualName)
  if (existsSync(usual)) return usual
  throw new ConfigError([
    {
      file: usual,
      severity: 'error',
      message: `there is no ${usualName} in this folder`,
      hint: 'name a file with --config FILE or AUDIT_RELAY_CONFIG; config.example.yaml shows what goes into it',
    },
  ])
}
