// Keeps a log from repeating itself: a lasting condition is said once, and equal failures at most a few times in ten seconds,
// the rest as one count. An attacker who can cause failures must not be able to fill the disk with lines about them.
import type { LogRecord } from './describe.ts'
import type { TelemetryEvent } from './events.ts'
import { counted, durationText } from './units.ts'

/** Equal failures that are written out in one window. */
const burst = 5
const windowMs = 10_000
/** Conditions that are remembered; beyond it the oldest is forgotten and may be said again. */
const maxRemembered = 10_000

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
  tick(): void
  flush(): void
}

/** Repeats of one log; what it counted instead of writing it says through `write`. */
export function createRepeats(clock: { monotonic(): number }, write: (record: LogRecord) => void): Repeats {
  const conditions = new Map<string, string>()
  const windows = new Map<string, Window>()

  function admits(event: TelemetryEvent, record: LogRecord): boolean {
    endCondition(event)
    const condition = conditionOf(event)
    if (condition) return isNews(condition.key, condition.text)
    const failure = failureOf(event)
    return failure === undefined || hasRoom(failure, record)
  }

  /** A pull that works again is worth a line only after one that did not. */
  function endCondition(event: TelemetryEvent): void {
    if (event.type === 'state_has_room') conditions.delete('state_full')
    if (event.type !== 'pull_finished' || !conditions.delete(pullKey(event.source))) return
    const { source } = event
    write({ level: 'info', type: 'pull_recovered', subject: source, text: 'can be read again', fields: { source } })
  }

  function isNews(key: string, text: string): boolean {
    if (conditions.get(key) === text) return false
    conditions.delete(key)
    conditions.set(key, text)
    if (conditions.size > maxRemembered) conditions.delete(conditions.keys().next().value as string)
    return true
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
    tick: () => closeWindows((window) => clock.monotonic() - window.startedAt >= windowMs),
    flush: () => closeWindows(() => true),
  }
}

function pullKey(source: string): string {
  return `pull\n${source}`
}

/** Something that lasts: equal text under the same key is the same news. */
function conditionOf(event: TelemetryEvent): { readonly key: string; readonly text: string } | undefined {
  if (event.type === 'pull_failed') return { key: pullKey(event.source), text: `${event.kind} ${event.text}` }
  if (event.type === 'state_full') return { key: event.type, text: event.text }
  if (event.type !== 'source_notice') return undefined
  return { key: `notice\n${event.source}\n${event.code}\n${event.subject}`, text: `${event.level} ${event.text}` }
}

/** What makes two failures equal, or undefined for what is always written. */
function failureOf(event: TelemetryEvent): string | undefined {
  if (event.type === 'attempt') {
    const delivered = event.verdict === 'delivered'
    return delivered ? undefined : `${event.destination}\n${event.verdict}\n${event.reason?.code}`
  }
  if (event.type !== 'set_aside' && event.type !== 'died' && event.type !== 'exhumed') return undefined
  return `${event.destination}\n${event.type}\n${event.reason.code}`
}

function repeatedRecord({ record, held }: Window): LogRecord {
  const text = `${counted(held, 'more line')} like this within ${durationText(windowMs)}: ${record.text}`
  return { ...record, type: 'repeated', text, fields: { ...record.fields, of: record.type, times: held } }
}
