// The human form of `trace`: how an event came, then each destination with its fate and what was tried.
import { isoTime } from '../../runtime/clock.ts'
import type { TraceDestination, TracedEvent } from '../../store/trace.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, countText, durationText } from '../../telemetry/units.ts'
import { prettyJson } from '../dlq/pretty-json.ts'
import type { Paint } from '../paint.ts'
import { besideName, cut, wrap } from '../text-width.ts'
import { timeLines } from './timeline.ts'
import { room, type TraceView } from './view.ts'
import { FATE_WORDS, fateText, isAbout } from './words.ts'

/** More of an event than this is for `--json`. */
const mostEventLines = 200
const mostLineColumns = 2000
const factsColumn = 12

/** The lines of one event. */
export function traceLines(event: TracedEvent, view: TraceView): readonly string[] {
  const { paint } = view
  return [
    paint.strong(printable(`${event.eventId} from ${event.source}`)),
    ...readLines(event, view),
    '',
    paint.strong('DESTINATIONS'),
    ...(event.destinations.length === 0
      ? [paint.faint('  none is known yet')]
      : event.destinations.flatMap((one) => destinationLines(one, event, view))),
    ...(view.event ? ['', paint.strong('EVENT'), ...eventLines(event, paint)] : []),
  ]
}

function readLines({ occurredAt, seq, read }: TracedEvent, view: TraceView): readonly string[] {
  const facts: (readonly [string, string])[] = [['occurred', isoTime(occurredAt)]]
  if (read === null)
    facts.push([
      'read',
      `event ${countText(seq)} of the state; its page is gone, so how it was read is not known any more`,
    ])
  else {
    const { committedAt, lane, window, from, to, pulled, duplicates, quarantined } = read
    const late = committedAt - occurredAt
    const after = late > 0 ? `, ${durationText(late)} after it occurred` : ''
    facts.push(['read', `${isoTime(committedAt)}${after}, in the lane ${lane}`])
    if (window) facts.push(['window', `${window.from} to ${window.to}`])
    const others = [
      ...(duplicates > 0 ? [`${counted(duplicates, 'duplicate')}`] : []),
      ...(quarantined > 0 ? [`${countText(quarantined)} quarantined`] : []),
    ]
    const counts = [`${countText(to - from)} new`, ...others].join(', ')
    facts.push([
      'page',
      `events ${countText(from)} to ${countText(to - 1)} of the state, this is ${countText(seq)}; the read returned ${counted(pulled, 'record')}: ${counts}`,
    ])
  }
  return facts.flatMap(([name, text]) =>
    besideName(`  ${name}`, wrap(printable(text), room(view, factsColumn)), factsColumn).map((line, index) =>
      index === 0 ? line.replace(name, view.paint.faint(name)) : line,
    ),
  )
}

function destinationLines(one: TraceDestination, event: TracedEvent, view: TraceView): readonly string[] {
  const { paint } = view
  const word = FATE_WORDS[one.fate.kind]
  const paints: Partial<Record<TraceDestination['fate']['kind'], Paint['good']>> = {
    delivered: paint.good,
    dead: paint.bad,
    retrying: paint.warning,
  }
  const head = `  ${paint.strong(printable(one.name))}  ${(paints[one.fate.kind] ?? ((text) => text))(word)}`
  return [
    head,
    ...indented(fateText(one, event, view.now), view),
    ...filterLines(one, event, view),
    ...timeLines(one, view),
  ]
}

/** The filter matters where it decided, or has yet to. */
function filterLines(one: TraceDestination, event: TracedEvent, view: TraceView): readonly string[] {
  const { fate, filter, filterThen, name } = one
  if ((fate.kind !== 'filtered' && fate.kind !== 'unrouted') || isAbout(event, name)) return []
  const then = filterThen ?? (fate.kind === 'filtered' ? 'not known any more' : 'none, it takes every event')
  const changed = filter === null ? 'it has none now' : `it is now ${filter}`
  return [
    ...indented(`the filter: ${then}`, view),
    ...(filter === filterThen ? [] : indented(`changed since: ${changed}`, view)),
  ]
}

function indented(text: string, view: TraceView): readonly string[] {
  return wrap(printable(text), room(view, 4)).map((line) => `    ${line}`)
}

/** Not wrapped: it is there to be copied. */
function eventLines({ bytes }: TracedEvent, paint: Paint): readonly string[] {
  if (bytes === null) return [paint.faint('  its bytes are gone: settled pages are removed after state.keep')]
  const lines = prettyJson(Buffer.from(bytes).toString()).split('\n')
  const shown = lines.slice(0, mostEventLines).map((line) => cut(printable(line), mostLineColumns))
  const left = lines.length - shown.length
  return left > 0 ? [...shown, paint.faint(`… ${counted(left, 'line')} more: --event --json has all of it`)] : shown
}
