// The person at the shell, as the operating system knows them.
import os from 'node:os'
import type { World } from './world.ts'

/** Who asks: the user of this process and, behind sudo, who called it. */
export function operatingSystemUser({ env }: Pick<World, 'env'>): string {
  const user = userName()
  const behind = env['SUDO_USER']
  return behind === undefined || behind === '' || behind === user ? user : `${user} (sudo: ${behind})`
}

function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    // A container may run as a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
