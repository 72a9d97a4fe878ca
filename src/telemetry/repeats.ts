// Keeps a log from repeating itself: a lasting condition, an outage too, is said once, and equal failures at most a few times in ten seconds,
// the rest as one count. An attacker who can cause failures must not be able to fill the disk with lines about them.
import { createConditions } from './conditions.ts'
import type { LogRecord } from './describe.ts'
import type { TelemetryEvent } from './events.ts'
import { counted, durationText } from './units.ts'

/** Equal failures that are written out in one window. */
const burst = 5
const windowMs = 10_000

interface Window {
  readonly startedAt: number
  readonly record: LogRecord
  said: number
  held: number
}

/** What has been said lately. */
export interface Repeats {
  /** Whether this one is to be written. */
  admits(event: TelemetryEvent, record: LogRecord): boolean
  /** Whether it only repeats what was said of the outage it belongs to. */
  isKnown(event: TelemetryEvent): boolean
  tick(): void
  flush(): void
}

/** Repeats of one log; what it counted instead of writing it says through `write`. */
export function createRepeats(clock: { monotonic(): number }, write: (record: LogRecord) => void): Repeats {
  const conditions = createConditions()
  const windows = new Map<string, Window>()

  function admits(event: TelemetryEvent, record: LogRecord): boolean {
    const ended = conditions.end(event)
    if (ended) write(ended)
    const news = conditions.isNews(event)
    if (news !== undefined) return news
    const failure = failureOf(event)
    return failure === undefined || hasRoom(failure, record)
  }

  function hasRoom(key: string, record: LogRecord): boolean {
    const window = windows.get(key)
    if (!window) {
      windows.set(key, { startedAt: clock.monotonic(), record, said: 1, held: 0 })
      return true
    }
    if (window.said < burst) return ++window.said > 0
    window.held++
    return false
  }

  function closeWindows(isOver: (window: Window) => boolean): void {
    for (const [key, window] of windows) {
      if (!isOver(window)) continue
      windows.delete(key)
      if (window.held > 0) write(repeatedRecord(window))
    }
  }

  return {
    admits,
    isKnown: (event) => conditions.isKnown(event),
    tick: () => closeWindows((window) => clock.monotonic() - window.startedAt >= windowMs),
    flush: () => closeWindows(() => true),
  }
}

/** What makes two failures equal, or undefined for what is always written. */
function failureOf(event: TelemetryEvent): string | undefined {
  if (event.type === 'attempt') {
    const delivered = event.verdict === 'delivered'
    return delivered ? undefined : `${event.destination}\n${event.kind}\n${event.verdict}\n${event.reason?.code}`
  }
  if (event.type !== 'set_aside' && event.type !== 'died' && event.type !== 'exhumed' && event.type !== 'remarked')
    return undefined
  return `${event.destination}\n${event.type}\n${event.reason.code}`
}

function repeatedRecord({ record, held }: Window): LogRecord {
  const text = `${counted(held, 'more line')} like this within ${durationText(windowMs)}: ${record.text}`
  return { ...record, type: 'repeated', text, fields: { ...record.fields, of: record.type, times: held } }
}
