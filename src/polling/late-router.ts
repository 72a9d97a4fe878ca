// Routes a destination that is new, or back, over the pages that are kept, one after another, while everything else goes on.
import { StateFullError } from '../model/errors.ts'
import { bitSet, eventBytes, type Page, setBit } from '../model/page.ts'
import { Identity } from '../model/identity.ts'
import type { Filter, Routed } from '../filters/filter.ts'
import type { Clock } from '../runtime/clock.ts'
import { PageDraft } from '../sources/page-draft.ts'
import type { LatePage } from '../store/late.ts'
import { RELAY_SOURCE } from '../store/notices.ts'
import type { Store } from '../store/store.ts'
import { withoutOwn } from './own-page.ts'

/** Between two pages everything else has its turn. */
const restMs = 1
const fullRetryMs = 1000

export interface LateRouterParts {
  readonly destination: string
  /** The name that it had before. */
  readonly was?: string
  /** The filter of a definition. Called once there is a page to route: most destinations have none, and compiling costs memory. */
  filter(definition: string): Filter
  readonly store: Store
  readonly clock: Clock
  /** Called after each page. */
  routed(): void
}

export class LateRouter {
  readonly #parts: LateRouterParts
  readonly #identity: Identity
  #compiled: { readonly definition: string; readonly filter: Filter } | undefined

  constructor(parts: LateRouterParts) {
    this.#parts = parts
    this.#identity = new Identity(parts.store.identity.secret)
  }

  /** Routes until nothing is left, waiting while the state is full. */
  async run(drain: AbortSignal): Promise<void> {
    while (!(await this.route(drain)) && !drain.aborted) await this.#rest(fullRetryMs, drain)
  }

  /** The same without waiting for room. True when nothing is left. */
  async route(drain: AbortSignal): Promise<boolean> {
    try {
      while (!drain.aborted) {
        if (!(await this.step())) return true
        await this.#rest(restMs, drain)
      }
    } catch (error) {
      if (!(error instanceof StateFullError)) throw error
    }
    return false
  }

  /** Routes one page. False when there was none. */
  async step(): Promise<boolean> {
    const { store, destination, clock } = this.#parts
    const late = await store.nextLate(destination)
    if (late) {
      const filter = this.#filter(late.definition)
      const { count } = late.page
      const { bitmap, matched, bypassed, missing } = this.#route(late, filter)
      const routing = { firstSeq: late.firstSeq, count, bitmap, matched, bypassed, missing }
      await store.routeLate(destination, routing, clock.now())
    }
    // Also at the end: the queue may go on behind it.
    this.#parts.routed()
    return late !== null
  }

  #filter(definition: string): Filter {
    if (this.#compiled?.definition !== definition)
      this.#compiled = { definition, filter: this.#parts.filter(definition) }
    return this.#compiled.filter
  }

  #route({ source, page }: LatePage, filter: Filter): Routed {
    const draft = new PageDraft({ name: source, type: typeOf(page) }, this.#identity)
    const places: number[] = []
    for (let index = 0; index < page.count; index++) {
      const bytes = eventBytes(page, index)
      if (draft.add(bytes, 0, bytes.length)) continue
      draft.tag(places.length, page.tags[index] as number)
      places.push(index)
    }
    const routed = filter.route(draft)
    const all = places.length === page.count ? routed : spread(routed, places, page.count)
    if (source !== RELAY_SOURCE) return all
    return { ...all, ...withoutOwn(page, all, [this.#parts.destination, this.#parts.was]) }
  }

  #rest(ms: number, drain: AbortSignal): Promise<void> {
    return this.#parts.clock.sleep(ms, drain).catch(() => {})
  }
}

/** An event that is no longer taken (its id grew by the suffix of a conflict) passes, as whatever a filter cannot look at. */
function spread(routed: Routed, places: readonly number[], count: number): Routed {
  const bitmap = new Uint8Array((count + 7) >> 3)
  const looked = new Map(places.map((place, index) => [place, index]))
  for (let place = 0; place < count; place++) {
    const index = looked.get(place)
    if (index === undefined || bitSet(routed.bitmap, index)) setBit(bitmap, place)
  }
  const refused = count - places.length
  return { ...routed, bitmap, matched: routed.matched + refused, bypassed: routed.bypassed + refused }
}

/** A page holds events of one source; its kind stands in each of them, also when the source has left the configuration. */
function typeOf(page: Page): string {
  const first = JSON.parse(Buffer.from(eventBytes(page, 0)).toString()) as { source: { type: string } }
  return first.source.type
}
