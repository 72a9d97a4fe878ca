// What the memory store keeps: plain lists, searched from one end to the other. It outlives the store that writes it, as a disk
// outlives a process.
import type { Page, Seq } from '../../model/page.ts'
import { CHAIN_START } from '../chain.ts'
import type { DefinitionFrom } from '../definitions.ts'
import type { Lived } from '../elapsed.ts'
import { RECENT_EVENTS, RecentEvents } from '../recent-events.ts'
import type { Settled } from '../ranges.ts'
import type { Span } from '../spans.ts'
import type { KnownDestination } from '../registration.ts'
import type { RequestCounts, StoredRequest } from '../requests.ts'
import type { AnnouncedPurge } from '../retention.ts'
import type {
  AttemptRecord,
  Cursor,
  Health,
  Overview,
  PullRecord,
  Queue,
  SeqRange,
  SetAside,
  StateIdentity,
} from '../store.ts'
import type { MemoryNotice } from './memory-notices.ts'
import { overviewOf } from './memory-overview.ts'

/** A page routed to a destination. */
interface MemoryRouting {
  readonly queue: Queue
  readonly bitmap: Uint8Array
  readonly matched: number
  /** Of the matched events. */
  readonly bytes: number
}

export interface MemoryPage {
  readonly source: string
  readonly firstSeq: Seq
  readonly count: number
  readonly committedAt: number
  readonly age: number
  /** Events of the source in earlier pages. */
  readonly before: number
  /** What is remembered against duplicates when the events are gone; undefined once that is forgotten too. */
  index: (Pick<Page, 'keys' | 'fingerprints' | 'count'> & { readonly span: Span }) | undefined
  /** By destination id. */
  readonly routing: Map<number, MemoryRouting>
  /** Which of its events are sent again, by destination id. */
  readonly replays: Map<number, Uint8Array>
  /** Undefined once pruned. */
  page: Page | undefined
}

export interface MemorySource {
  readonly name: string
  enabled: boolean
  readonly cursors: Map<string, Cursor>
  readonly recent: RecentEvents
  readonly quarantine: { at: number; reason: string; detail: string; place: string; bytes: Uint8Array }[]
  chain: Uint8Array
  lastEventAt: number | null
  lastPull: PullRecord | null
  /** For how much time lived its identities are remembered at least, ms. */
  rememberMs: number
  /** From which source time on they are remembered in any case. */
  rememberFrom: number
  /** Late events by lane. */
  readonly late: Map<string, readonly number[]>
  pulled: number
  new: number
  duplicates: number
  conflicts: number
  quarantined: number
}

export interface MemoryException extends SetAside {
  readonly page: Page
  readonly history: string
  readonly putAt: number
  /** How long the relay had lived at the commit, or when a replay took it, ms. */
  readonly age: number
  /** The same at its death; null unless it is dead. */
  readonly diedAge: number | null
  /** When it is tried again; null when it is dead. */
  readonly nextAt: number | null
  readonly cause: string | null
  readonly provisional: boolean
  /** The replay that took it last. */
  readonly request: number | null
}

export interface MemoryDestination {
  known: KnownDestination
  readonly queues: Map<Queue, Settled>
  /** The purge of dead letters that is announced: those that died before an age, from another age on. */
  purge: AnnouncedPurge | null
  readonly exceptions: Map<Seq, MemoryException>
  readonly attempts: AttemptRecord[]
  /** Stretches of pages that it is still to be routed over, in order. */
  late: readonly SeqRange[]
  /** What it was over time, in order. */
  definitions: readonly DefinitionFrom[]
  health: Health | null
  /** The request that fills its replay queue. */
  replaying: number | null
  offered: number
  filtered: number
  routed: number
  delivered: number
  dropped: number
}

/** A request, and how many of its chosen were gone through. */
export interface MemoryRequest extends Omit<StoredRequest, 'state' | 'counts' | 'text' | 'finishedAt'> {
  state: StoredRequest['state']
  counts: RequestCounts
  place: number
  text: string | null
  finishedAt: number | null
}

/** The committed data of a memory store. */
export class MemoryState {
  readonly identity: StateIdentity
  readonly sources = new Map<string, MemorySource>()
  readonly destinations: MemoryDestination[] = []
  readonly pages: MemoryPage[] = []
  readonly requests: MemoryRequest[] = []
  requestsAsked = 0
  readonly notices: MemoryNotice[] = []
  noticesMade = 0
  destinationsMade = 0
  /** Grows with each opening; a store of an earlier one writes nothing more. */
  generation = 0
  nextSeq: Seq = 1
  lived: Lived | null = null
  heartbeatAt: number | null = null
  usedBytes = 0
  /** How many of a source's newest identities every page is compared with. */
  recentEvents = RECENT_EVENTS

  constructor(identity: StateIdentity = { instance: 'memory', secret: new Uint8Array(32).fill(7) }) {
    this.identity = identity
  }

  /** What `status` would show, also while no store is open. */
  async overview(now: number, running = false): Promise<Overview> {
    return overviewOf(this, running, now)
  }

  source(name: string): MemorySource {
    let source = this.sources.get(name)
    if (!source) this.sources.set(name, (source = emptySource(name, this.recentEvents)))
    return source
  }

  destination(name: string): MemoryDestination {
    const found = this.destinations.find(({ known }) => known.name === name)
    if (!found) throw new Error(`destination "${name}" is not registered`)
    return found
  }

  settled(destination: MemoryDestination, queue: Queue): Settled {
    return destination.queues.get(queue) ?? { position: destination.known.createdSeq, above: [] }
  }

  /** The page that holds an event. */
  pageOf(seq: Seq): MemoryPage {
    const found = this.pages.find((page) => seq >= page.firstSeq && seq < page.firstSeq + page.count)
    if (!found) throw new Error(`no page holds event ${seq}`)
    return found
  }
}

function emptySource(name: string, recentEvents: number): MemorySource {
  const counts = { pulled: 0, new: 0, duplicates: 0, conflicts: 0, quarantined: 0 }
  const kept = { cursors: new Map<string, Cursor>(), recent: new RecentEvents(recentEvents), quarantine: [] }
  const unread = {
    chain: CHAIN_START,
    lastEventAt: null,
    lastPull: null,
    rememberMs: 0,
    rememberFrom: Infinity,
    late: new Map(),
  }
  return { name, enabled: true, ...kept, ...unread, ...counts }
}
