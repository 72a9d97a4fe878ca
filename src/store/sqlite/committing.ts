// Writes a pulled page: without what was seen before, with its routing, cursors, quarantine and counts, all of it or none.
import type { Database, Statement } from 'better-sqlite3'
import { Identity } from '../../model/identity.ts'
import type { Page, Quarantined, Seq } from '../../model/page.ts'
import { matchedBytes } from '../buffer.ts'
import { deduplicate, type Deduplicated } from '../deduplicate.ts'
import { chainOf, digestOf } from '../chain.ts'
import { noticesOfConflicts } from '../notices.ts'
import { rebuildRouting } from '../rebuild-page.ts'
import { type Committed, type PageCommit, QUEUES } from '../store.ts'
import type { Destinations } from './destinations.ts'
import { pack } from '../codec.ts'
import type { Notices } from './notices.ts'
import type { Pages } from './pages.ts'
import type { Recents } from './recents.ts'
import { CATCH_UP, type RoutingRows } from './routing.ts'
import { dayOf, type SourceRow, type Sources } from './sources.ts'
import type { StateRow } from './state-row.ts'

/** The tables that a commit touches. */
export interface CommittingTables {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly pages: Pages
  readonly routing: RoutingRows
  readonly recents: Recents
  readonly notices: Notices
}

/** When a page is committed: wall clock, and time lived. */
export interface CommitStamp {
  readonly now: number
  readonly age: number
}

export class Committing {
  readonly #tables: CommittingTables
  readonly #identity: Identity
  readonly #quarantine: Statement<[number, number, string, string, string, Uint8Array]>

  constructor(db: Database, secret: Uint8Array, tables: CommittingTables) {
    this.#tables = tables
    this.#identity = new Identity(secret)
    this.#quarantine = db.prepare(
      'INSERT INTO quarantine (source, at, reason, detail, place, bytes) VALUES (?, ?, ?, ?, ?, ?)',
    )
  }

  /** Returns what was committed, and the page as it was kept, for those who read it next. */
  commit(commit: PageCommit, stamp: CommitStamp): { committed: Committed; page: Page } {
    const { state, sources, recents, notices } = this.#tables
    const source = sources.ensure(commit.source)
    const fresh = deduplicate(commit.page, recents.of(source), this.#identity)
    const from = state.nextSeq()
    const to = from + fresh.page.count
    if (fresh.page.count > 0) {
      this.#page(commit, source, fresh, { ...stamp, firstSeq: from })
      state.advance(to)
    }
    this.#route(commit, source, fresh, { now: stamp.now, firstSeq: from })
    for (const record of commit.quarantined) this.#setApart(source.id, record, stamp.now)
    this.#count(commit, source.id, fresh, stamp.now)
    sources.saveCursors(source.id, commit.lane, commit.cursors, { seq: to, now: stamp.now })
    notices.carry(commit.notices ?? [])
    notices.add(noticesOfConflicts(commit.source, fresh.conflicts), stamp.now)
    const { duplicates, conflicts, page } = fresh
    return { committed: { seqs: { from, to }, duplicates, conflicts }, page }
  }

  #page(commit: PageCommit, source: SourceRow, fresh: Deduplicated, stamp: CommitStamp & { firstSeq: Seq }): void {
    const { page } = fresh
    const asGiven = fresh.kept === null ? commit.packed : undefined
    const digest = asGiven?.digest ?? digestOf(page.bytes)
    const chain = chainOf(source.chain, digest, { source: commit.source, firstSeq: stamp.firstSeq, count: page.count })
    const span = timesOf(page)
    const row = {
      first_seq: stamp.firstSeq,
      count: page.count,
      source: source.id,
      lane: commit.lane,
      queue: QUEUES.indexOf(commit.queue),
      window_from: commit.window?.from ?? null,
      window_to: commit.window?.to ?? null,
      committed_at: stamp.now,
      age: Math.round(stamp.age),
      first_time: span.first,
      last_time: span.last,
      pulled: commit.page.count + commit.quarantined.length,
      duplicates: fresh.duplicates,
      conflicts: fresh.conflicts.length,
      quarantined: commit.quarantined.length,
      before: source.events,
      size: page.bytes.length,
      digest,
      chain,
    }
    this.#tables.pages.insert(row, page, asGiven ?? pack(page.bytes))
    this.#tables.sources.advance(source.id, { count: page.count, chain, lastTime: span.last })
  }

  #route(commit: PageCommit, source: SourceRow, fresh: Deduplicated, stamp: { now: number; firstSeq: Seq }): void {
    const { destinations, routing } = this.#tables
    const { count } = fresh.page
    const queue = QUEUES.indexOf(commit.queue)
    if (count === 0) return
    for (const given of commit.routing) {
      const { id, ever_enabled: everEnabled, discard } = destinations.get(given.destination)
      if (!everEnabled) continue
      // Behind pages that are not routed yet: a queue is filled in order.
      if (!discard && queue === CATCH_UP && destinations.lateFrom(id) !== null) {
        destinations.addLate(id, stamp.firstSeq, stamp.firstSeq + count)
        continue
      }
      const { bitmap, matched } = fresh.kept ? rebuildRouting(given, fresh.kept) : given
      // What is dropped at once needs no routing: nobody will ask for it.
      if (!discard)
        routing.add(
          { destination: id, queue },
          { page: stamp.firstSeq, source: source.id, count, bitmap, matched, bytes: matchedBytes(fresh.page, bitmap) },
        )
      destinations.count(id, source.id, dayOf(stamp.now), {
        offered: count,
        filtered: count - matched,
        routed: matched,
        ...(discard ? { dropped: matched, direct: matched } : {}),
      })
    }
  }

  #setApart(source: number, record: Quarantined, now: number): void {
    this.#quarantine.run(source, now, record.reason, record.detail, record.place, record.bytes)
  }

  #count(commit: PageCommit, source: number, fresh: Deduplicated, now: number): void {
    const quarantined = commit.quarantined.length
    const pulled = commit.page.count + quarantined
    if (pulled === 0) return
    this.#tables.sources.count(source, dayOf(now), {
      pulled,
      quarantined,
      new: fresh.page.count,
      duplicate: fresh.duplicates,
      conflict: fresh.conflicts.length,
      bypassed: commit.bypassed,
      missing: commit.missing,
    })
  }
}

function timesOf(page: Page): { first: number; last: number } {
  let first = Infinity
  let last = -Infinity
  for (const time of page.times) {
    if (time < first) first = time
    if (time > last) last = time
  }
  return { first, last }
}
