// `backup`: a consistent copy of the state while the relay goes on.
import { accessSync, constants, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT } from '../exit-codes.ts'
import { isFolder, openState, type StateFlags } from '../open-state.ts'
import { UsageError } from '../options.ts'
import type { World } from '../world.ts'
import { sizeText } from '../../telemetry/units.ts'

/** Copies the state to `file`, which must not exist. */
export async function backupCommand(file: string, flags: StateFlags, world: World): Promise<number> {
  const target = resolve(world.cwd, file)
  requirePlace(file, target)
  const { reader, path } = await openState(flags, world)
  try {
    await reader.backup(target)
  } finally {
    await reader.close()
  }
  world.stdout.write(`copied ${path} to ${target} (${sizeText(statSync(target).size)})\n`)
  world.stderr.write('It holds events and the key of their identities: keep it as safe as the state itself.\n')
  return EXIT.done
}

/** Before the state is opened: what is wrong with the place was given here, and is no fault of the state. */
function requirePlace(file: string, target: string): void {
  const folder = dirname(target)
  if (isFolder(target))
    throw new UsageError(`backup ${file}: that is a folder; name a file in it, such as ${join(file, 'audit-relay.db')}`)
  if (!isFolder(folder))
    throw new UsageError(`backup ${file}: there is no folder ${folder}; create it, or name a file in another`)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UsageError(`backup ${file}: cannot write in the folder ${folder}; name a file in another`, {
      cause: error,
    })
  }
}
