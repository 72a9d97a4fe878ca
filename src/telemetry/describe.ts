// Words for each kind of telemetry event: level, whom it is about, one sentence, and the fields of its JSON line.
// Pure; what is said how often is `log.ts`'s business.
import type { TelemetryEvent } from './events.ts'
import { counted, countText, durationText, sizeText } from './units.ts'

/** From quiet to loud. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** One line of the log before it has a time and a form. */
export interface LogRecord {
  readonly level: LogLevel
  /** The type of the telemetry event, or `delivering`, `reading`, `repeated`, `pull_recovered` for what the log itself concludes. */
  readonly type: string
  /** Name of the source or destination; empty for the relay as a whole. */
  readonly subject: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

type Wording = readonly [LogLevel, string]
type EventOf<Type> = Extract<TelemetryEvent, { readonly type: Type }>
type Wordings = { readonly [Type in TelemetryEvent['type']]: (event: EventOf<Type>) => Wording }

const wordings: Wordings = {
  relay_started: (e) => [
    'info',
    `audit-relay ${e.version} runs (pid ${e.pid}), state ${e.state}, configuration ${e.config}`,
  ],
  state_made: (e) => [
    'info',
    `made a new state, ${e.state}: nothing was there. If there ought to be one, stop at once and look whether its volume is mounted`,
  ],
  request_taken: (e) => ['info', `request ${e.request} of ${e.by}: ${e.asked}`],
  request_ended: (e) => [e.ok ? 'info' : 'warning', `request ${e.request}: ${e.ok ? '' : 'failed: '}${e.text}`],
  relay_stopping: (e) => ['info', `stopping: ${e.why}`],
  relay_stopped: () => ['info', 'stopped; everything is saved'],
  imbalance: (e) => ['error', `does not balance: ${e.text}; "audit-relay check" recomputes it from what is kept`],
  state_full: (e) => ['error', `${e.text}; reading waits until there is room`],
  state_has_room: () => ['info', 'there is room again; reading goes on'],
  pruned: (e) => ['debug', `removed ${counted(e.pages, 'settled page')}`],
  config_warning: (e) => ['warning', `${e.file}:${e.line}: ${e.text}`],
  config_changed_on_disk: (e) => [e.valid ? 'warning' : 'error', e.text],

  page_committed: (e) => [
    'debug',
    `read ${counted(e.events, 'new event')}, ${e.duplicates} seen before, ${e.quarantined} quarantined`,
  ],
  pull_finished: (e) => ['debug', `pull finished with ${counted(e.events, 'new event')}`],
  pull_lasts: () => ['debug', 'reads on'],
  pull_failed: (e) => [
    e.kind === 'denied' ? 'error' : 'warning',
    `cannot be read: ${e.text}; next try in ${durationText(e.nextInMs)}`,
  ],
  pull_put_off: (e) => ['warning', `is not read: asked to wait until ${e.until.slice(0, 19)}Z, last error: ${e.text}`],
  source_notice: (e) => [e.level, e.text],
  left_over: leftOverWording,
  conflict: (e) => [
    'debug',
    `${e.eventId} came again with other content; both are kept, the new one as ${e.newEventId}`,
  ],

  attempt: attemptWording,
  settled: (e) => ['debug', `settled ${counted(e.delivered, 'delivered event')}`],
  health_changed: healthWording,
  outage_lasts: outageWording,
  set_aside: (e) => [
    'warning',
    `${counted(e.events, 'event')} set aside, next attempt in ${durationText(e.nextInMs)}: ${e.reason.text}`,
  ],
  died: (e) => [
    'error',
    `${e.events === 1 ? '1 event became a dead letter' : `${countText(e.events)} events became dead letters`} (${e.cause}): ${e.reason.text}`,
  ],
  dropped: (e) => [
    'warning',
    `${counted(e.events, 'event')} dropped (${e.cause}), counted and announced: ${e.reason.text}`,
  ],
  remarked: (e) => ['warning', `${counted(e.events, 'event')} delivered, but ${e.reason.text}`],
  exhumed: (e) => ['warning', `${counted(e.events, 'refused event')} went back to waiting: ${e.reason.text}`],
  dead_letters_expiring: (e) => [
    'warning',
    `${counted(e.letters, 'dead letter')} will be purged in 24h at the earliest; "audit-relay dlq export --destination ${e.destination}" keeps a copy, "dlq replay" delivers them again`,
  ],
  dead_letters_purged: (e) => [
    'warning',
    `${counted(e.letters, 'dead letter')} purged, kept long enough and announced a day before; they count as dropped`,
  ],
  idle: () => ['debug', 'nothing waits'],
  source_changed: (e) => sourceChanges[e.change],
  destination_changed: (e) => destinationChanges[e.change] ?? ['info', e.change],
}

/** The record of one event. */
export function describe(event: TelemetryEvent): LogRecord {
  const { type, ...fields } = event
  // The table's type promises the right function for each type; TypeScript cannot follow it through the index.
  const [level, text] = (wordings[type] as (event: TelemetryEvent) => Wording)(event)
  return { level, type, subject: subjectOf(event), text, fields }
}

function subjectOf(event: TelemetryEvent): string {
  if ('destination' in event) return event.destination
  return 'source' in event ? event.source : ''
}

/** What an attempt came to. */
const verdictWords = {
  delivered: 'delivered',
  retry: 'not delivered, to be tried again',
  reject: 'refused',
  halt: 'not taken because of the set-up',
  mixed: 'delivered in part',
} as const

function attemptWording(event: EventOf<'attempt'>): Wording {
  const what = `${counted(event.events, 'event')} ${verdictWords[event.verdict]}`
  const how = `(${event.kind}, ${sizeText(event.bytes)}, ${durationText(event.durationMs)})`
  const why = event.reason ? `: ${event.reason.text}` : ''
  if (isFailedTrial(event)) return ['debug', `${what} ${how}${why}`]
  if (event.verdict !== 'delivered') return ['warning', `${what} ${how}${why}`]
  // A delivered trial is news: the destination is back. A delivered attempt is the normal state of things.
  return [event.kind === 'trial' ? 'info' : 'debug', `${what} ${how}`]
}

/** Each destination by name: which one holds something back is what a person wants to know. */
function leftOverWording({ destinations, died }: EventOf<'left_over'>): Wording {
  const left = destinations.map(({ name, waiting, retrying }) => {
    const parts = [
      ...(waiting > 0 ? [`${countText(waiting)} waiting`] : []),
      ...(retrying > 0 ? [`${countText(retrying)} retrying`] : []),
    ]
    return `${name} has ${parts.join(' and ')}`
  })
  const dead = died > 0 ? [`${counted(died, 'event')} died ("audit-relay dlq stats" says why)`] : []
  const all = [...left, ...dead]
  const what = all.length === 0 ? 'what was asked for or read is not through' : all.join('; ')
  const next = left.length === 0 && dead.length > 0 ? '' : '; the next run goes on with it'
  return ['warning', `ended with something left: ${what}${next}`]
}

/** It only finds out that what was said when the outage began still holds. */
function isFailedTrial({ kind, verdict }: EventOf<'attempt'>): boolean {
  return kind === 'trial' && verdict !== 'delivered' && verdict !== 'mixed'
}

function healthWording(event: EventOf<'health_changed'>): Wording {
  if (event.to === 'closed') return ['info', 'takes events again']
  const why = event.reason ? `: ${event.reason.text}` : ''
  const next = `events wait, next trial in ${durationText(event.nextTrialInMs)}`
  return event.to === 'halted' ? ['error', `halted, ${next}${why}`] : ['warning', `fails, ${next}${why}`]
}

function outageWording(event: EventOf<'outage_lasts'>): Wording {
  const halted = event.state === 'halted'
  const what = `${halted ? 'still halted' : 'still fails'}, for ${durationText(event.lastsMs)} now`
  const why = event.reason ? `: ${event.reason.text}` : ''
  return [halted ? 'error' : 'warning', `${what}; ${counted(event.waiting, 'event')} kept for it${why}`]
}

const sourceChanges: Readonly<Record<EventOf<'source_changed'>['change'], Wording>> = {
  new: ['info', 'new source; it is read from where the file says'],
  returned: ['info', 'is back in the configuration; it is read on from where it was'],
  left: [
    'warning',
    'is no longer in the configuration: it is not read. Under another name it would be read again from the beginning',
  ],
}

const destinationChanges: Readonly<Record<string, Wording>> = {
  unchanged: ['debug', 'as before'],
  created: ['info', 'new destination'],
  updated: ['info', 'configuration changed; it goes on where it stopped'],
  renamed: ['info', 'goes on under its new name'],
  returned: ['info', 'is back in the configuration and goes on where it stopped'],
  parked: ['warning', 'is no longer in the configuration: parked with what it has until it returns'],
}
