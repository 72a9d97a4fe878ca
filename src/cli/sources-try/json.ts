// The machine form of `sources try`. The names here are a promise to scripts: add, never rename. Times are RFC 3339 in UTC.
import { isoTime } from '../../runtime/clock.ts'
import type { Report } from './report.ts'
import type { ShownRequest } from './shown-request.ts'

/** One JSON text; events are put in as they are, so that a number keeps every digit. */
export function reportJson(report: Report, next: string, showBody: boolean): string {
  const { sighting, window, failure } = report
  const known = JSON.stringify({
    at: isoTime(report.startedAt),
    ok: failure === null,
    source: { name: report.name, type: report.type, preset: report.preset },
    mode: report.mode,
    part: report.part,
    parts: report.parts,
    window: window && { from: timeOf(window.from), to: timeOf(window.to), note: report.windowNote },
    clock_off_seconds: report.clockOffMs === null ? null : report.clockOffMs / 1000,
    requests: report.requests.map((request) => requestJson(request, showBody)),
    pages: report.pagesRead,
    finished: report.finished,
    next_cursor: report.next,
    records: sighting.records,
    events: sighting.events,
    quarantined: sighting.quarantined.map((group) => ({ ...group })),
    repeated: sighting.repeated,
    ids_not_unique: sighting.conflicting.count,
    outside_window: sighting.outside?.count ?? 0,
    event_types: sighting.types.map(([type, count]) => ({ event_type: type, events: count })),
    outcomes: sighting.outcomes,
    fields: Object.fromEntries(sighting.fields),
    first_event_at: timeOf(sighting.firstMs),
    last_event_at: timeOf(sighting.lastMs),
    remarks: report.remarks,
    error: failure && {
      kind: failure.kind,
      text: failure.text,
      request: failure.request,
      wait_seconds: failure.waitMs === null ? null : failure.waitMs / 1000,
    },
    next_step: next,
  })
  return `${known.slice(0, -1)},"shown_events":[${sighting.shown.map(eventJson).join(',')}]}`
}

/** A number that was a secret leaves no JSON behind: then it is a text. */
function eventJson(event: string): string {
  try {
    JSON.parse(event)
    return event
  } catch {
    return JSON.stringify(event)
  }
}

function requestJson({ method, url, headers, body, tookMs, answer, failure }: ShownRequest, showBody: boolean): object {
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: body === '' ? null : body,
    took_ms: Math.round(tookMs),
    answer: answer && {
      status: answer.status,
      bytes: answer.bytes,
      truncated: answer.truncated,
      headers: Object.fromEntries(answer.headers),
      ...(showBody && { body: answer.body }),
    },
    failure: failure === '' ? null : failure,
  }
}

/** Null also where a time is beyond every calendar. */
function timeOf(ms: number | null): string | null {
  return ms === null || Math.abs(ms) > 8.64e15 ? null : isoTime(ms)
}
