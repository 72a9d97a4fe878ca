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
import type { StateLock } from './lock.ts'
import { Overviews } from './overviews.ts'
import { Notices } from './notices.ts'
import { PageCache } from './page-cache.ts'
import { Pages } from './pages.ts'
import { Pruning } from './pruning.ts'
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

export interface Tables {
  readonly state: StateRow
  readonly sources: Sources
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly pages: Pages
  readonly exceptions: Exceptions
  readonly recents: Recents
  readonly committing: Committing
  readonly settling: Settling
  readonly held: Held
  readonly late: Late
  readonly pruning: Pruning
  readonly bound: RoomBound
  readonly buffers: Buffers
  readonly overviews: Overviews
  readonly requests: RequestRows
  readonly controlling: Controlling
  readonly replaying: Replaying
  readonly retaking: Retaking
  readonly notices: Notices
  readonly expiring: Expiring
  readonly trimming: Trimming
}

export function openTables({ db, path, reserve, bounds, identity }: OpenedState): Tables {
  const state = new StateRow(db)
  const sources = new Sources(db)
  const destinations = new Destinations(db)
  const routing = new RoutingRows(db)
  const pages = new Pages(db, new PageCache(cacheBytes))
  const recents = new Recents(db)
  const exceptions = new Exceptions(db, pages, routing)
  const notices = new Notices(db)
  const requests = new RequestRows(db, notices)
  const buffers = new Buffers(db, { destinations, routing })
  const held = new Held(db, { sources, destinations, routing })
  return {
    state,
    sources,
    destinations,
    routing,
    pages,
    recents,
    exceptions,
    held,
    late: new Late(db, {
      sources,
      destinations,
      pages,
      routing,
      exceptions,
      held,
      buffers,
      definitions: new Definitions(db),
    }),
    committing: new Committing(db, identity.secret, { state, sources, destinations, pages, routing, recents, notices }),
    settling: new Settling({
      sources,
      destinations,
      routing,
      exceptions,
      attempts: new Attempts(db),
      requests,
      notices,
    }),
    pruning: new Pruning(db, { state, sources, destinations, held }),
    bound: new RoomBound(db, path, { maxBytes: bounds.maxBytes, reserve, held }),
    overviews: new Overviews(db),
    buffers,
    requests,
    controlling: new Controlling(db, { state, sources, destinations, routing, requests }),
    replaying: new Replaying(db, { destinations, routing, requests }),
    retaking: new Retaking(db, { destinations, routing, exceptions, requests, held }),
    notices,
    expiring: new Expiring(db, { destinations, notices }),
    trimming: new Trimming(db, { sources, destinations, routing, pages, exceptions, requests, notices, buffers }),
  }
}
