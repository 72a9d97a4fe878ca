// The body of a search for events (AdminService.ListEvents), made of a stretch of time and the operator's filters.
import { microText } from './micros.ts'

/** Only such events; what is left out lets all pass. ZITADEL takes whole names, no patterns. */
export interface EventFilter {
  readonly eventTypes: readonly string[]
  readonly aggregateTypes: readonly string[]
  readonly aggregateId: string | undefined
  readonly resourceOwner: string | undefined
  readonly editor: string | undefined
}

/** Creation dates, `[from, to)`, microseconds since the epoch. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/**
 * ZITADEL leaves out both bounds of a range (`created_at > since AND created_at < until`, internal/eventstore), lists newest first
 * unless told otherwise, and answers with at most 1,000 events whatever is asked for (internal/api/grpc/admin/event.go).
 */
export function searchOf(filter: EventFilter, stretch: Stretch, limit: number): Uint8Array {
  const range = { since: microText(stretch.from - 1), until: microText(stretch.to) }
  return Buffer.from(JSON.stringify({ asc: true, limit, range, ...filterOf(filter) }))
}

/** The newest event of all, to find out whether we may look at all. */
export function newestOf(filter: EventFilter): Uint8Array {
  return Buffer.from(JSON.stringify({ asc: false, limit: 1, ...filterOf(filter) }))
}

function filterOf({ eventTypes, aggregateTypes, aggregateId, resourceOwner, editor }: EventFilter): object {
  return {
    ...(eventTypes.length > 0 && { event_types: eventTypes }),
    ...(aggregateTypes.length > 0 && { aggregate_types: aggregateTypes }),
    ...(aggregateId !== undefined && { aggregate_id: aggregateId }),
    ...(resourceOwner !== undefined && { resource_owner: resourceOwner }),
    ...(editor !== undefined && { editor_user_id: editor }),
  }
}
