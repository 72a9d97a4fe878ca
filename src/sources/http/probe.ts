// Whether the source can be read as it is described: asks for the first page of the newest minute.
import { SourceError } from '../../model/errors.ts'
import type { Engine } from './engine.ts'
import { firstPage } from './first-page.ts'

const probeMs = 60_000

/** Rejects with what stands against reading. */
export async function probe(engine: Engine, signal: AbortSignal): Promise<void> {
  const { tools, options } = engine
  const to = tools.clock.now() - options.windows.settleMs
  const { page } = await firstPage(engine, { window: { from: to - probeMs, to } }, signal)
  if (!page) return
  for (const { draft } of engine.drafts(page, engine.ordinals(''))) {
    const [refusal] = draft.quarantined
    if (draft.count === 0 && refusal)
      throw new SourceError('denied', `no record of the first page became an event: ${refusal.detail} (see \`event\`)`)
  }
}
