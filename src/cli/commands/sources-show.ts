// `sources show`: one source, with how far each lane of it has been read.
import { EXIT } from '../exit-codes.ts'
import { openState } from '../open-state.ts'
import { paintFor } from '../paint.ts'
import { sourceJson } from '../sources/json.ts'
import { readDetail } from '../sources/read-detail.ts'
import { sourceLines } from '../sources/render.ts'
import type { World } from '../world.ts'
import type { SourcesFlags } from './sources.ts'

export async function showSource(name: string, flags: SourcesFlags, world: World): Promise<number> {
  const { reader, config } = await openState(flags, world)
  const { stdout, clock } = world
  try {
    const detail = await readDetail(reader, config, name, clock.now())
    const lines = (): readonly string[] => sourceLines(detail, { paint: paintFor(stdout), width: stdout.columns })
    stdout.write(`${flags.json ? JSON.stringify(sourceJson(detail), null, 2) : lines().join('\n')}\n`)
  } finally {
    await reader.close()
  }
  return EXIT.done
}
