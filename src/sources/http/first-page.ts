// The first page of a source, whatever its mode: for a probe, and for whoever tries a definition.
import type { Window } from '../source.ts'
import type { Engine } from './engine.ts'
import { type ReadPage, readPages } from './pages.ts'
import { partsOf } from './parts.ts'
import { runSteps } from './steps.ts'
import { readings } from './windows.ts'

export interface FirstPage {
  readonly part: string
  /** Undefined where there is nothing to read. */
  readonly page: ReadPage | undefined
}

/** Asks for the first page of a window; a feed is asked without its end. `part`: the first one by default. */
export async function firstPage(
  engine: Engine,
  { window, part: wanted }: { readonly window: Window; readonly part?: string | undefined },
  signal: AbortSignal,
): Promise<FirstPage> {
  const { plans } = engine.options
  const part = wanted ?? (plans.parts ? await partsOf(engine, plans.parts, signal) : [''])[0] ?? ''
  const isFeed = plans.mode === 'feed'
  const scene = { time: plans.time, part, window: isFeed ? { from: window.from } : window, feed: isFeed }
  if (isFeed) {
    const at = { scene, exchange: engine.exchange, start: undefined }
    for await (const page of readPages(engine.listOf(plans), at, signal)) return { part, page }
    return { part, page: undefined }
  }
  const steps = await runSteps(plans.steps, scene, engine, signal)
  if (!steps) return { part, page: undefined }
  for await (const { read } of readings(engine, plans, { scene: { ...scene, steps }, progress: {} }, signal))
    return { part, page: read }
  return { part, page: undefined }
}
