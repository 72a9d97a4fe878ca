// The store on SQLite: each verb of the port, one transaction each, grouped by the writer. What a verb does lies in the files
// named after it.
import { StateFullError } from '../../model/errors.ts'
import type { Seq } from '../../model/page.ts'
import { noticesOfRegistration } from '../notices.ts'
import { recordOf } from '../registration.ts'
import type { LatePage, LateRouting } from '../late.ts'
import type {
  Committed,
  Cursor,
  DestinationDefinition,
  DestinationRecord,
  Health,
  Overview,
  PageCommit,
  Queue,
  QueueProgress,
  RetryEvent,
  Room,
  RoutedPage,
  Settlement,
  StateIdentity,
  Store,
} from '../store.ts'
import { QUEUES } from '../store.ts'
import type { RequestVerbs } from '../requests.ts'
import { KeepingDesk } from './keeping-desk.ts'
import { nextPage } from './next-page.ts'
import { RequestDesk } from './request-desk.ts'
import { type OpenedState, openTables, type Tables } from './tables.ts'
import { Writer } from './writer.ts'
import { closeKeepingLog, foldLog, shortenLog, translated, unlessFull } from './connection.ts'

export class SqliteStore implements Store {
  readonly identity: StateIdentity
  readonly #opened: OpenedState
  readonly #writer: Writer
  readonly #tables: Tables
  readonly #desk: RequestDesk
  readonly #keeping: KeepingDesk
  #closed = false

  readonly ask: RequestVerbs['ask'] = (...given) => this.#desk.ask(...given)
  readonly openRequests: RequestVerbs['openRequests'] = () => this.#desk.openRequests()
  readonly finishRequest: RequestVerbs['finishRequest'] = (...given) => this.#desk.finishRequest(...given)
  readonly beginBackfill: RequestVerbs['beginBackfill'] = (...given) => this.#desk.beginBackfill(...given)
  readonly saveTrouble: RequestVerbs['saveTrouble'] = (id, trouble) => this.#desk.saveTrouble(id, trouble)
  readonly control: RequestVerbs['control'] = (...given) => this.#desk.control(...given)
  readonly takeDeadLetters: RequestVerbs['takeDeadLetters'] = (...given) => this.#desk.takeDeadLetters(...given)
  readonly takeKept: RequestVerbs['takeKept'] = (...given) => this.#desk.takeKept(...given)
  readonly canBegin: RequestVerbs['canBegin'] = (...given) => this.#desk.canBegin(...given)
  readonly saveHealth: Store['saveHealth'] = (...given) => this.#keeping.saveHealth(...given)
  readonly savePull: Store['savePull'] = (...given) => this.#keeping.savePull(...given)
  readonly note: Store['note'] = (...given) => this.#keeping.note(...given)
  readonly waitingNotices: Store['waitingNotices'] = (...given) => this.#keeping.waitingNotices(...given)
  readonly expireDeadLetters: Store['expireDeadLetters'] = (...given) => this.#keeping.expireDeadLetters(...given)
  readonly overBuffer: Store['overBuffer'] = (now) => this.#keeping.overBuffer(now)
  readonly trimBuffer: Store['trimBuffer'] = (...given) => this.#keeping.trimBuffer(...given)
  readonly purgeDeadLetters: RequestVerbs['purgeDeadLetters'] = (...given) => this.#desk.purgeDeadLetters(...given)

  constructor(opened: OpenedState) {
    const { db, path, reserve, generation } = opened
    this.#opened = opened
    this.identity = opened.identity
    this.#tables = openTables(opened)
    const { state } = this.#tables
    this.#writer = new Writer(db, path, { full: () => reserve.release(), fence: () => state.fence(generation) })
    this.#desk = new RequestDesk(this.#writer, this.#tables, opened.elapsed)
    this.#keeping = new KeepingDesk(this.#writer, this.#tables, opened.elapsed)
  }

  register(destinations: readonly DestinationDefinition[], now: number): Promise<readonly DestinationRecord[]> {
    const { state, pages, exceptions, notices, destinations: rows } = this.#tables
    const forget = (): void => rows.forgetNames()
    return this.#writer.write(
      () => {
        exceptions.clamp(now)
        const nextSeq = state.nextSeq()
        const stamp = { now, nextSeq, firstSince: (ms: number) => pages.firstSince(ms) ?? nextSeq }
        const plans = rows.register(destinations, stamp)
        notices.add(plans.flatMap(noticesOfRegistration), now)
        return plans.map(recordOf)
      },
      { committed: forget, undone: forget },
    )
  }

  cursors(source: string): Promise<readonly Cursor[]> {
    return this.#read(() => this.#tables.sources.cursors(source))
  }

  async commitPage(commit: PageCommit, now: number): Promise<Committed> {
    // Apart from the commit, so that room which was made stays made when the commit is refused.
    if (this.#tables.bound.over()) await this.prune(now)
    const write = (): { committed: Committed; page: PageCommit['page'] } => {
      this.#tables.bound.require(commit.source)
      this.#tables.buffers.requireUnblocked(commit.source)
      return this.#tables.committing.commit(commit, { now, age: this.#opened.elapsed.ms() })
    }
    const { committed } = await this.#writer.write(write, {
      committed: ({ committed: { seqs }, page }) => page.count > 0 && this.#tables.pages.handOver(seqs.from, page),
      undone: () => {
        this.#tables.recents.forget(commit.source)
        this.#tables.windows.forget(commit.source)
        this.#tables.held.forget()
      },
    })
    return committed
  }

  saveCursors(source: string, lane: string, cursors: PageCommit['cursors'], now: number): Promise<void> {
    return this.#writer.write(() => {
      const stamp = { seq: this.#tables.state.nextSeq(), now }
      this.#tables.sources.saveCursors(this.#tables.sources.ensure(source).id, lane, cursors, stamp)
    })
  }

  settledThrough(source: string): Promise<Seq> {
    return this.#read(() => this.#tables.held.settledThrough(source, this.#tables.state.nextSeq()))
  }

  progress(destination: string): Promise<readonly QueueProgress[]> {
    return this.#read(() => {
      const id = this.#tables.destinations.idOf(destination)
      return QUEUES.map((queue, number) => ({ queue, ...this.#tables.destinations.settled(id, number) }))
    })
  }

  nextPage(destination: string, queue: Queue, from: Seq): Promise<RoutedPage | { readonly end: Seq }> {
    return this.#read(() => nextPage(this.#tables, destination, queue, from))
  }

  async nextLate(destination: string): Promise<LatePage | null> {
    const { late } = this.#tables
    const page = await this.#read(() => late.next(destination))
    if (!page && (await this.#read(() => late.open(destination))))
      await this.#writer.write(() => late.finish(destination))
    return page
  }

  routeLate(destination: string, routed: LateRouting, now: number): Promise<void> {
    return this.#writer.write(() => this.#tables.late.route(destination, routed, now))
  }

  settle(settlement: Settlement, now: number): Promise<void> {
    return this.#writer.write(() => this.#tables.settling.settle(settlement, this.#opened.elapsed.moment(now)))
  }

  dueRetries(
    destination: string,
    now: number,
    limit: number,
    except: ReadonlySet<Seq>,
  ): Promise<readonly RetryEvent[]> {
    return this.#read(() => {
      const due = this.#tables.exceptions.due(this.#tables.destinations.idOf(destination), now, limit, except)
      return due.map((event) => ({ ...event, source: this.#tables.sources.nameOf(event.source) }))
    })
  }

  nextRetryAt(destination: string, except: ReadonlySet<Seq>): Promise<number | null> {
    return this.#read(() => this.#tables.exceptions.nextAt(this.#tables.destinations.idOf(destination), except))
  }

  exhume(destination: string, now: number): Promise<number> {
    return this.#writer.write(() => this.#tables.settling.exhume(destination, now))
  }

  provisional(destination: string): Promise<ReadonlyMap<string, number>> {
    return this.#read(() => this.#tables.exceptions.causes(this.#tables.destinations.idOf(destination)))
  }

  health(destination: string): Promise<Health | null> {
    return this.#read(() => {
      const { health } = this.#tables.destinations.get(destination)
      return health === null ? null : (JSON.parse(health) as Health)
    })
  }

  async prune(now: number): Promise<{ readonly pages: number; readonly more: boolean }> {
    this.#opened.reserve.recovered()
    const pressed = this.#tables.bound.over()
    const { pruning, held } = this.#tables
    const result = await this.#writer.write(
      () => pruning.prune({ pressed, olderThan: this.#olderThan(pressed, now), lived: this.#lived(now) }),
      {
        undone: () => held.forget(),
      },
    )
    // The log of writes counts as room in use: put it into the file, where the freed pages are.
    if (pressed && this.#tables.bound.over()) await shortenLog(this.#opened.db, () => this.heartbeat(now))
    return result
  }

  room(): Promise<Room> {
    return this.#read(() => this.#tables.bound.room())
  }

  heartbeat(now: number): Promise<void> {
    return this.#writer.write(() => this.#tables.state.heartbeat(now, this.#opened.elapsed.save(now)))
  }

  overview(now: number): Promise<Overview> {
    return this.#read(() => this.#tables.overviews.read({ running: true, usedBytes: this.#tables.bound.used(), now }))
  }

  async close(now: number): Promise<void> {
    if (this.#closed) return
    const { path, db, lock, generation, elapsed } = this.#opened
    let close = (): void => closeKeepingLog(db, path)
    const marked = this.#writer.write(() => this.#tables.state.mark('clean', generation, elapsed.save(now)))
    this.#writer.flush()
    this.#closed = true
    try {
      await marked
      close = () => void db.close()
      // Both are for comfort: the log has everything, and says that this was a clean end.
      foldLog(db)
      unlessFull(() => lock.mark({ instance: this.identity.instance, generation, state: 'clean' }))
    } catch (error) {
      // The log has what was written; that this was a clean end is not in it, and the next start looks more closely.
      if (!(error instanceof StateFullError)) throw error
    } finally {
      close()
      lock.release()
    }
  }

  #olderThan(pressed: boolean, now: number): number {
    return pressed ? Infinity : this.#lived(now) - this.#opened.bounds.keepMs
  }

  /** Time lived; while the wall clock disagrees with it nothing is old enough for anything. */
  #lived(now: number): number {
    const { elapsed } = this.#opened
    return elapsed.agrees(now) ? elapsed.ms() : -Infinity
  }

  /** Reads on the writing connection, between transactions: what was committed, and nothing else. */
  async #read<Result>(read: () => Result): Promise<Result> {
    this.#writer.check()
    try {
      return read()
    } catch (error) {
      throw translated(error, this.#opened.path)
    }
  }
}
