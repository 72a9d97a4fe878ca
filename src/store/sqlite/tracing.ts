// The life of one event as the state tells it: the page it came with, and where it stands at every destination.
import type { Database, Statement } from 'better-sqlite3'
import { eventBytes, type Page, type Seq } from '../../model/page.ts'
import { oneEvent } from '../one-event.ts'
import { type Queue, QUEUES } from '../store.ts'
import type { TracedEvent, TracedRead, TraceResult } from '../trace.ts'
import { keyOf } from './dead-letter-reading.ts'
import { Fates } from './fates.ts'
import { Finding, type Place } from './finding.ts'
import { timeIn, unpackEvent } from './packing.ts'
import { PageCache } from './page-cache.ts'
import { Pages, type PageRow } from './pages.ts'
import { Sources } from './sources.ts'
import { StateRow } from './state-row.ts'

type FoundRow = PageRow & { readonly stored: Seq | null; readonly columns: Uint8Array }

/** What is known of an event beside its fates. */
type Known = Pick<TracedEvent, 'occurredAt' | 'bytes' | 'read'> & { readonly source: number }

export class Tracing {
  readonly #db: Database
  readonly #finding: Finding
  readonly #fates: Fates
  readonly #pages: Pages
  readonly #sources: Sources
  readonly #state: StateRow
  readonly #row: Statement<[Seq], FoundRow>
  readonly #copy: Statement<[Seq], { source: number; event: Uint8Array }>
  readonly #oldest: Statement<[number], { at: number }>

  constructor(db: Database) {
    this.#db = db
    this.#finding = new Finding(db)
    this.#fates = new Fates(db)
    this.#pages = new Pages(db, new PageCache(0))
    this.#sources = new Sources(db)
    this.#state = new StateRow(db)
    this.#row = db.prepare(
      `SELECT page.*, page_body.first_seq AS stored, page_index.columns AS columns FROM page JOIN page_index USING (first_seq)
       LEFT JOIN page_body USING (first_seq) WHERE page.first_seq = ?`,
    )
    this.#copy = db.prepare(
      'SELECT source, event FROM destination CROSS JOIN exception ON exception.destination = destination.id AND seq = ? LIMIT 1',
    )
    this.#oldest = db.prepare('SELECT committed_at AS at FROM page WHERE source = ? ORDER BY first_seq LIMIT 1')
  }

  /** Short reads until it is found, then one for each event of that id. */
  trace(eventId: string): TraceResult {
    const key = keyOf(this.#state.read().secret, eventId)
    const one = this.#db.transaction((place: Place) => this.#event(eventId, place))
    const events = this.#finding.places(key).flatMap((place) => one(place) ?? [])
    return { events, looked: this.#db.transaction(() => this.#looked())() }
  }

  /** Undefined when the event has gone since it was found. */
  #event(eventId: string, place: Place): TracedEvent | undefined {
    const { seq } = place
    const known = this.#inPage(place) ?? this.#inCopy(seq)
    if (!known) return undefined
    const { source, ...rest } = known
    const name = this.#sources.nameOf(source)
    const page = rest.read && { firstSeq: rest.read.from, committedAt: rest.read.committedAt }
    return { eventId, source: name, seq, ...rest, destinations: this.#fates.of({ seq, source, name, page }) }
  }

  #inPage({ seq, page }: Place): Known | undefined {
    const row = page === null ? undefined : this.#row.get(page)
    if (!row) return undefined
    const index = seq - row.first_seq
    const bytes =
      row.stored === null ? this.#inCopy(seq)?.bytes : contentOf(oneEvent(this.#pages.read(row.first_seq), index))
    return { source: row.source, occurredAt: timeIn(row.columns, index), bytes: bytes ?? null, read: readOf(row) }
  }

  /** Exceptions carry a copy of their event, which outlives the page. */
  #inCopy(seq: Seq): Known | undefined {
    const row = this.#copy.get(seq)
    const page = row && unpackEvent(row.event)
    return page && { source: row.source, occurredAt: page.times[0] as number, bytes: contentOf(page), read: null }
  }

  #looked(): TraceResult['looked'] {
    return this.#sources.all().map(({ id, name, events }) => {
      return { source: name, events, oldestAt: this.#oldest.get(id)?.at ?? null }
    })
  }
}

function readOf(row: PageRow): TracedRead {
  return {
    committedAt: row.committed_at,
    lane: row.lane,
    queue: QUEUES[row.queue] as Queue,
    window: row.window_from === null || row.window_to === null ? null : { from: row.window_from, to: row.window_to },
    from: row.first_seq,
    to: row.first_seq + row.count,
    pulled: row.pulled,
    duplicates: row.duplicates,
    quarantined: row.quarantined,
  }
}

/** A copy, so that the block it lies in can go. */
function contentOf(page: Page): Uint8Array {
  return eventBytes(page, 0).slice()
}
