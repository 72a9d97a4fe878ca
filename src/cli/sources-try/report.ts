// What a try found, with nothing secret left in it: everything that is shown is made from this.
import { SetupError, SourceError, WindowError, messageOf } from '../../model/errors.ts'
import { dateMs } from '../../runtime/retry-after.ts'
import type { FileSource } from '../../config/sources.ts'
import type { Window } from '../../sources/source.ts'
import { pathsIn } from './record-paths.ts'
import type { Recorded } from './recording-client.ts'
import { type Remark, remarksOf } from './remarks.ts'
import { type ShownRequest, shownRequest } from './shown-request.ts'
import { maskOf } from './secrets.ts'
import type { TextMask } from '../text-mask.ts'
import type { QuarantineGroup, Sighting } from './sighting.ts'
import type { Tried } from './try-source.ts'

export interface Report {
  readonly name: string
  readonly type: string
  readonly preset: string | null
  readonly mode: Tried['mode']
  readonly window: Window | null
  readonly windowNote: string
  readonly part: string
  readonly parts: readonly string[]
  /** What is to be added to our clock to have the source's, ms, to the second; null when the source did not say. */
  readonly clockOffMs: number | null
  readonly requests: readonly ShownRequest[]
  readonly pagesRead: number
  readonly sighting: Sighting
  readonly next: string | null
  readonly finished: boolean
  /** What ought to be looked at, the gravest first. */
  readonly remarks: readonly Remark[]
  readonly failure: Failure | null
  readonly startedAt: number
}

interface Failure {
  /** `setup`, `too_wide`, `expired`, `transient`, `limited`, `denied`, or `other`. */
  readonly kind: string
  readonly text: string
  /** The number of the request that was the last; 0 when it failed before the first. */
  readonly request: number
  /** How long the source wants to be left alone, where it said so. */
  readonly waitMs: number | null
  /** Where the source gave an answer that could not be used: the paths of its values. */
  readonly paths: readonly string[]
}

export function reportOf(source: FileSource, tried: Tried): Report {
  const { exchanges, error, stretch, sighting, next, options } = tried
  const mask = maskOf(source.secrets(), options, exchanges)
  const failure = error === undefined ? null : failureOf(error, exchanges, mask)
  const clear = clearSighting(sighting, (text) => mask.text(text))
  const clockOffMs = clockOff(tried)
  const facts = { ...tried, sighting: clear, clockOffMs }
  const notices = tried.notices.map(({ code, subject, text }) => ({
    code,
    text: mask.text(`${subject} ${text}`.trim()),
  }))
  return {
    name: source.name,
    type: source.type,
    preset: presetOf(options),
    mode: tried.mode,
    window: stretch?.window ?? null,
    windowNote: stretch?.note ?? '',
    part: mask.text(tried.part),
    parts: tried.parts.map((part) => mask.text(part)),
    clockOffMs,
    requests: exchanges.map((exchange) => shownRequest(exchange, mask)),
    pagesRead: tried.pagesRead,
    sighting: clear,
    next: next === null ? null : mask.text(next),
    finished: tried.finished,
    remarks: [...remarksOf(facts, source.type), ...notices],
    failure,
    startedAt: tried.startedAt,
  }
}

function failureOf(error: unknown, exchanges: readonly Recorded[], mask: TextMask): Failure {
  const waitMs = error instanceof SourceError ? (error.afterMs ?? null) : null
  const { request, reply } = exchanges.at(-1) ?? {}
  const isTaken = reply !== undefined && reply.status < 300 && !request?.elsewhere
  const paths = isTaken ? pathsIn(reply.start).map((path) => mask.text(path)) : []
  return { kind: kindOf(error), text: mask.text(messageOf(error)), request: exchanges.length, waitMs, paths }
}

function kindOf(error: unknown): string {
  if (error instanceof SetupError) return 'setup'
  return error instanceof SourceError || error instanceof WindowError ? error.kind : 'other'
}

function clearSighting(sighting: Sighting, clear: (text: string) => string): Sighting {
  const { conflicting } = sighting
  return {
    ...sighting,
    quarantined: sighting.quarantined.map((group): QuarantineGroup => ({
      ...group,
      detail: clear(group.detail),
      place: clear(group.place),
      paths: group.paths.map(clear),
    })),
    conflicting: { ...conflicting, firstId: clear(conflicting.firstId) },
    types: sighting.types.map(([type, count]) => [clear(type), count]),
    shown: sighting.shown.map(clear),
  }
}

/** By the last answer of the source itself. */
function clockOff({ exchanges }: Tried): number | null {
  const own = exchanges.findLast(({ request, reply }) => reply && !request.elsewhere && request.given === undefined)
  const date = dateMs(own?.reply?.headers['date']?.trim() ?? '')
  if (Number.isNaN(date)) return null
  const off = date - (own?.reply?.at ?? 0)
  // The header is cut to the second.
  return off < 0 && off > -1500 ? 0 : Math.round(off / 1000) * 1000
}

function presetOf(options: unknown): string | null {
  const { preset } = (options ?? {}) as { preset?: unknown }
  return typeof preset === 'string' ? preset : null
}
