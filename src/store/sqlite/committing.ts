// Writes a pulled page: without what was seen before, with its routing, cursors, quarantine and counts, all of it or none.
import { Identity } from '../../model/identity.ts'
import type { Page, Seq } from '../../model/page.ts'
import { matchedBytes } from '../buffer.ts'
import { withPage } from '../backfilling.ts'
import { deduplicate, type Deduplicated } from '../deduplicate.ts'
import { chainOf, digestOf } from '../chain.ts'
import { latenessOf } from '../lateness.ts'
import { noticesOfConflicts } from '../notices.ts'
import { rebuildRouting } from '../rebuild-page.ts'
import { spanOfTimes } from '../spans.ts'
import { type Committed, type PageCommit, QUEUES } from '../store.ts'
import type { Destinations } from './destinations.ts'
import { pack } from '../codec.ts'
import type { LateEvents } from './late-events.ts'
import type { Notices } from './notices.ts'
import type { PageSpans } from './page-spans.ts'
import type { Pages } from './pages.ts'
import type { QuarantineRows } from './quarantine-rows.ts'
import type { Recents } from './recents.ts'
import type { RequestRows } from './request-rows.ts'
import { CATCH_UP, type RoutingRows } from './routing.ts'
import { dayOf, type SourceRow, type Sources } from './sources.ts'
import type { StateRow } from './state-row.ts'
import type { WindowKeys } from './window-keys.ts'

/** The tables that a commit touches. */
export interface CommittingTables {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly pages: Pages
  readonly routing: RoutingRows
  readonly spans: PageSpans
  readonly recents: Recents
  readonly windows: WindowKeys
  readonly quarantine: QuarantineRows
  readonly lateEvents: LateEvents
  readonly notices: Notices
  readonly requests: RequestRows
}

/** When a page is committed: wall clock, and time lived. */
export interface CommitStamp {
  readonly now: number
  readonly age: number
}

/** What is left of a commit without what was seen before. */
interface Fresh extends Deduplicated {
  /** Records that were quarantined now, and how many had been before. */
  readonly quarantined: number
  readonly repeated: number
}

export class Committing {
  readonly #tables: CommittingTables
  readonly #identity: Identity

  constructor(secret: Uint8Array, tables: CommittingTables) {
    this.#tables = tables
    this.#identity = new Identity(secret)
  }

  /** Returns what was committed, and the page as it was kept, for those who read it next. */
  commit(commit: PageCommit, stamp: CommitStamp): { committed: Committed; page: Page } {
    const { state, sources, notices } = this.#tables
    const source = sources.ensure(commit.source)
    const fresh = this.#fresh(commit, source, stamp.now)
    const from = state.nextSeq()
    const to = from + fresh.page.count
    if (fresh.page.count > 0) {
      this.#page(commit, source, fresh, { ...stamp, firstSeq: from })
      state.advance(to)
    }
    this.#route(commit, source, fresh, { now: stamp.now, firstSeq: from })
    this.#count(commit, source, fresh, stamp.now)
    sources.saveCursors(source.id, commit.lane, commit.cursors, { seq: to, now: stamp.now })
    notices.carry(commit.notices ?? [])
    notices.add([...noticesOfConflicts(commit.source, fresh.conflicts), ...(commit.noticed ?? [])], stamp.now)
    this.#backfill(commit, fresh)
    const { conflicts, page, quarantined } = fresh
    const duplicates = fresh.duplicates + fresh.repeated
    return { committed: { seqs: { from, to }, duplicates, quarantined, conflicts }, page }
  }

  #fresh(commit: PageCommit, source: SourceRow, now: number): Fresh {
    const { recents, windows, quarantine } = this.#tables
    const { page, window, mayRepeat = window !== undefined, quarantined: records } = commit
    const older = window ? windows.of(source, window, page) : null
    const fresh = deduplicate(page, { recent: recents.of(source), older }, this.#identity)
    const quarantined = quarantine.add(source.id, records, { now, once: mayRepeat })
    return { ...fresh, quarantined, repeated: records.length - quarantined }
  }

  #page(commit: PageCommit, source: SourceRow, fresh: Fresh, stamp: CommitStamp & { firstSeq: Seq }): void {
    const { page } = fresh
    const asGiven = fresh.kept === null ? commit.packed : undefined
    const digest = asGiven?.digest ?? digestOf(page.bytes)
    const chain = chainOf(source.chain, digest, { source: commit.source, firstSeq: stamp.firstSeq, count: page.count })
    const span = spanOfTimes(page.times)
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
      first_time: span.from,
      last_time: span.to,
      pulled: commit.page.count + commit.quarantined.length,
      duplicates: fresh.duplicates + fresh.repeated,
      conflicts: fresh.conflicts.length,
      quarantined: fresh.quarantined,
      before: source.events,
      size: page.bytes.length,
      digest,
      chain,
    }
    this.#tables.spans.insert(stamp.firstSeq, source.id, span)
    this.#tables.pages.insert(row, page, asGiven ?? pack(page.bytes))
    this.#tables.sources.advance(source.id, { count: page.count, chain, lastTime: span.to })
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

  #backfill({ backfill }: PageCommit, { page, duplicates, repeated, quarantined }: Fresh): void {
    if (!backfill) return
    const counts = { new: page.count, known: duplicates + repeated, quarantined }
    this.#tables.requests.backfill(backfill.request, (far) => withPage(far, backfill, counts))
  }

  #count(commit: PageCommit, source: SourceRow, fresh: Fresh, now: number): void {
    const { sources, lateEvents } = this.#tables
    const { lateBefore, rememberMs, rememberFrom } = commit
    if (rememberMs !== undefined) sources.remember(source, rememberMs)
    if (rememberFrom !== undefined) sources.rememberFrom(source, rememberFrom)
    if (lateBefore !== undefined) lateEvents.add(source.id, commit.lane, latenessOf(fresh.page.times, lateBefore, now))
    const pulled = commit.page.count + commit.quarantined.length
    if (pulled === 0) return
    sources.count(source.id, dayOf(now), {
      pulled,
      quarantined: fresh.quarantined,
      new: fresh.page.count,
      duplicate: fresh.duplicates + fresh.repeated,
      conflict: fresh.conflicts.length,
      bypassed: commit.bypassed,
      missing: commit.missing,
    })
  }
}
