// The identities that a window may meet and that are not among the most recent ones: read from the page index once, kept while pages
// of the same window come.
import type { Page } from '../../model/page.ts'
import { RECENT_EVENTS, RecentEvents } from '../recent-events.ts'
import { type Span, spanOf, uncovered } from '../spans.ts'
import type { PageCommit, StoreBounds } from '../store.ts'
import { addPage, WINDOW_KEYS } from '../window-bound.ts'
import type { PageSpans, Stretch } from './page-spans.ts'
import type { SourceRow } from './sources.ts'

/** Windows of one source at a time: its lanes. */
const mostOfSource = 4
/** Stretches of time that one table covers; beyond, it is made anew. */
const mostSpans = 100
/** Pages that are about to leave the most recent events are read ahead, not one by one: this part of those events. */
const ahead = 1 / 4

type Window = NonNullable<PageCommit['window']>

interface Loaded {
  readonly source: string
  readonly window: string
  readonly table: RecentEvents
  readonly spans: Span[]
  /** Pages with fewer events of the source before them are in the table; the others are among the most recent. */
  before: number
}

export class WindowKeys {
  readonly #limit: number
  readonly #recent: number
  /** The one used last comes last. */
  #loaded: Loaded[] = []
  readonly #spans: Pick<PageSpans, 'identities'>

  constructor(
    spans: Pick<PageSpans, 'identities'>,
    { windowKeys = WINDOW_KEYS, recentEvents = RECENT_EVENTS }: StoreBounds,
  ) {
    this.#spans = spans
    this.#limit = windowKeys
    this.#recent = recentEvents
  }

  /** What is older than the most recent events, as they will be when the page is remembered; null when nothing is. */
  of(source: SourceRow, window: Window, page: Page): RecentEvents | null {
    const forgotten = source.events + page.count - this.#recent
    if (forgotten <= 0) return null
    const loaded = this.#find(source.name, window)
    if (forgotten > loaded.before) {
      const before = Math.min(forgotten + ahead * this.#recent, source.events)
      for (const span of loaded.spans) this.#read(loaded, { ...span, source: source.id, after: loaded.before, before })
      loaded.before = before
    }
    for (const span of uncovered(page.times, loaded.spans)) {
      this.#read(loaded, { ...span, source: source.id, after: 0, before: loaded.before })
      loaded.spans.push(span)
    }
    this.#bound(source.name)
    return loaded.table
  }

  /** A commit was rolled back: what was read meanwhile may not be so. */
  forget(source: string): void {
    this.#loaded = this.#loaded.filter((one) => one.source !== source)
  }

  #find(source: string, window: Window): Loaded {
    const name = `${window.from}/${window.to}`
    const known = this.#loaded.find((one) => one.source === source && one.window === name)
    const found = known && known.spans.length < mostSpans ? known : this.#empty(source, window)
    this.#loaded = [...this.#loaded.filter((one) => one !== known), found]
    return found
  }

  #empty(source: string, window: Window): Loaded {
    const table = new RecentEvents(this.#limit)
    return { source, window: `${window.from}/${window.to}`, table, spans: [spanOf(window)], before: 0 }
  }

  #read({ table }: Loaded, stretch: Stretch): void {
    for (const page of this.#spans.identities(stretch)) addPage(table, page)
  }

  /** The oldest go: those of this source beyond its few, and any beyond twice what one window may hold. */
  #bound(source: string): void {
    const keys = (): number => this.#loaded.reduce((sum, { table }) => sum + table.size, 0)
    const ofSource = (): Loaded[] => this.#loaded.filter((one) => one.source === source)
    while (ofSource().length > mostOfSource) this.#loaded.splice(this.#loaded.indexOf(ofSource()[0] as Loaded), 1)
    while (keys() > 2 * this.#limit && this.#loaded.length > 1) this.#loaded.shift()
  }
}
