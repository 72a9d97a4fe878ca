// `backup`: a consistent copy of the state while the relay goes on.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import type { World } from '../world.ts'
import { sizeText } from '../../telemetry/units.ts'

/** Copies the state to `file`, which must not exist. */
export async function backupCommand(file: string, flags: StateFlags, world: World): Promise<number> {
  const target = resolve(world.cwd, file)
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
