// Which of the relay's audit records a command means, and looking for them: a stretch at a time, newest first.
import { matchesGlob } from '../../model/glob.ts'
import { eventTypeOf, type Notice } from '../../store/notices.ts'
import type { StoreReader } from '../../store/store.ts'

export interface AuditQuery {
  /** At most so many, the newest. */
  readonly limit: number
  /** A glob on the type of the event, with or without `audit.stream_`. */
  readonly type?: string
  /** Only what is about this destination. */
  readonly destination?: string
  /** Only what happened since then, ms. */
  readonly since?: number
}

export interface FoundRecords {
  /** Oldest first. */
  readonly records: readonly Notice[]
  /** There are older ones that match. */
  readonly more: boolean
}

/** Records of one look at the state. */
const stretch = 500

export async function findRecords(reader: Pick<StoreReader, 'notices'>, query: AuditQuery): Promise<FoundRecords> {
  const found: Notice[] = []
  for (let before: number | undefined; found.length <= query.limit;) {
    const read = await reader.notices(stretch, before)
    // A clock that went back leaves older times behind newer ones: only the end of the records ends the search.
    found.push(...read.filter((notice) => matches(notice, query)))
    before = read.at(-1)?.id
    if (before === undefined) break
  }
  return { records: found.slice(0, query.limit).reverse(), more: found.length > query.limit }
}

function matches({ kind, destinations, at }: Notice, { type, destination, since }: AuditQuery): boolean {
  if (type !== undefined && !matchesGlob(type, kind) && !matchesGlob(type, eventTypeOf(kind))) return false
  if (destination !== undefined && !destinations.includes(destination)) return false
  return since === undefined || at >= since
}
