// Reads one window of time of one part, page by page.
import type { Ordinals } from '../ordinals.ts'
import type { WindowPage, WindowRequest } from '../source.ts'
import type { Engine } from './engine.ts'
import { readItems } from './items.ts'
import type { Scene } from './lookup.ts'
import { type ReadPage, readPages } from './pages.ts'
import type { HttpPlans } from './plans.ts'
import { type Progress, readProgress, writeProgress } from './progress.ts'
import { runSteps } from './steps.ts'
import { isFirst } from './walk.ts'

/** A page, and what `progress` has to say behind it. */
export interface Reading {
  readonly read: ReadPage
  readonly behind: Progress
  /** Nothing comes after it. */
  readonly last: boolean
}

export async function* readWindow(
  engine: Engine,
  plans: HttpPlans,
  request: WindowRequest,
  signal: AbortSignal,
): AsyncGenerator<WindowPage> {
  const { part, window } = request
  // The answers of steps are not kept: what one job found is not what another one finds.
  const progress = plans.steps.length > 0 ? {} : readProgress(request.progress)
  const place = { time: plans.time, part, window }
  const steps = await runSteps(plans.steps, place, engine, signal)
  if (!steps) return
  const scene = { ...place, steps }
  let ordinals = engine.ordinals(part, progress.ordinals)
  for await (const reading of readings(engine, plans, { scene, progress }, signal)) {
    // A walk that is begun anew counts equal records anew.
    if (isFirst(reading.read.walk) && reading.read.walk.again) ordinals = engine.ordinals(part)
    yield* pagesOf(engine, reading, ordinals, plans.steps.length === 0)
  }
}

/** Every page of a window whose steps have run. */
export async function* readings(
  engine: Engine,
  plans: HttpPlans,
  { scene, progress }: { readonly scene: Scene; readonly progress: Progress },
  signal: AbortSignal,
): AsyncGenerator<Reading> {
  if (plans.items) return yield* readItems(engine, plans, { scene, progress }, signal)
  const at = { scene, exchange: engine.exchange, start: progress.walk }
  for await (const read of readPages(engine.listOf(plans), at, signal))
    yield { read, behind: read.next ? { walk: read.next } : {}, last: read.next === undefined }
}

function* pagesOf(
  engine: Engine,
  { read, behind, last }: Reading,
  ordinals: Ordinals,
  resumable: boolean,
): Generator<WindowPage> {
  for (const { draft, complete } of engine.drafts(read, ordinals)) {
    if (!complete) yield { draft }
    else
      yield {
        draft,
        ...(resumable && progressOf(behind, engine.derived ? ordinals : undefined)),
        ...(last && { last }),
      }
  }
}

/** Nothing where reading could not go on in another process. */
function progressOf(behind: Progress, ordinals: Ordinals | undefined): { progress?: string } {
  if (Object.keys(behind).length === 0) return {}
  if (!ordinals) return { progress: writeProgress(behind) }
  const state = ordinals.state()
  return state === undefined ? {} : { progress: writeProgress({ ...behind, ordinals: state }) }
}
