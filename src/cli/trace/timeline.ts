// What was tried with an event at one destination, oldest first: requests of the attempt log, and what is kept of its history.
import { isoTime } from '../../runtime/clock.ts'
import type { HistoryEntry } from '../../store/dead-letters.ts'
import type { AttemptRecord } from '../../store/store.ts'
import type { TraceDestination } from '../../store/trace.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import { besideName, wrap } from '../text-width.ts'
import { room, type TraceView } from './view.ts'

/** More lines than this tell nothing new. */
const mostLines = 40
/** A request and what was written down of its outcome lie this close together. */
const sameMs = 60_000
const indent = 4
const column = indent + 26

export function timeLines({ attempts, history }: TraceDestination, view: TraceView): readonly string[] {
  const kept = history.filter((entry) => !attempts.some((attempt) => tells(attempt, entry)))
  const moments = [
    ...attempts.map((attempt) => ({ at: attempt.at, text: attemptText(attempt), verdict: attempt.verdict })),
    ...kept.map((entry) => ({ at: entry.at, text: historyText(entry), verdict: 'retry' as const })),
  ].sort((a, b) => a.at - b.at)
  const left = moments.length - mostLines
  const shown = left > 0 ? moments.slice(left) : moments
  const lines = shown.flatMap(({ at, text, verdict }) => {
    const beside = besideName(' '.repeat(indent) + isoTime(at), wrap(printable(text), room(view, column)), column)
    return verdict === 'delivered' ? beside : beside.map((line) => view.paint.warning(line))
  })
  return left > 0 ? [`${' '.repeat(indent)}… ${counted(left, 'earlier attempt')}: see --json`, ...lines] : lines
}

/** Whether the log of attempts tells what the history tells. */
function tells({ at, reason }: AttemptRecord, entry: HistoryEntry): boolean {
  return reason?.code === entry.code && Math.abs(entry.at - at) <= sameMs
}

function attemptText({ kind, events, durationMs, verdict, reason }: AttemptRecord): string {
  const what = `${kind} with ${counted(events, 'event')}: `
  const status = reason?.status === undefined ? '' : ` (HTTP ${reason.status})`
  const why = reason ? `, ${reason.code}${status}: "${reason.text}"` : ''
  return `${what}${verdict}, ${durationText(durationMs)}${why}`
}

function historyText({ attempts, code, text }: HistoryEntry): string {
  return `attempt ${attempts}: ${code}: "${text}"`
}
