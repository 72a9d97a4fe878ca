// Commits a page in memory: looked at first, changed last, so that a refusal changes nothing.
import type { Quarantined, Seq } from '../../model/page.ts'
import { Identity } from '../../model/identity.ts'
import { matchedBytes } from '../buffer.ts'
import { chainOf, digestOf } from '../chain.ts'
import { withPage } from '../backfilling.ts'
import { deduplicate, type Deduplicated } from '../deduplicate.ts'
import { addLateness, latenessOf, noLateness } from '../lateness.ts'
import { noticesOfConflicts } from '../notices.ts'
import { rebuildRouting } from '../rebuild-page.ts'
import { spanOfTimes } from '../spans.ts'
import type { Committed, PageCommit, SeqRange } from '../store.ts'
import { noteInMemory, waitingByNumber } from './memory-notices.ts'
import { freshlyQuarantined, rememberedInMemory } from './memory-remembering.ts'
import { backfillInMemory } from './memory-requests.ts'
import type { MemoryPage, MemorySource, MemoryState } from './memory-state.ts'
import { requireUnblockedInMemory } from './memory-trimming.ts'

/** When, and how many identities a window may meet. */
interface MemoryStamp {
  readonly now: number
  readonly age: number
  readonly windowKeys?: number | undefined
}

/** What is left of a commit without what was seen before. */
interface Fresh extends Deduplicated {
  readonly quarantined: readonly Quarantined[]
}

export function commitInMemory(state: MemoryState, commit: PageCommit, stamp: MemoryStamp): Committed {
  for (const { destination } of commit.routing) state.destination(destination)
  requireUnblockedInMemory(state, commit.source)
  const carried = waitingByNumber(state, commit.notices ?? [])
  const source = state.source(commit.source)
  const remembered = rememberedInMemory(state, source, commit, stamp.windowKeys)
  const fresh: Fresh = {
    ...deduplicate(commit.page, remembered, new Identity(state.identity.secret)),
    quarantined: freshlyQuarantined(source, commit),
  }
  const from = state.nextSeq
  const to = from + fresh.page.count
  if (fresh.page.count > 0) {
    const { page } = fresh
    const place = { source: source.name, firstSeq: from, count: page.count }
    source.chain = chainOf(source.chain, digestOf(page.bytes), place)
    source.lastEventAt = page.times.reduce((a, b) => Math.max(a, b), source.lastEventAt ?? -Infinity)
    const kept = { firstSeq: from, count: page.count, committedAt: stamp.now, age: stamp.age, page }
    state.pages.push({
      source: source.name,
      ...kept,
      before: source.new,
      index: { keys: page.keys, fingerprints: page.fingerprints, count: page.count, span: spanOfTimes(page.times) },
      routing: routed(state, commit, fresh, { from, to }),
      replays: new Map(),
    })
    state.nextSeq = to
    state.usedBytes += page.bytes.length
  }
  const counts = count(source, commit, fresh, stamp.now)
  saveInMemory(source, commit.lane, commit.cursors, to)
  for (const notice of carried) notice.carried = true
  const { backfill } = commit
  const { duplicates, quarantined } = counts
  if (backfill)
    backfillInMemory(state, backfill.request, (far) =>
      withPage(far, backfill, { new: fresh.page.count, known: duplicates, quarantined }),
    )
  noteInMemory(state, [...noticesOfConflicts(commit.source, fresh.conflicts), ...(commit.noticed ?? [])], stamp.now)
  return { seqs: { from, to }, duplicates, quarantined, conflicts: fresh.conflicts }
}

/** Moves or forgets cursors. */
export function saveInMemory(source: MemorySource, lane: string, cursors: PageCommit['cursors'], seq: Seq): void {
  for (const { lane: own = lane, part, value } of cursors) {
    const key = JSON.stringify([own, part])
    if (value === null) source.cursors.delete(key)
    else source.cursors.set(key, { lane: own, part, value, seq })
  }
}

function routed(state: MemoryState, commit: PageCommit, fresh: Deduplicated, seqs: SeqRange): MemoryPage['routing'] {
  const routing: MemoryPage['routing'] = new Map()
  const { count: offered } = fresh.page
  for (const given of commit.routing) {
    const destination = state.destination(given.destination)
    if (!destination.known.everEnabled) continue
    // Behind pages that are not routed yet: a queue is filled in order.
    const { discard } = destination.known
    if (!discard && commit.queue === 'catch_up' && destination.late.length > 0) {
      destination.late = [...destination.late, seqs]
      continue
    }
    const { bitmap, matched } = fresh.kept ? rebuildRouting(given, fresh.kept) : given
    if (discard) destination.dropped += matched
    else if (matched > 0)
      routing.set(destination.known.id, {
        queue: commit.queue,
        bitmap,
        matched,
        bytes: matchedBytes(fresh.page, bitmap),
      })
    destination.offered += offered
    destination.filtered += offered - matched
    destination.routed += matched
  }
  return routing
}

function count(
  source: MemorySource,
  commit: PageCommit,
  fresh: Fresh,
  now: number,
): { duplicates: number; quarantined: number } {
  const quarantined = fresh.quarantined.length
  const duplicates = fresh.duplicates + commit.quarantined.length - quarantined
  source.pulled += commit.page.count + commit.quarantined.length
  source.new += fresh.page.count
  source.duplicates += duplicates
  source.conflicts += fresh.conflicts.length
  source.quarantined += quarantined
  for (const { reason, detail, place, bytes } of fresh.quarantined)
    source.quarantine.push({ at: now, reason, detail, place, bytes })
  const { rememberMs = 0, lateBefore, lane } = commit
  source.rememberMs = Math.max(source.rememberMs, rememberMs)
  source.rememberFrom = commit.rememberFrom ?? source.rememberFrom
  const late = lateBefore === undefined ? noLateness() : latenessOf(fresh.page.times, lateBefore, now)
  if (late.some((events) => events > 0)) source.late.set(lane, addLateness(late, source.late.get(lane) ?? noLateness()))
  return { duplicates, quarantined }
}
