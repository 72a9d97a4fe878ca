// Reads a feed: the API gives a cursor in the order in which it stored the events, and each pull goes on where the last one ended.
import { SourceError, WindowError } from '../../model/errors.ts'
import { dateMs } from '../../runtime/retry-after.ts'
import type { ReadRequest, SourcePage, Window } from '../source.ts'
import type { Answer } from './answer.ts'
import type { Engine } from './engine.ts'
import { isTree } from './merge.ts'
import { readPages, type ReadPage } from './pages.ts'
import { partsOf } from './parts.ts'
import { parsed } from './progress.ts'
import type { Scalar } from './schema-words.ts'
import { firstWalk } from './walk.ts'

/** Where a part stands. */
interface Handle {
  readonly cursor?: Scalar
  /** Source time at which everything up to the cursor had been read: from here on it is read again when the cursor is lost. */
  readonly since: number
  /** What is being read again, until the end of the list is reached. */
  readonly again?: Window
}

/** So old may `since` be before it is committed anew without events. */
const staleMs = 3_600_000
/** A cursor that is lost so often in one pull will be lost again. */
const mostLosses = 3

export class Feed {
  readonly #engine: Engine
  readonly #handles = new Map<string, Handle>()
  #restored = false
  #startMs = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async *read({ cursors, startMs }: ReadRequest, signal: AbortSignal): AsyncGenerator<SourcePage> {
    if (!this.#restored) for (const { part, value } of cursors) this.#restore(part, value)
    this.#restored = true
    this.#startMs = startMs ?? this.#engine.options.windows.startMs
    const { parts } = this.#engine.options.plans
    const names = parts ? await partsOf(this.#engine, parts, signal) : ['']
    for (const part of names) yield* this.#readPart(part, signal)
  }

  #restore(part: string, value: string): void {
    const { cursor, since, again } = parsed(value)
    if (typeof since !== 'number') return
    const window = isTree(again) && typeof again['from'] === 'number' && typeof again['to'] === 'number'
    this.#handles.set(part, {
      since,
      ...((typeof cursor === 'string' || typeof cursor === 'number') && { cursor }),
      ...(window && { again: again as unknown as Window }),
    })
  }

  async *#readPart(part: string, signal: AbortSignal): AsyncGenerator<SourcePage> {
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
    const { tools, options } = this.#engine
    const handle = this.#handles.get(part)
    if (handle?.cursor === undefined)
      throw new SourceError('denied', `${error.message} (but no cursor was sent that could have expired)`, {
        cause: error,
      })
    if (losses >= mostLosses)
      throw new SourceError('transient', `${error.message} (${mostLosses} new cursors were refused, too)`, {
        cause: error,
      })
    const from = handle.again?.from ?? handle.since - options.windows.overlapMs
    const again = { from, to: Math.max(from, tools.clock.now()) }
    this.#handles.set(part, { since: handle.since, again })
    tools.notice({
      level: 'warning',
      code: 'cursor_expired',
      subject: part,
      text: `the cursor was no longer good; everything since ${new Date(from).toISOString()} is read again`,
    })
  }

  async *#walk(part: string, signal: AbortSignal): AsyncGenerator<SourcePage> {
    const { exchange, options } = this.#engine
    const { plans } = options
    const { cursor, since, again } = this.#handles.get(part) ?? this.#begun(part)
    const scene = { time: plans.time, part, window: { from: again?.from ?? since }, feed: true }
    const start = cursor === undefined ? undefined : { ...firstWalk(plans.page), cursor }
    for await (const read of readPages(this.#engine.listOf(plans), { scene, exchange, start }, signal)) {
      yield* this.#pages(part, read)
      // The rest is for the next pull.
      if (read.next && read.next.pages >= plans.page.maxPages) return
    }
  }

  /** A feed begins at a fixed time, also when nothing comes for long. */
  #begun(part: string): Handle {
    const handle = { since: this.#engine.tools.clock.now() - this.#startMs }
    this.#handles.set(part, handle)
    return handle
  }

  *#pages(part: string, read: ReadPage): Generator<SourcePage> {
    const before = this.#handles.get(part) as Handle
    const after = this.#after(before, read)
    const window = before.again
    const ordinals = this.#engine.ordinals(part)
    for (const { draft, complete } of this.#engine.drafts(read, ordinals)) {
      const moved =
        complete &&
        (after.cursor !== before.cursor || after.again !== before.again || after.since - before.since >= staleMs)
      if (draft.count === 0 && draft.quarantined.length === 0 && !moved) continue
      yield { draft, cursors: moved ? [{ part, value: JSON.stringify(after) }] : [], ...(window && { window }) }
      if (moved) this.#handles.set(part, after)
    }
  }

  #after(before: Handle, read: ReadPage): Handle {
    const cursor = read.cursor ?? read.walk.cursor
    const caughtUp = read.next === undefined
    const given = cursor === undefined ? {} : { cursor }
    if (before.again && !caughtUp) return { ...before, ...given }
    // Without a cursor only the time says where to go on.
    if (cursor === undefined) return before.again ? { since: before.since } : before
    return { since: caughtUp ? this.#timeOf(read.answer) : before.since, ...given }
  }

  /** By the source's own clock, less a second, because its header has no parts of one. */
  #timeOf({ reply }: Answer): number {
    const now = this.#engine.tools.clock.now()
    const said = dateMs(reply.headers['date']?.trim() ?? '')
    return (Number.isNaN(said) ? now : said) - 1000
  }
}
