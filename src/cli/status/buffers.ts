// How full destinations are that have a bound of their own, and what happens beyond it.
import type { DestinationOverview } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { durationText, sizeText } from '../../telemetry/units.ts'
import { besideName, textWidth, wrap } from '../text-width.ts'
import type { StatusView } from './view.ts'

type Buffer = NonNullable<DestinationOverview['buffer']>

/** A line for each such destination; none when no destination has a bound. */
export function bufferLines({ overview, width }: StatusView): readonly string[] {
  const bounded = overview.destinations.flatMap(({ name, state, buffer }) =>
    buffer ? [{ name, text: bufferText(buffer, state) }] : [],
  )
  const indent = Math.min(30, Math.max(0, ...bounded.map(({ name }) => textWidth(printable(name)))) + 2)
  return bounded.flatMap(({ name, text }) =>
    besideName(printable(name), wrap(text, (width ?? Infinity) - indent), indent),
  )
}

/** `12 MiB of 64 MiB, at most 1h old; drops the oldest`. */
function bufferText(
  { waitingBytes, maxBytes, maxAgeMs, whenFull }: Buffer,
  state: DestinationOverview['state'],
): string {
  const size = maxBytes === null ? sizeText(waitingBytes) : `${sizeText(waitingBytes)} of ${sizeText(maxBytes)}`
  const age = maxAgeMs === null ? '' : `, at most ${durationText(maxAgeMs)} old`
  return `${size} waiting${age}; ${state === 'parked' && whenFull === 'block' ? 'parked: gets nothing, and blocks nobody' : policies[whenFull]}`
}

const policies: Readonly<Record<Buffer['whenFull'], string>> = {
  block: 'blocks its sources when full',
  drop_oldest: 'drops the oldest',
  dead_letter: 'makes dead letters of the oldest',
}

/** What becomes of events that it does not take now. */
export function keptText(buffer: DestinationOverview['buffer']): string {
  if (buffer?.whenFull === 'drop_oldest') return 'Events wait within its buffer, and the oldest are dropped beyond it'
  if (buffer?.whenFull === 'dead_letter')
    return 'Events wait within its buffer, and the oldest become dead letters beyond it'
  return 'Everything is kept'
}

/** The machine form. */
export function bufferJson(buffer: DestinationOverview['buffer']): unknown {
  if (!buffer) return null
  const { waitingBytes, maxBytes, maxAgeMs, whenFull } = buffer
  return {
    waiting_bytes: waitingBytes,
    max_bytes: maxBytes,
    max_age_seconds: maxAgeMs === null ? null : maxAgeMs / 1000,
    when_full: whenFull,
  }
}
