// Lists what there is to fetch, and fetches one item after the other, with progress by item.
import { hash } from 'node:crypto'
import { WindowError } from '../../model/errors.ts'
import { RecordFinder, type FoundRecord } from '../records.ts'
import type { Engine } from './engine.ts'
import { type Scene, textAt } from './lookup.ts'
import { type List, type ReadPage, readPages } from './pages.ts'
import type { HttpPlans, ItemsPlan } from './plans.ts'
import type { Progress } from './progress.ts'
import type { Reading } from './windows.ts'

interface Start {
  readonly scene: Scene
  readonly progress: Progress
}

export async function* readItems(
  engine: Engine,
  plans: HttpPlans,
  { scene, progress }: Start,
  signal: AbortSignal,
): AsyncGenerator<Reading> {
  const items = plans.items as ItemsPlan
  const list: List = {
    base: engine.options.base,
    request: items.request,
    page: items.page,
    finder: new RecordFinder({ at: items.at }),
    json: true,
  }
  let resumed: Progress = progress
  const at = { scene, exchange: engine.exchange, start: progress.list }
  for await (const page of readPages(list, at, signal)) {
    yield* fetchItems({ engine, plans, scene, page, items }, resumed, signal)
    resumed = {}
  }
}

interface Listing {
  readonly engine: Engine
  readonly plans: HttpPlans
  readonly scene: Scene
  /** One page of the list. */
  readonly page: ReadPage
  readonly items: ItemsPlan
}

/** The items of one page of the list. Those that are done or begun are known by their ids, for a list may grow meanwhile. */
async function* fetchItems(
  { engine, plans, scene, page, items }: Listing,
  resumed: Progress,
  signal: AbortSignal,
): AsyncGenerator<Reading> {
  const done = new Set(resumed.done)
  const { item: begun, walk } = resumed
  if (begun !== undefined && ![...page.records].some((item) => keyOf(item, items) === begun))
    throw new WindowError('expired', 'an item that was read in part is no longer where it was listed')
  for (const item of page.records) {
    const key = keyOf(item, items)
    if (done.has(key)) continue
    const at = { scene: { ...scene, item }, exchange: engine.exchange, start: key === begun ? walk : undefined }
    for await (const read of readPages(engine.listOf(plans), at, signal)) {
      if (!read.next) done.add(key)
      const behind = { list: page.walk, done: [...done], ...(read.next && { item: key, walk: read.next }) }
      yield { read, behind, last: false }
    }
    done.add(key)
  }
}

/** Its place in the list says nothing: what is new may stand in front. */
function keyOf(item: FoundRecord, { id }: ItemsPlan): string {
  const { bytes, start, end } = item
  return (id && textAt(item, id)) ?? hash('sha256', bytes.subarray(start, end), 'hex').slice(0, 32)
}
