// Turns telemetry into log lines: one per attempt and never one per event, equal notices once, floods summed up. Knows no
// stream and no colour: `cli` hands in where lines go and how they are painted.
import { describe, LOG_LEVELS, type LogLevel, type LogRecord } from './describe.ts'
import { jsonLine, printable, withoutSecrets } from './escape.ts'
import type { Telemetry, TelemetryEvent } from './events.ts'
import { createRepeats } from './repeats.ts'
import { createSums } from './sums.ts'

export interface LogOptions {
  /** Takes one line, newline included. */
  readonly write: (line: string) => void
  readonly format: 'human' | 'json'
  readonly level: LogLevel
  readonly clock: { now(): number; monotonic(): number }
  /** Colours a part of a human line; absent = plain. */
  readonly paint?: (part: LogLevel | 'time', text: string) => string
  /** Values that must not appear, whatever an event says. */
  readonly secrets?: () => readonly string[]
}

export interface Log extends Telemetry {
  /** Writes the sums that are due; to be called about once a second. */
  tick(): void
  /** Writes every sum that is left, at the end. */
  flush(): void
}

/**
 * A log. Delivered attempts are `debug`: at thousands of requests a second a line for each would bury the failures and cost
 * more than the delivery. At `info` each destination, and each source, gets one line with counts at most every ten seconds;
 * what was not delivered keeps a line of its own, equal ones at most five in ten seconds. In an outage they are `debug`: what is
 * wrong was said when it began, and is said again only when it changes.
 */
export function createLog(options: LogOptions): Log {
  const threshold = LOG_LEVELS.indexOf(options.level)
  const write = (record: LogRecord): void => {
    if (LOG_LEVELS.indexOf(record.level) >= threshold) options.write(line(record, options))
  }
  const sums = createSums(options.clock, write)
  const repeats = createRepeats(options.clock, write)
  const quiet = threshold > LOG_LEVELS.indexOf('debug')

  let tickedAt = -Infinity

  function emit(event: TelemetryEvent): void {
    sums.add(event)
    if (options.clock.monotonic() - tickedAt >= tickEveryMs) tick()
    if (quiet && isRoutine(event)) return
    if (event.type === 'relay_stopped') flush()
    const known = repeats.isKnown(event)
    if (quiet && known) return
    const record = known ? { ...describe(event), level: 'debug' as const } : describe(event)
    if (repeats.admits(event, record)) write(record)
  }
  function tick(): void {
    tickedAt = options.clock.monotonic()
    sums.tick()
    repeats.tick()
  }
  function flush(): void {
    sums.flush()
    repeats.flush()
  }
  return { emit, tick, flush }
}

/** Sums are looked at this often while events come, and by the caller's own ticks while none do. */
const tickEveryMs = 250

/** Events that come with every batch; decided before any text is made, because this is asked thousands of times a second. */
function isRoutine(event: TelemetryEvent): boolean {
  if (event.type === 'attempt') return event.verdict === 'delivered' && event.kind === 'attempt'
  return routine.has(event.type)
}

/** Conflicts are among them: the `reading` sums tell them at a rate that the sender of the events cannot raise. */
const routine: ReadonlySet<TelemetryEvent['type']> = new Set(['page_committed', 'settled', 'idle', 'conflict'])

function line(record: LogRecord, options: LogOptions): string {
  const secrets = options.secrets?.() ?? []
  return `${options.format === 'json' ? jsonForm(record, options, secrets) : humanForm(record, options, secrets)}\n`
}

function jsonForm(record: LogRecord, options: LogOptions, secrets: readonly string[]): string {
  const time = new Date(options.clock.now()).toISOString()
  const { level, type, text, fields } = record
  return jsonLine(scrubbed({ time, level, type, ...fields, message: text }, secrets))
}

/** Inside the values, before they become JSON: there a secret with a quote or a newline in it would no longer look like itself. */
function scrubbed(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return withoutSecrets(value, secrets)
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, secrets))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrubbed(item, secrets)]))
}

const levelWords = { debug: 'debug', info: 'info ', warning: 'warn ', error: 'ERROR' } as const

function humanForm(record: LogRecord, options: LogOptions, secrets: readonly string[]): string {
  const paint = options.paint ?? ((_, text) => text)
  const time = `${new Date(options.clock.now()).toISOString().slice(11, 19)}Z`
  const subject = printable(record.subject || 'relay').padEnd(subjectWidth)
  const text = printable(withoutSecrets(record.text, secrets))
  return `${paint('time', time)} ${paint(record.level, levelWords[record.level])} ${subject} ${text}`
}

/** Room for usual names, so that sentences begin in one column. */
const subjectWidth = 14
