// Facts that must be audited. Each is written in the transaction that makes it a fact, and carried later into the relay's own audit
// events, which travel like any other. Pure; both stores use it.
import type { Registration } from './registration.ts'
import type { Reason } from '../model/verdict.ts'
import type { PullRecord } from './overview.ts'

/** The built-in source of the relay's own events. */
export const RELAY_SOURCE = 'relay'

/** Carried notices that are kept to look at. */
export const KEPT_NOTICES = 10_000

/** What an event is called: `audit.stream_` and this. A closed set; names do not change. */
export type NoticeKind =
  | 'destination_created'
  | 'destination_updated'
  | 'destination_enabled'
  | 'destination_disabled'
  | 'destination_deleted'
  | 'source_enabled'
  | 'source_disabled'
  | 'source_gap'
  | 'event_conflict'
  | 'event_failed'
  | 'event_delivered'
  | 'buffer_full'
  | 'dead_letters_expiring'
  | 'dead_letters_purged'
  | 'dead_letters_replayed'
  | 'events_replayed'
  | 'backfill_started'
  | 'backfill_ended'
  | 'source_reset'

/** The type of the event that a notice becomes. */
export function eventTypeOf(kind: NoticeKind): string {
  return `audit.stream_${kind}`
}

/** The id of that event. `instance`: of the state, so that the events of two relays never share an id. */
export function ownEventId({ id }: Pick<Notice, 'id'>, instance: string): string {
  return `relay-${instance}-${id}`
}

export interface NewNotice {
  readonly kind: NoticeKind
  /** The destinations that it is about: it is never routed to them. */
  readonly destinations: readonly string[]
  readonly source: string | null
  /** The operating-system user who asked for it; null when nobody did. */
  readonly by: string | null
  readonly outcome: 'success' | 'failure'
  /** How many events it is about; 1 for what is about none. */
  readonly count: number
  /** Notices of one kind about the same, with the same cause and within one minute become one, with the sum of the counts; null: never. */
  readonly cause: string | null
  /** More of it, for the event's `data`. Never a secret, never an event's content. */
  readonly data: Readonly<Record<string, NoticeValue>>
}

export type NoticeValue = string | number | boolean | null | readonly string[]

export interface Notice extends NewNotice {
  readonly id: number
  /** When the first of it happened, ms. */
  readonly at: number
  /** It has become an event. */
  readonly carried: boolean
}

export interface NoticeVerbs {
  /** Writes down what is no part of another verb. */
  note(notices: readonly NewNotice[], now: number): Promise<void>
  /** Notices that are not carried and to which nothing more is added, oldest first. `commitPage` carries them. */
  waitingNotices(now: number, limit: number): Promise<readonly Notice[]>
}

/** How long a notice that may grow waits before it is carried, ms. */
const growsForMs = 60_000

/** From when on nothing is added to a notice. */
export function ripeAt({ cause }: NewNotice, now: number): number {
  return cause === null ? now : now + growsForMs
}

/** What a registration has to say; nothing when nothing changed. */
export function noticesOfRegistration({ next, change, previousName }: Registration): readonly NewNotice[] {
  const kind = registrationKinds[change]
  if (kind === null) return []
  const data = { destination: next.name, type: next.type, change, ...(previousName !== null && { was: previousName }) }
  return [about(kind, { destinations: [next.name], data })]
}

const registrationKinds: Readonly<Record<Registration['change'], NoticeKind | null>> = {
  created: 'destination_created',
  updated: 'destination_updated',
  renamed: 'destination_updated',
  returned: 'destination_updated',
  enabled: 'destination_enabled',
  disabled: 'destination_disabled',
  parked: 'destination_deleted',
  unchanged: null,
}

/** An event that waits for a person from now on, for good. */
export interface Death {
  readonly source: string
  readonly cause: string
  readonly reason: Reason
}

/** One for each cause and answer. What becomes of the relay's own events is no news, or each failure would make another. */
export function noticesOfDeaths(destination: string, deaths: readonly Death[]): readonly NewNotice[] {
  const alike = new Map<string, { readonly death: Death; count: number }>()
  for (const death of deaths) {
    if (death.source === RELAY_SOURCE) continue
    const key = `${death.cause} ${death.reason.code}`
    const known = alike.get(key)
    if (known) known.count++
    else alike.set(key, { death, count: 1 })
  }
  return [...alike].map(([key, { death, count }]) => {
    const { cause, reason } = death
    const data = { destination, cause, ...answerOf(reason) }
    return about('event_failed', { outcome: 'failure', destinations: [destination], count, cause: key, data })
  })
}

/** An answer as it stands in `data`. */
export function answerOf({ code, text, status }: Reason): Readonly<Record<string, NoticeValue>> {
  return { code, reason: text, ...(status !== undefined && { status }) }
}

/** Events that came again under the same id with other content, each kept under an id of its own. */
export function noticesOfConflicts(
  source: string,
  conflicts: readonly { readonly eventId: string; readonly newEventId: string }[],
): readonly NewNotice[] {
  const [first] = conflicts
  if (!first) return []
  const data = { source, event_id: first.eventId, new_event_id: first.newEventId }
  return [
    about('event_conflict', { outcome: 'failure', source, count: conflicts.length, cause: 'event_conflict', data }),
  ]
}

/** By these words a source says that records are lost, and not only that they may be. */
const gapCodes: ReadonlySet<string> = new Set(['file_lost'])

/** What a pull says is lost and the one before did not say. */
export function noticesOfGaps(source: string, pull: PullRecord, before: PullRecord | null): readonly NewNotice[] {
  const said = new Set(before?.notices.map((notice) => JSON.stringify(notice)))
  return pull.notices
    .filter((notice) => gapCodes.has(notice.code) && !said.has(JSON.stringify(notice)))
    .map(({ code, subject, text }) =>
      about('source_gap', { outcome: 'failure', source, data: { source, code, subject, reason: text } }),
    )
}

const nothing = {
  destinations: [],
  source: null,
  by: null,
  outcome: 'success',
  count: 1,
  cause: null,
  data: {},
} as const

/** A notice; what is left out is about nobody, a success, and never grows. */
export function about(kind: NoticeKind, more: Partial<Omit<NewNotice, 'kind'>>): NewNotice {
  return { ...nothing, kind, ...more }
}
