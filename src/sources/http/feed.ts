// Reads a feed: the API gives a cursor in the order in which it stored the events, and each pull goes on where the last one ended.
import { SetupError, SourceError, WindowError } from '../../model/errors.ts'
import { dateMs } from '../../runtime/retry-after.ts'
import type { PageDraft } from '../page-draft.ts'
import { PartFailures } from '../part-failures.ts'
import type { CursorChange, ReadRequest, SourcePage, Window } from '../source.ts'
import type { Answer } from './answer.ts'
import type { Engine } from './engine.ts'
import { isTree } from './merge.ts'
import { readPages, type ReadPage } from './pages.ts'
import { partsOf } from './parts.ts'
import { parsed, placePrint } from './progress.ts'
import type { Scalar } from './schema-words.ts'
import { firstWalk, mostEmptyPages, onlyEmptyPages, saysMore } from './walk.ts'

/** Where a part stands. */
interface Handle {
  readonly cursor?: Scalar
  /** Source time up to which everything had been read: from here on, less the overlap, it is read again when the cursor is lost. */
  readonly since: number
  /** What is being read again, until the end of the list is reached. */
  readonly again?: Window
}

/** So old may `since` be before it is committed anew without events. */
const staleMs = 3_600_000
/** So much later than it occurred, at most, is an event stored behind others: as much as the usual sweeps of windows trust in. */
const latestMs = 86_400_000
/** A cursor that is lost so often in one pull will be lost again. */
const mostLosses = 3

export class Feed {
  readonly #engine: Engine
  readonly #handles = new Map<string, Handle>()
  /** By part the earliest time in the page of events that was read last: what comes behind it was stored later, and may be `latestMs` older. */
  readonly #reached = new Map<string, number>()
  /** By part how many empty pages it gave in a row, each with another to follow; the last pulls included. */
  readonly #empty = new Map<string, number>()
  /** Which address the cursors belong to. */
  readonly #at: string
  #restored = false
  #startMs = 0
  #overlapMs = 0

  constructor(engine: Engine) {
    this.#engine = engine
    this.#at = placePrint(engine.options)
  }

  async *read({ cursors, startMs, overlapMs }: ReadRequest, signal: AbortSignal): AsyncGenerator<SourcePage> {
    const { plans, windows } = this.#engine.options
    this.#startMs = startMs ?? windows.startMs
    this.#overlapMs = overlapMs ?? windows.overlapMs
    if (!this.#restored) for (const { part, value } of cursors) this.#restore(part, value)
    this.#restored = true
    const { parts } = plans
    const names = parts ? await partsOf(this.#engine, parts, signal) : ['']
    const failures = new PartFailures(signal)
    for (const part of names) yield* failures.guard(part, this.#readPart(part, signal))
    failures.end()
  }

  #restore(part: string, value: string): void {
    const { cursor, since, again, at } = parsed(value)
    if (typeof since !== 'number') throw this.#unreadable(part)
    const window = isTree(again) && typeof again['from'] === 'number' && typeof again['to'] === 'number'
    this.#handles.set(part, {
      since,
      ...((typeof cursor === 'string' || typeof cursor === 'number') && { cursor }),
      ...(window && { again: this.#untilNow(again as unknown as Window, cursor === undefined) }),
    })
    if (cursor !== undefined && at !== undefined && at !== this.#at)
      this.#readAgain(part, 'the cursor is of another address than the one that the source has now')
  }

  /** Begun anew, it would pass over what came since. */
  #unreadable(part: string): SetupError {
    const { name } = this.#engine.tools
    const what = part === '' ? name : `${name}, part "${part}",`
    return new SetupError(
      `how far ${what} has been read cannot be read; "audit-relay sources reset ${name} --to TIME" sets it anew`,
    )
  }

  /** What has come since it was set to a time may have been read as well. */
  #untilNow({ from, to }: Window, isBeginning: boolean): Window {
    return { from, to: isBeginning ? Math.max(to, this.#engine.tools.clock.now()) : to }
  }

  #change(part: string, handle: Handle): CursorChange {
    return { part, value: JSON.stringify({ ...handle, at: this.#at }) }
  }

  async *#readPart(part: string, signal: AbortSignal): AsyncGenerator<SourcePage, void> {
    for (let losses = 0; ; losses++) {
      try {
        return yield* this.#walk(part, signal)
      } catch (error) {
        if (!(error instanceof WindowError)) throw error
        if (error.kind === 'too_wide') throw new SourceError('transient', error.message, { cause: error })
        this.#lost(part, error, losses)
      }
    }
  }

  /** The cursor is no longer good: what came since it was, and a little before, is read again. */
  #lost(part: string, error: WindowError, losses: number): void {
    if (this.#handles.get(part)?.cursor === undefined)
      throw new SourceError('denied', `${error.message} (but no cursor was sent that could have expired)`, {
        cause: error,
      })
    if (losses >= mostLosses)
      throw new SourceError('transient', `${error.message} (${mostLosses} new cursors were refused, too)`, {
        cause: error,
      })
    this.#readAgain(part, 'the cursor was no longer good')
  }

  #readAgain(part: string, reason: string): void {
    const { tools } = this.#engine
    const { since, again } = this.#handles.get(part) as Handle
    const from = Math.max(again?.from ?? -Infinity, since - this.#overlapMs)
    this.#reached.delete(part)
    this.#handles.set(part, { since, again: { from, to: Math.max(from, tools.clock.now()) } })
    tools.notice({
      level: 'warning',
      code: 'cursor_expired',
      subject: part,
      text: `${reason}; everything since ${new Date(from).toISOString()} is read again`,
    })
  }

  async *#walk(part: string, signal: AbortSignal): AsyncGenerator<SourcePage, void> {
    const { exchange, options } = this.#engine
    const { plans } = options
    if (!this.#handles.has(part)) yield this.#begin(part)
    const { cursor, since, again } = this.#handles.get(part) as Handle
    const scene = { time: plans.time, part, window: { from: again?.from ?? since }, feed: true }
    const start = cursor === undefined ? undefined : { ...firstWalk(plans.page), cursor }
    for await (const read of readPages(this.#engine.listOf(plans), { scene, exchange, start }, signal)) {
      yield* this.#pages(part, read)
      const empty = read.records.count > 0 ? 0 : (this.#empty.get(part) ?? 0) + 1
      this.#empty.set(part, read.next ? empty : 0)
      // The rest is for the next pull.
      if (read.next && read.next.pages >= plans.page.maxPages) return this.#goesOn(part)
    }
  }

  /** Without a word an API that gives another cursor for ever would be asked a thousand times in each pull. */
  #goesOn(part: string): void {
    if ((this.#empty.get(part) ?? 0) >= mostEmptyPages) throw onlyEmptyPages()
  }

  /** A feed begins at a fixed time, whatever becomes of its first requests and however long no cursor comes. */
  #begin(part: string): SourcePage {
    const { tools } = this.#engine
    const handle = { since: tools.clock.now() - this.#startMs }
    this.#handles.set(part, handle)
    return { draft: tools.newPage(), cursors: [this.#change(part, handle)] }
  }

  *#pages(part: string, read: ReadPage): Generator<SourcePage> {
    const before = this.#handles.get(part) as Handle
    const after = this.#after(part, before, read)
    const window = before.again
    const ordinals = this.#engine.ordinals(part)
    const now = this.#timeOf(read.answer)
    let earliest = Infinity
    for (const { draft, complete } of this.#engine.drafts(read, ordinals)) {
      earliest = Math.min(earliest, earliestIn(draft))
      // A time to come is of a clock that is wrong, and says nothing of when the events were stored.
      if (complete && earliest <= now) this.#reached.set(part, earliest)
      const moved =
        complete &&
        (after.cursor !== before.cursor || after.again !== before.again || after.since - before.since >= staleMs)
      if (draft.count === 0 && draft.quarantined.length === 0 && !moved) continue
      // Before the page is given: whoever takes it may not come back for another one of this pull.
      if (moved) this.#handles.set(part, after)
      yield { draft, cursors: moved ? [this.#change(part, after)] : [], ...(window && { window }) }
    }
  }

  #after(part: string, before: Handle, read: ReadPage): Handle {
    const cursor = read.cursor ?? read.walk.cursor
    // Without a cursor only the time says where to go on.
    if (cursor === undefined) return before.again ? { since: before.since } : before
    if (this.#isAtEnd(read)) return { since: this.#timeOf(read.answer), cursor }
    if (read.next) return { ...before, cursor }
    const reached = this.#reached.get(part) ?? -Infinity
    const since = Math.max(before.since, reached - latestMs)
    const { again } = before
    return { since, cursor, ...(again && reached < again.to && { again }) }
  }

  /** An empty page may lead on: the end is where the cursor stays, where there is no other, or where the source or its description says so. */
  #isAtEnd({ next, cursor, walk, answer }: ReadPage): boolean {
    if (next !== undefined) return false
    const { page } = this.#engine.options.plans
    const more = saysMore(page, answer)
    const isPromised = more === undefined && page.ends.has('short_page')
    return cursor === undefined || cursor === walk.cursor || more === false || isPromised
  }

  /** By the source's own clock, less a second, because its header has no parts of one. */
  #timeOf({ reply }: Answer): number {
    const now = this.#engine.tools.clock.now()
    const said = dateMs(reply.headers['date']?.trim() ?? '')
    return (Number.isNaN(said) ? now : said) - 1000
  }
}

function earliestIn(draft: PageDraft): number {
  let earliest = Infinity
  for (let index = 0; index < draft.count; index++) earliest = Math.min(earliest, draft.occurredAtMs(index))
  return earliest
}
