// An open outbox: decides when to look, whose turn it is, and what a fault of one file means. Each file is a part.
import type { Clock } from '../../runtime/clock.ts'
import { SourceError } from '../../model/errors.ts'
import type { CursorChange, ReadRequest, Source, SourcePage, SourceTools } from '../source.ts'
import { Catalogue } from './catalogue.ts'
import { Handles, type OpenFault } from './handles.ts'
import { Mapper } from '../mapper.ts'
import { Notices } from './notices.ts'
import type { OutboxOptions } from './options.ts'
import type { OutboxFile } from './outbox-file.ts'
import { LinePage } from './page.ts'
import { probeOutbox } from './probe.ts'
import { Reader } from './reader.ts'
import { Releases } from './releases.ts'
import { RescanTimer } from './rescan.ts'
import { Scan } from './scan.ts'
import { TurnQueue } from './turn-queue.ts'

/** In a long read, how often to look for what has changed meanwhile. */
const lookEveryMs = 1000
/** Cursor changes of one page. */
const cursorsAtOnce = 1000

export class Outbox implements Source {
  readonly #options: OutboxOptions
  readonly #tools: SourceTools
  readonly #clock: Clock
  readonly #notices: Notices
  readonly #handles: Handles
  readonly #catalogue: Catalogue
  readonly #reader: Reader
  readonly #mapper: Mapper | undefined
  readonly #releases: Releases
  readonly #rescan: RescanTimer
  readonly #queue = new TurnQueue()
  /** Files whose cursor may differ from what was handed out; null for those to be forgotten. */
  readonly #moved = new Map<string, OutboxFile | null>()
  #restored = false
  #lookedAt = 0

  constructor(options: OutboxOptions, tools: SourceTools) {
    this.#options = options
    this.#tools = tools
    this.#clock = tools.clock
    this.#notices = new Notices((notice) => tools.notice(notice))
    this.#handles = new Handles(() => !this.#catalogue.spool)
    this.#catalogue = new Catalogue({
      clock: tools.clock,
      notices: this.#notices,
      handles: this.#handles,
      ready: (file) => this.#queue.add(file),
      moved: (file) => this.#moved.set(file.part, file),
      forgotten: (file) => this.#moved.set(file.part, null),
    })
    this.#reader = new Reader(options.max_line)
    this.#mapper = options.fields && new Mapper(options.fields)
    this.#releases = new Releases(options.on_done, this.#catalogue, this.#notices)
    this.#rescan = new RescanTimer(tools.clock)
  }

  async probe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    probeOutbox(this.#options)
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<SourcePage> {
    this.#restore(request)
    await this.#look(signal)
    // Ends at the sizes that the files had when it began, however fast they grow.
    this.#queue.owe()
    while (this.#queue.isOwed) {
      const page = this.#fill()
      if (page) yield page
      signal.throwIfAborted()
      if (this.#clock.monotonic() - this.#lookedAt >= lookEveryMs) await this.#look(signal)
    }
    while (this.#moved.size > 0) {
      const cursors = this.#takeCursors([])
      if (cursors.length > 0) yield { draft: this.#tools.newPage(), cursors }
    }
  }

  releasable(): readonly string[] {
    return this.#releases.releasable()
  }

  async release(parts: readonly string[], signal: AbortSignal): Promise<readonly CursorChange[]> {
    signal.throwIfAborted()
    const released = this.#releases.release(parts, signal)
    for (const { part } of released) this.#moved.delete(part)
    return released
  }

  async close(): Promise<void> {
    this.#handles.closeAll()
    this.#reader.reset()
  }

  #restore(request: ReadRequest): void {
    if (this.#restored) return
    this.#catalogue.restore(request.cursors)
    this.#restored = true
  }

  async #look(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#lookedAt = this.#clock.monotonic()
    try {
      if (this.#rescan.isDue()) await this.#scan(signal)
      this.#catalogue.refresh()
    } catch (error) {
      if (!isFileFault(error)) throw error
      throw new SourceError('transient', `the outbox cannot be looked at (${error.code})`, { cause: error })
    }
  }

  async #scan(signal: AbortSignal): Promise<void> {
    const onDone = this.#options.on_done
    const listing = await new Scan(this.#notices, signal).list(
      this.#options.path,
      typeof onDone === 'object' ? onDone.move : undefined,
    )
    await this.#catalogue.reconcile(listing, signal)
    this.#rescan.done(listing, this.#lookedAt)
    if (!listing.spool && onDone !== 'keep')
      this.#notices.say(
        'error',
        'on_done_ignored',
        this.#options.path,
        'on_done is for a spool folder; this file is kept',
      )
  }

  #fill(): SourcePage | undefined {
    const page = new LinePage(this.#tools.newPage(), this.#tools.name, this.#options.max_line, this.#mapper)
    try {
      for (let file = this.#queue.next(); file; file = page.isFull ? undefined : this.#queue.next())
        this.#turn(file, page)
    } catch (error) {
      page.undo()
      this.#reader.reset()
      for (const file of page.touched.keys()) this.#queue.restore(file)
      throw error
    }
    const cursors = this.#takeCursors(page.touched.keys())
    const { draft } = page
    return draft.count + draft.quarantined.length + cursors.length > 0 ? { draft, cursors } : undefined
  }

  #turn(file: OutboxFile, page: LinePage): void {
    const descriptor = this.#handles.of(file)
    if (typeof descriptor === 'string') return this.#blocked(file, descriptor)
    const final = this.#catalogue.isFinal(file)
    try {
      const turn = this.#reader.turn(file, page, { descriptor, shared: this.#queue.length > 0, final })
      this.#notices.clear('no_permission', file.path, 'the file can be read now')
      this.#notices.clear('unreadable', file.path, 'the file can be read now')
      if (turn === 'restarted') this.#restarted(file)
      if (turn === 'end') this.#ended(file, page)
      else this.#queue.again(file)
    } catch (error) {
      if (!isFileFault(error)) throw error
      this.#handles.close(file)
      this.#reader.reset()
      this.#queue.settle(file)
      this.#notices.say(
        'error',
        'unreadable',
        file.path,
        `the file could not be read (${error.code}); it is tried again`,
      )
    }
  }

  #ended(file: OutboxFile, page: LinePage): void {
    this.#queue.settle(file)
    if (!this.#catalogue.spool) return
    page.touch(file)
    file.done = true
    this.#handles.close(file)
  }

  #restarted(file: OutboxFile): void {
    if (this.#catalogue.spool) return
    const text =
      'the file was truncated or replaced: it is read from its start; what was written since the last look and cut off is lost'
    this.#notices.tell('warning', 'file_restarted', file.path, text)
  }

  /** One file that cannot be opened never holds up the others. It is tried again after each scan. */
  #blocked(file: OutboxFile, fault: OpenFault): void {
    this.#queue.settle(file)
    const say = (level: 'warning' | 'error', text: string): void => this.#notices.say(level, fault, file.path, text)
    if (fault === 'no_permission')
      say('error', 'the file cannot be read: give the user of the relay the right to; the others go on')
    else if (fault === 'too_many_open_files')
      say('warning', 'too many files are open; it is read later (raise the limit: ulimit -n)')
    else if (fault === 'unreadable') say('error', 'the file cannot be opened; it is tried again')
  }

  #takeCursors(touched: Iterable<OutboxFile>): CursorChange[] {
    const changes: CursorChange[] = []
    const take = (part: string, file: OutboxFile | null): void => {
      this.#moved.delete(part)
      const value = file ? file.encode() : null
      if (value !== file?.saved) changes.push({ part, value })
      if (file && value !== null) file.saved = value
    }
    // What the page moved must be committed with it; the rest can wait for a later page.
    for (const file of touched) take(file.part, file)
    for (const [part, file] of this.#moved) {
      if (changes.length >= cursorsAtOnce) break
      take(part, file)
    }
    return changes
  }
}

function isFileFault(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return !(error instanceof SourceError) && error instanceof Error && 'syscall' in error && 'code' in error
}
