// Reads one window of time of one part, page by page.
import { SourceError, WindowError } from '../../model/errors.ts'
import type { Ordinals } from '../ordinals.ts'
import { isWide, SlowAnswer } from '../slow-answer.ts'
import type { WindowPage, WindowRequest } from '../source.ts'
import type { Engine } from './engine.ts'
import { readItems } from './items.ts'
import type { Scene } from './lookup.ts'
import { type ReadPage, readPages } from './pages.ts'
import type { HttpPlans } from './plans.ts'
import { printOf, type Progress, readProgress, writeProgress } from './progress.ts'
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
  let pages = 0
  try {
    for await (const page of attempt(engine, plans, request, signal)) {
      pages++
      yield page
    }
  } catch (error) {
    // Behind a page the next attempt asks again for what was slow, and only for that; after steps it asks for all of it.
    const narrower = pages === 0 ? error instanceof SlowAnswer : plans.steps.length > 0 && isPassing(error)
    if (!narrower || !isWide(request.window)) throw error
    throw new WindowError('too_wide', (error as SourceError).message, { cause: error })
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof SourceError && error.kind !== 'denied'
}

async function* attempt(
  engine: Engine,
  plans: HttpPlans,
  request: WindowRequest,
  signal: AbortSignal,
): AsyncGenerator<WindowPage> {
  const { part, window } = request
  const plan = printOf(engine.options, plans)
  const isResumable = plans.steps.length === 0
  // The answers of steps are not kept: what one job found is not what another one finds.
  const progress = isResumable ? readProgress(request.progress) : {}
  if (isResumable && request.progress !== null && progress.plan !== plan)
    throw new WindowError('expired', 'the requests or pages of the source are described in other words than before')
  const place = { time: plans.time, part, window }
  const steps = await runSteps(plans.steps, place, engine, signal)
  if (!steps) return
  const scene = { ...place, steps }
  let ordinals = engine.ordinals(part, progress.ordinals)
  let isForgetful = false
  for await (const reading of readings(engine, plans, { scene, progress }, signal)) {
    // A walk that is begun anew counts equal records anew.
    if (isFirst(reading.read.walk) && reading.read.walk.again) ordinals = engine.ordinals(part)
    // Whatever failed from here on would begin the whole window anew, again and again.
    if (isForgetful && isWide(window))
      throw new WindowError('too_wide', 'the window holds more records without ids than can be told apart page by page')
    isForgetful = !(yield* pagesOf(engine, reading, ordinals, isResumable ? plan : undefined)) && isResumable
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

/** True where reading can go on behind them in another process. */
function* pagesOf(
  engine: Engine,
  { read, behind, last }: Reading,
  ordinals: Ordinals,
  plan: string | undefined,
): Generator<WindowPage, boolean> {
  let progress: string | undefined
  for (const { draft, complete } of engine.drafts(read, ordinals)) {
    if (!complete) {
      yield { draft }
      continue
    }
    const isPlace = plan !== undefined && Object.keys(behind).length > 0
    progress = isPlace ? progressOf({ ...behind, plan }, engine.derived ? ordinals : undefined) : undefined
    yield { draft, ...(progress !== undefined && { progress }), ...(last && { last }) }
  }
  return progress !== undefined
}

/** Undefined where reading could not go on in another process. */
function progressOf(behind: Progress, ordinals: Ordinals | undefined): string | undefined {
  if (!ordinals) return writeProgress(behind)
  const state = ordinals.state()
  return state === undefined ? undefined : writeProgress({ ...behind, ordinals: state })
}
