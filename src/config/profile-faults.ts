// What a configuration will meet at a receiver, told before it does: the receiver's limits are data of its kind.
import type { Fate, Profile, TimeLimit } from '../destinations/profile.ts'
import { type BatchLimits, UNCONFIRMED_PER_SLOT } from '../model/batch.ts'
import type { Path } from './document.ts'
import type { Faults, FaultText } from './faults.ts'

/** What of a destination can meet a limit. What the file does not say is absent, but for what every destination has. */
export interface Meeting {
  readonly limits: BatchLimits
  readonly inFlight: number
  readonly scheduleMs: readonly number[]
  readonly start?: number | 'now' | 'beginning' | undefined
  readonly maxAgeMs?: number | undefined
}

/** Fewer events a second than this are less than a quiet source has after an outage. */
const slowest = 100

const FATES: Readonly<Record<Fate, string>> = {
  dropped: 'it drops older ones without a word',
  cut: 'it cuts older ones',
  refused: 'it refuses older ones',
  redated: 'older ones will stand there under the time of their arrival',
  not_sent: 'older ones are not sent, and become dead letters',
}

/** Tells each limit that this destination will meet, as a warning. */
export function tellProfile(faults: Faults, path: Path, profile: Profile, meeting: Meeting): void {
  const tell = (key: readonly string[], text: FaultText): void =>
    faults.add([...path, ...key], { ...text, severity: 'warning' })
  if (profile.past) tellAge(tell, profile.receiver, profile.past, meeting)
  tellSize(tell, profile, meeting.limits)
  tellPace(tell, profile, meeting)
}

type Tell = (key: readonly string[], text: FaultText) => void

function tellAge(tell: Tell, receiver: string, { ms, marginMs, fate }: TimeLimit, meeting: Meeting): void {
  const { start, scheduleMs, maxAgeMs } = meeting
  const latest = ms - marginMs
  const takes = `${receiver} takes events of the last ${durationWords(ms)} as they are; ${FATES[fate]}`
  if (start === 'beginning') tell(['start'], { message: `the beginning may lie further back: ${takes}` })
  if (typeof start === 'number' && start > latest)
    tell(['start'], { message: `starts with events of the last ${durationWords(start)}: ${takes}` })
  const lastRetryMs = scheduleMs.reduce((sum, delay) => sum + delay, 0)
  if (lastRetryMs > latest)
    tell(['retry', 'schedule'], {
      message: `the last retry comes ${durationWords(lastRetryMs)} after the first attempt: ${takes}`,
    })
  if (maxAgeMs !== undefined && maxAgeMs > latest)
    tell(['buffer', 'max_age'], { message: `events may wait ${durationWords(maxAgeMs)} here: ${takes}` })
}

function tellSize(tell: Tell, { receiver, request }: Profile, limits: BatchLimits): void {
  const { maxBytes = Infinity, maxEvents = Infinity } = request ?? {}
  if (limits.maxBytes > maxBytes)
    tell(['max_bytes'], {
      message: `${receiver} takes requests of ${sizeWords(maxBytes)} at most; larger ones are refused, and sent again in parts`,
      hint: `write ${sizeWords(maxBytes)} or less`,
    })
  if (limits.maxEvents > maxEvents)
    tell(['batch'], { message: `${receiver} takes at most ${maxEvents} events in one request` })
}

function tellPace(tell: Tell, { receiver, confirmations }: Profile, meeting: Meeting): void {
  if (!confirmations) return
  const { limits, inFlight } = meeting
  const requests = inFlight * UNCONFIRMED_PER_SLOT
  const pace = Math.floor((requests * limits.maxEvents * 1000) / confirmations.usualMs)
  if (pace < slowest)
    tell(['in_flight'], {
      message: `${requests} requests of ${limits.maxEvents} events can wait for ${receiver} to confirm them, which takes up to ${durationWords(confirmations.usualMs)}: some ${pace} events a second, and no more`,
      hint: 'raise in_flight or batch',
    })
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `1d 6h`, `18h`: as they are written, two units at most. */
function durationWords(ms: number): string {
  const parts = UNITS.map(([unit, size], index) => {
    const above = index === 0 ? Infinity : (UNITS[index - 1]?.[1] ?? Infinity)
    return [Math.floor((ms % above) / size), unit] as const
  }).filter(([count]) => count > 0)
  return parts.length === 0
    ? `${ms}ms`
    : parts
        .slice(0, 2)
        .map(([count, unit]) => `${count}${unit}`)
        .join(' ')
}

/** As it is written: `10MiB`, `1000000B`. */
function sizeWords(bytes: number): string {
  const mib = bytes / 1024 ** 2
  return Number.isInteger(mib) ? `${mib}MiB` : `${bytes}B`
}
