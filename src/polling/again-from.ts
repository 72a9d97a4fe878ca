// From where on a source may be read again: so far back what it gave has to be remembered. And what it costs when one of its parts cannot
// be read for a long time, which is told.
import type { SourceNotice } from '../sources/source.ts'
import { type Lane, type LaneStates, LIVE } from './lanes.ts'
import { widestRounding } from './stretch.ts'
import type { WindowedParts } from './windowed-parts.ts'

/** A shorter outage is no matter for the size of the state. */
const longMs = 7 * 86_400_000

interface Around extends Pick<WindowedParts, 'settings' | 'time' | 'notice'> {
  readonly states: LaneStates
  readonly lanes: readonly Lane[]
}

/** Source time, ms; undefined when nothing was read yet. What the source has forgotten cannot come again. */
export function againFrom(parts: readonly string[], { settings, time, states, lanes }: Around): number | undefined {
  const { overlapMs, retentionMs } = settings
  const earliest = states.earliest(lanes, parts)
  if (earliest === Infinity) return undefined
  const kept = retentionMs === null || !time.known ? -Infinity : Math.floor(time.now()) - retentionMs
  return Math.max(0, Math.max(earliest, kept) - overlapMs - widestRounding)
}

/** `sound`: of all `parts` those that could be read. Where none could nothing grows, and with `retention` there is an end to it. */
export function tellHeldBack(parts: readonly string[], sound: readonly string[], around: Around): void {
  const { settings, time, states, lanes, notice } = around
  if (settings.retentionMs !== null || sound.length === 0) return
  const read = new Set(sound)
  const before = time.now() - longMs - Math.max(0, ...settings.sweepsMs)
  const behind = parts
    .filter((part) => !read.has(part) && states.earliest(lanes, [part]) < before)
    // A sweep stands further back by its delay, however well the part is read.
    .map((part) => ({ part, at: states.get(LIVE, part)?.frontier ?? states.earliest(lanes, [part]) }))
    .toSorted((a, b) => a.at - b.at)
  const [first, ...others] = behind
  if (first) notice(heldBackNotice(first.part, first.at, others.length))
}

function heldBackNotice(part: string, at: number, others: number): SourceNotice {
  const since = new Date(at).toISOString()
  const more = others === 0 ? '' : ` (and ${others} more of its parts not for over a week)`
  const text =
    `${part} could not be read since ${since}${more}: until it can, the ids of all events of this source since then stay remembered, ` +
    'and the state grows. Let the credentials read it, take it out of the configuration, or say with "retention" how long the source keeps its events'
  return { level: 'warning', code: 'part_held_back', subject: part, text }
}
