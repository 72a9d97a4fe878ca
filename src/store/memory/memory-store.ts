// The store in memory: the same verbs, for simulations and tests. Each verb is done when its call returns; nothing waits for a
// disk or a timer.
import { StateError } from '../../model/errors.ts'
import type { Seq } from '../../model/page.ts'
import { bitSet } from '../../model/page.ts'
import { Elapsed } from '../elapsed.ts'
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
  StoreBounds,
} from '../store.ts'
import { RECENT_EVENTS } from '../recent-events.ts'
import type { RequestVerbs } from '../requests.ts'
import { QUEUES } from '../store.ts'
import { commitInMemory, saveInMemory } from './memory-committing.ts'
import { clampInMemory, exhumeInMemory, settleInMemory } from './memory-settling.ts'
import { MemoryDesk } from './memory-desk.ts'
import { MemoryKeeping } from './memory-keeping.ts'
import { nextLateInMemory, routeLateInMemory } from './memory-late.ts'
import { pruneInMemory } from './memory-pruning.ts'
import { registerInMemory } from './memory-registration.ts'
import type { MemoryPage, MemoryState } from './memory-state.ts'
import { holderOf, requireRoomInMemory, settledBefore } from './waiting.ts'

export class MemoryStore implements Store {
  readonly identity: StateIdentity
  readonly #state: MemoryState
  readonly #bounds: StoreBounds
  readonly #generation: number
  readonly #monotonic: (() => number) | undefined
  #elapsed: Elapsed | undefined
  #latest = 0
  readonly #desk = new MemoryDesk(
    (now) => this.#held(now),
    (now) => this.#lived(now).moment(now),
  )

  readonly #keeping = new MemoryKeeping(
    (now) => this.#held(now),
    (now) => this.#lived(now),
  )

  readonly ask: RequestVerbs['ask'] = (...given) => this.#desk.ask(...given)
  readonly openRequests: RequestVerbs['openRequests'] = () => this.#desk.openRequests()
  readonly finishRequest: RequestVerbs['finishRequest'] = (...given) => this.#desk.finishRequest(...given)
  readonly beginBackfill: RequestVerbs['beginBackfill'] = (...given) => this.#desk.beginBackfill(...given)
  readonly saveTrouble: RequestVerbs['saveTrouble'] = (...given) => this.#desk.saveTrouble(...given)
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

  constructor(state: MemoryState, bounds: StoreBounds, monotonic?: () => number) {
    this.identity = state.identity
    this.#state = state
    this.#bounds = bounds
    this.#monotonic = monotonic
    this.#generation = ++state.generation
    state.recentEvents = bounds.recentEvents ?? RECENT_EVENTS
  }

  async register(definitions: readonly DestinationDefinition[], now: number): Promise<readonly DestinationRecord[]> {
    const state = this.#held(now)
    for (const destination of state.destinations) clampInMemory(destination, now)
    return registerInMemory(state, definitions, now)
  }

  async cursors(source: string): Promise<readonly Cursor[]> {
    const cursors = [...(this.#held().sources.get(source)?.cursors.values() ?? [])]
    return cursors.sort((a, b) => compare(a.lane, b.lane) || compare(a.part, b.part))
  }

  async commitPage(commit: PageCommit, now: number): Promise<Committed> {
    const state = this.#held(now)
    if (this.#full()) this.#prune(now)
    if (this.#full()) requireRoomInMemory(state, commit.source, this.#bounds.maxBytes)
    const { windowKeys } = this.#bounds
    return commitInMemory(state, commit, { now, age: this.#lived(now).ms(), windowKeys })
  }

  async saveCursors(source: string, lane: string, cursors: PageCommit['cursors'], now: number): Promise<void> {
    const state = this.#held(now)
    saveInMemory(state.source(source), lane, cursors, state.nextSeq)
  }

  async settledThrough(source: string): Promise<Seq> {
    const state = this.#held()
    const isRead = state.destinations.some(({ known }) => known.sources?.includes(source) ?? true)
    return isRead && state.sources.has(source) ? settledBefore(state, source) : 0
  }

  async progress(destination: string): Promise<readonly QueueProgress[]> {
    const state = this.#held()
    const found = state.destination(destination)
    return QUEUES.map((queue) => ({ queue, ...state.settled(found, queue) }))
  }

  async nextPage(destination: string, queue: Queue, from: Seq): Promise<RoutedPage | { readonly end: Seq }> {
    const state = this.#held()
    const { known, late } = state.destination(destination)
    for (const kept of state.pages) {
      const routing = kept.routing.get(known.id)
      const fresh = routing?.queue === queue ? routing.bitmap : undefined
      const bitmap = queue === 'replay' ? kept.replays.get(known.id) : fresh
      if (!bitmap || !matchesFrom(kept, bitmap, from)) continue
      if (!kept.page) throw new StateError(`the page at event ${kept.firstSeq} is gone although it is needed`)
      return { source: kept.source, firstSeq: kept.firstSeq, page: kept.page, bitmap }
    }
    if (queue === 'replay') return { end: from }
    return { end: queue === 'catch_up' ? (late[0]?.from ?? state.nextSeq) : state.nextSeq }
  }

  async nextLate(destination: string): Promise<LatePage | null> {
    return nextLateInMemory(this.#held(), destination)
  }

  async routeLate(destination: string, routed: LateRouting, now: number): Promise<void> {
    routeLateInMemory(this.#held(now), destination, routed)
  }

  async settle(settlement: Settlement, now: number): Promise<void> {
    settleInMemory(this.#held(now), settlement, this.#lived(now).moment(now))
  }

  async dueRetries(
    destination: string,
    now: number,
    limit: number,
    except: ReadonlySet<Seq>,
  ): Promise<readonly RetryEvent[]> {
    const due = this.#retrying(destination, except).filter(({ nextAt }) => nextAt <= now)
    return due.slice(0, Math.max(limit, 0))
  }

  async nextRetryAt(destination: string, except: ReadonlySet<Seq>): Promise<number | null> {
    return this.#retrying(destination, except)[0]?.nextAt ?? null
  }

  async exhume(destination: string, now: number): Promise<number> {
    return exhumeInMemory(this.#held(now), destination, now)
  }

  async provisional(destination: string): Promise<ReadonlyMap<string, number>> {
    const byCause = new Map<string, number>()
    for (const { provisional, cause } of this.#held().destination(destination).exceptions.values())
      if (provisional && cause !== null) byCause.set(cause, (byCause.get(cause) ?? 0) + 1)
    return byCause
  }

  async health(destination: string): Promise<Health | null> {
    return this.#held().destination(destination).health
  }

  async prune(now: number): Promise<{ readonly pages: number; readonly more: boolean }> {
    this.#held(now)
    return this.#prune(now)
  }

  async room(): Promise<Room> {
    const { usedBytes } = this.#held()
    const holder = holderOf(this.#state)?.known.name
    return {
      usedBytes,
      maxBytes: this.#bounds.maxBytes,
      full: this.#full(),
      ...(holder === undefined ? {} : { holder }),
    }
  }

  async heartbeat(now: number): Promise<void> {
    const state = this.#held(now)
    state.heartbeatAt = now
    state.lived = this.#lived(now).save(now)
  }

  overview(now: number): Promise<Overview> {
    return this.#held(now).overview(now, true)
  }

  async close(now: number): Promise<void> {
    this.#held(now).lived = this.#lived(now).save(now)
  }

  /** The state, if no later store has taken it over. */
  #held(now?: number): MemoryState {
    if (this.#state.generation !== this.#generation) throw new StateError('another store has taken over this state')
    if (now !== undefined) this.#latest = Math.max(this.#latest, now)
    return this.#state
  }

  #lived(now: number): Elapsed {
    return (this.#elapsed ??= new Elapsed(this.#state.lived, now, this.#monotonic ?? (() => this.#latest)))
  }

  #full(): boolean {
    return this.#state.usedBytes >= this.#bounds.maxBytes
  }

  #prune(now: number): { pages: number; more: boolean } {
    const pressed = this.#full()
    const elapsed = this.#lived(now)
    const lived = elapsed.agrees(now) ? elapsed.ms() : -Infinity
    return pruneInMemory(this.#state, { pressed, olderThan: pressed ? Infinity : lived - this.#bounds.keepMs, lived })
  }

  #retrying(destination: string, except: ReadonlySet<Seq>): RetryEvent[] {
    const found: RetryEvent[] = []
    for (const { seq, source, page, attempts, firstAttemptedAt, nextAt } of this.#held()
      .destination(destination)
      .exceptions.values())
      if (nextAt !== null && !except.has(seq)) found.push({ seq, source, page, attempts, firstAttemptedAt, nextAt })
    return found.sort((a, b) => a.nextAt - b.nextAt || a.seq - b.seq)
  }
}

function matchesFrom(kept: MemoryPage, bitmap: Uint8Array, from: Seq): boolean {
  for (let index = Math.max(from - kept.firstSeq, 0); index < kept.count; index++)
    if (bitSet(bitmap, index)) return true
  return false
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
