// Sums up what comes with every page and batch: per source and destination one line at most every ten seconds, the first
// almost at once, so that a newcomer sees events flow and a busy relay stays readable.
import type { LogRecord } from './describe.ts'
import type { TelemetryEvent } from './events.ts'
import { counted, countText, durationText } from './units.ts'

/** Between two lines about the same source or destination. */
const sumEveryMs = 10_000
/** A burst is given this long to become one line instead of two. */
const gatherMs = 250

interface Sum {
  readonly kind: 'reading' | 'delivering'
  readonly name: string
  events: number
  batches: number
  duplicates: number
  quarantined: number
  conflicts: number
  /** Monotonic; when the first thing since the last line happened, undefined when there is nothing to say. */
  startedAt: number | undefined
  saidAt: number
}

/** Counts of what flows, and the lines about it. */
export interface Sums {
  add(event: TelemetryEvent): void
  /** Says what is due. */
  tick(): void
  /** Says everything that is left. */
  flush(): void
}

/** Sums that are said through `write`. */
export function createSums(clock: { monotonic(): number }, write: (record: LogRecord) => void): Sums {
  const sums = { reading: new Map<string, Sum>(), delivering: new Map<string, Sum>() }

  function begun(kind: Sum['kind'], name: string): Sum {
    let sum = sums[kind].get(name)
    if (!sum) sums[kind].set(name, (sum = emptySum(kind, name, -Infinity)))
    sum.startedAt ??= clock.monotonic()
    return sum
  }

  function add(event: TelemetryEvent): void {
    if (event.type === 'attempt') {
      if (event.verdict === 'delivered') addDelivered(begun('delivering', event.destination), event.events)
    } else if (event.type === 'page_committed') {
      if (event.events + event.duplicates + event.quarantined > 0) addRead(begun('reading', event.source), event)
    } else if (event.type === 'conflict') begun('reading', event.source).conflicts++
  }

  function say(isDue: (sum: Sum, now: number) => boolean): void {
    const now = clock.monotonic()
    for (const sum of [...sums.reading.values(), ...sums.delivering.values()]) {
      if (sum.startedAt === undefined || !isDue(sum, now)) continue
      write(recordOf(sum, now))
      sums[sum.kind].set(sum.name, emptySum(sum.kind, sum.name, now))
    }
  }

  return {
    add,
    tick: () => say((sum, now) => now >= Math.max((sum.startedAt ?? now) + gatherMs, sum.saidAt + sumEveryMs)),
    flush: () => say(() => true),
  }
}

function emptySum(kind: Sum['kind'], name: string, saidAt: number): Sum {
  return {
    kind,
    name,
    events: 0,
    batches: 0,
    duplicates: 0,
    quarantined: 0,
    conflicts: 0,
    startedAt: undefined,
    saidAt,
  }
}

function addDelivered(sum: Sum, events: number): void {
  sum.events += events
  sum.batches++
}

function addRead(sum: Sum, page: Extract<TelemetryEvent, { type: 'page_committed' }>): void {
  sum.events += page.events
  sum.duplicates += page.duplicates
  sum.quarantined += page.quarantined
}

function recordOf(sum: Sum, now: number): LogRecord {
  const overMs = Math.round(now - (sum.startedAt ?? now))
  return sum.kind === 'reading' ? readingRecord(sum, overMs) : deliveringRecord(sum, overMs)
}

function deliveringRecord(sum: Sum, overMs: number): LogRecord {
  const requests = counted(sum.batches, 'batch', 'batches')
  // One batch has no duration worth telling: most of it was spent waiting for this line's turn.
  const over = sum.batches > 1 && overMs >= 1000 ? ` in ${durationText(overMs)}` : ''
  const text = `delivered ${counted(sum.events, 'event')} (${requests}${over})`
  const fields = { destination: sum.name, events: sum.events, batches: sum.batches, overMs }
  return { level: 'info', type: 'delivering', subject: sum.name, text, fields }
}

function readingRecord(sum: Sum, overMs: number): LogRecord {
  const notes = [
    sum.duplicates > 0 ? `${countText(sum.duplicates)} seen before` : '',
    sum.quarantined > 0 ? `${countText(sum.quarantined)} quarantined (see status)` : '',
    sum.conflicts > 0 ? `${counted(sum.conflicts, 'conflict')} (same event_id, other content; both kept)` : '',
  ].filter((note) => note !== '')
  const text = [`read ${counted(sum.events, 'new event')}`, ...notes].join(', ')
  const { name, events, duplicates, quarantined, conflicts } = sum
  const level = quarantined + conflicts > 0 ? 'warning' : 'info'
  return {
    level,
    type: 'reading',
    subject: name,
    text,
    fields: { source: name, events, duplicates, quarantined, conflicts, overMs },
  }
}
