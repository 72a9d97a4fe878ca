// Everything that works on an opened state, made once over the one connection that writes.
import type { Database } from 'better-sqlite3'
import type { Elapsed } from '../elapsed.ts'
import type { StateIdentity, StoreBounds } from '../store.ts'
import { Attempts } from './attempts.ts'
import { Buffers } from './buffers.ts'
import { Committing } from './committing.ts'
import { Controlling } from './controlling.ts'
import { Definitions } from './definitions.ts'
import { Destinations } from './destinations.ts'
import { Exceptions } from './exceptions.ts'
import { Held } from './held.ts'
import { Expiring } from './expiring.ts'
import { Late } from './late.ts'
import { LateEvents } from './late-events.ts'
import type { StateLock } from './lock.ts'
import { Overviews } from './overviews.ts'
import { Notices } from './notices.ts'
import { PageCache } from './page-cache.ts'
import { PageSpans } from './page-spans.ts'
import { Pages } from './pages.ts'
import { Pruning } from './pruning.ts'
import { QuarantineRows } from './quarantine-rows.ts'
import { Recents } from './recents.ts'
import { Replaying } from './replaying.ts'
import { Retaking } from './retaking.ts'
import { RequestRows } from './request-rows.ts'
import type { Reserve } from './reserve.ts'
import { RoomBound } from './room-bound.ts'
import { RoutingRows } from './routing.ts'
import { Settling } from './settling.ts'
import { Sources } from './sources.ts'
import { StateRow } from './state-row.ts'
import { Trimming } from './trimming.ts'
import { WindowKeys } from './window-keys.ts'

const cacheBytes = 8 * 1024 * 1024

/** Everything that opening a state has made ready. */
export interface OpenedState {
  readonly path: string
  readonly db: Database
  readonly lock: StateLock
  readonly reserve: Reserve
  readonly elapsed: Elapsed
  readonly bounds: StoreBounds
  readonly generation: number
  readonly identity: StateIdentity
}

/** What is kept, table by table. */
interface Rows {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly definitions: Definitions
  readonly routing: RoutingRows
  readonly pages: Pages
  readonly spans: PageSpans
  readonly recents: Recents
  readonly windows: WindowKeys
  readonly quarantine: QuarantineRows
  readonly lateEvents: LateEvents
  readonly exceptions: Exceptions
  readonly attempts: Attempts
  readonly notices: Notices
  readonly requests: RequestRows
  readonly buffers: Buffers
  readonly held: Held
}

/** What is kept, and what is done with it. */
export interface Tables extends Rows {
  readonly committing: Committing
  readonly settling: Settling
  readonly late: Late
  readonly pruning: Pruning
  readonly bound: RoomBound
  readonly overviews: Overviews
  readonly controlling: Controlling
  readonly replaying: Replaying
  readonly retaking: Retaking
  readonly expiring: Expiring
  readonly trimming: Trimming
}

export function openTables({ db, path, reserve, bounds, identity }: OpenedState): Tables {
  const rows = rowsOf(db, bounds)
  const { held } = rows
  return {
    ...rows,
    committing: new Committing(identity.secret, rows),
    settling: new Settling(rows),
    late: new Late(db, rows),
    pruning: new Pruning(db, rows, bounds.recentEvents),
    bound: new RoomBound(db, path, { maxBytes: bounds.maxBytes, reserve, held }),
    overviews: new Overviews(db),
    controlling: new Controlling(db, rows),
    replaying: new Replaying(db, rows),
    retaking: new Retaking(db, rows),
    expiring: new Expiring(db, rows),
    trimming: new Trimming(db, rows),
  }
}

function rowsOf(db: Database, bounds: StoreBounds): Rows {
  const sources = new Sources(db)
  const destinations = new Destinations(db)
  const routing = new RoutingRows(db)
  const pages = new Pages(db, new PageCache(cacheBytes))
  const notices = new Notices(db)
  const spans = new PageSpans(db)
  return {
    state: new StateRow(db),
    sources,
    destinations,
    definitions: new Definitions(db),
    routing,
    pages,
    recents: new Recents(db, bounds.recentEvents),
    spans,
    windows: new WindowKeys(spans, bounds),
    quarantine: new QuarantineRows(db),
    lateEvents: new LateEvents(db),
    exceptions: new Exceptions(db, pages, routing),
    attempts: new Attempts(db),
    notices,
    requests: new RequestRows(db, notices),
    buffers: new Buffers(db, { destinations, routing }),
    held: new Held(db, { sources, destinations, routing }),
  }
}
