// The machine forms of dead letters. The names here are a promise to scripts: add, never rename. Times are RFC 3339 in UTC.
import { eventBytes } from '../../model/page.ts'
import { isoTime } from '../../runtime/clock.ts'
import type { DeadLetter, DeadLetterGroup } from '../../store/dead-letters.ts'
import type { Asked, StoredRequest } from '../../store/requests.ts'
import { waitingOf } from './counts.ts'

/** What is known of a letter, without its event. */
export function letterJson(letter: Omit<DeadLetter, 'page'>) {
  return {
    event_id: letter.eventId,
    event_type: letter.eventType,
    destination: letter.destination,
    source: letter.source,
    cause: letter.cause,
    code: letter.reason.code,
    status: letter.reason.status ?? null,
    answer: letter.reason.text,
    attempts: letter.attempts,
    first_attempted_at: isoTime(letter.firstAttemptedAt),
    died_at: isoTime(letter.diedAt),
    provisional: letter.provisional,
    history: letter.history.map(({ at, attempts, code, status, text }) => ({
      at: isoTime(at),
      attempts,
      code,
      status: status ?? null,
      answer: text,
    })),
  }
}

/** The same and, as `event`, the event's own bytes: nothing in them is read and written again. One line of JSON. */
export function letterWithEvent(letter: DeadLetter): string {
  const known = JSON.stringify(letterJson(letter))
  return `${known.slice(0, -1)},"event":${eventText(letter)}}`
}

/** The event's JSON as it is kept. */
export function eventText({ page }: Pick<DeadLetter, 'page'>): string {
  return Buffer.from(eventBytes(page, 0)).toString()
}

export function groupJson(group: DeadLetterGroup) {
  return {
    destination: group.destination,
    cause: group.cause,
    code: group.code,
    letters: group.letters,
    provisional: group.provisional,
    status: group.reason.status ?? null,
    answer: group.reason.text,
    event_type: group.eventType,
    oldest_died_at: isoTime(group.oldestAt),
    newest_died_at: isoTime(group.newestAt),
  }
}

/** Which destinations a replay or a purge is about, where copies go, and the time that it covers. */
function meantBy(asked: Asked) {
  const destinations = 'letters' in asked ? asked.letters.map(({ destination }) => destination) : []
  if (asked.kind !== 'replay_events')
    return { destinations, copies_to: asked.kind === 'replay_dead_letters' ? asked.to : null, period: null }
  const period = { from: isoTime(asked.from), to: isoTime(asked.to) }
  return { destinations: [asked.destination], copies_to: null, period }
}

/** A replay or a purge, under way or ended. */
export function requestJson({ id, at, by, asked, state, counts, text, finishedAt }: StoredRequest) {
  return {
    id,
    kind: asked.kind,
    ...meantBy(asked),
    at: isoTime(at),
    by,
    state,
    counts: { ...counts, waiting: waitingOf(counts) },
    text,
    finished_at: finishedAt === null ? null : isoTime(finishedAt),
  }
}
