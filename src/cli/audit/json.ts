// The machine form of audit records. The names here are a promise to scripts: add, never rename. Times are RFC 3339 in UTC.
import { isoTime } from '../../runtime/clock.ts'
import { eventTypeOf, type Notice, ownEventId } from '../../store/notices.ts'

export function recordJson(notice: Notice, instance: string) {
  const { id, at, kind, outcome, by, count, source, destinations, data, carried } = notice
  const event = { event_id: ownEventId(notice, instance), event_type: eventTypeOf(kind) }
  return { id, at: isoTime(at), ...event, outcome, by, count, source, destinations, data, carried }
}
