// The machine form of `trace`. The names here are a promise to scripts: add, never rename. Times are RFC 3339 in UTC.
import { isoTime } from '../../runtime/clock.ts'
import type { HistoryEntry } from '../../store/dead-letters.ts'
import type { AttemptRecord } from '../../store/store.ts'
import type { TraceDestination, TracedEvent, TracedRead, TraceFate, TraceResult } from '../../store/trace.ts'
import { prettyJson } from '../dlq/pretty-json.ts'

/** As text: an event's own bytes are laid out, never read and written again. */
export function traceJson(eventId: string, { events, looked }: TraceResult, withEvent: boolean): string {
  const found = events.map((event) => eventJson(event, withEvent)).join(',')
  const where = looked.map(({ source, events: count, oldestAt }) => {
    return { source, events: count, oldest_page_at: oldestAt === null ? null : isoTime(oldestAt) }
  })
  return prettyJson(`{"event_id":${JSON.stringify(eventId)},"events":[${found}],"looked":${JSON.stringify(where)}}`)
}

function eventJson(event: TracedEvent, withEvent: boolean): string {
  const { source, seq, occurredAt, read, bytes, destinations } = event
  const known = JSON.stringify({
    event_id: event.eventId,
    source,
    seq,
    occurred_at: isoTime(occurredAt),
    bytes_kept: bytes !== null,
    read: read && readJson(read),
    destinations: destinations.map(destinationJson),
  })
  return withEvent ? `${known.slice(0, -1)},"event":${bytes ? Buffer.from(bytes).toString() : 'null'}}` : known
}

function readJson({ committedAt, lane, queue, window, from, to, pulled, duplicates, quarantined }: TracedRead) {
  return {
    committed_at: isoTime(committedAt),
    lane,
    queue,
    window,
    first_seq: from,
    new: to - from,
    pulled,
    duplicates,
    quarantined,
  }
}

function destinationJson({ name, state, filter, filterThen, fate, history, attempts }: TraceDestination) {
  return {
    name,
    state,
    fate: fate.kind,
    ...fateJson(fate),
    filter: filter === null ? null : (JSON.parse(filter) as unknown),
    filter_then: filterThen === null ? null : (JSON.parse(filterThen) as unknown),
    history: history.map(historyJson),
    attempts: attempts.map(attemptJson),
  }
}

function fateJson(fate: TraceFate): object {
  switch (fate.kind) {
    case 'unrouted':
      return { ahead: fate.ahead }
    case 'waiting':
      return { queue: fate.queue, ahead: fate.ahead }
    case 'retrying':
      return { spent_attempts: fate.attempts, next_at: isoTime(fate.nextAt) }
    case 'dead':
      return { cause: fate.cause, died_at: isoTime(fate.diedAt), provisional: fate.provisional }
    case 'settled':
      return { why: fate.why }
    default:
      return {}
  }
}

function historyJson({ at, attempts, code, text, status }: HistoryEntry) {
  return { at: isoTime(at), attempts, code, status: status ?? null, answer: text }
}

function attemptJson({ at, batchId, kind, events, durationMs, verdict, reason }: AttemptRecord) {
  return {
    at: isoTime(at),
    batch_id: batchId,
    kind,
    events,
    duration_ms: durationMs,
    verdict,
    code: reason?.code ?? null,
    status: reason?.status ?? null,
    answer: reason?.text ?? null,
  }
}
