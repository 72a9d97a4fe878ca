import { describe as group, expect, test } from 'vitest'
import { createLog, type Log, type LogOptions } from '../../../src/telemetry/log.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'

const start = Date.UTC(2026, 4, 17, 8, 0, 0)

interface Rig {
  readonly log: Log
  readonly lines: string[]
  readonly time: { ms: number }
}

function rig(options: Partial<LogOptions> = {}): Rig {
  const lines: string[] = []
  const time = { ms: 0 }
  const clock = { now: () => start + time.ms, monotonic: () => time.ms }
  const log = createLog({ write: (line) => void lines.push(line), format: 'human', level: 'info', clock, ...options })
  return { log, lines, time }
}

const attempt = (changes: Partial<Extract<TelemetryEvent, { type: 'attempt' }>> = {}): TelemetryEvent => ({
  type: 'attempt',
  destination: 'siem',
  kind: 'attempt',
  batchId: 'b1',
  events: 100,
  bytes: 64_000,
  durationMs: 12,
  verdict: 'delivered',
  ...changes,
})
const refused = { code: 'http_503', text: 'answered 503: busy', status: 503 }

group('what flows', () => {
  test('ten thousand delivered requests are one line at once and one each ten seconds, with all counted', () => {
    const { log, lines, time } = rig()
    for (; time.ms < 20_000; time.ms += 2) log.emit(attempt())
    log.flush()
    expect(lines.length).toBeLessThanOrEqual(4)
    const delivered = lines.map((line) => Number(/delivered ([\d,]+) events/.exec(line)?.[1]?.replaceAll(',', '')))
    expect(delivered.reduce((sum, count) => sum + count, 0)).toBe(1_000_000)
  })

  test('the first delivery is told within a tick, with nothing else happening', () => {
    const { log, lines, time } = rig()
    log.emit(attempt())
    time.ms += 1000
    log.tick()
    expect(lines).toEqual(['08:00:01Z info  siem           delivered 100 events (1 batch)\n'])
    log.tick()
    expect(lines).toHaveLength(1)
  })

  test('what was read is summed per source, and warns when something was quarantined or in conflict', () => {
    const { log, lines } = rig()
    const page = { type: 'page_committed', events: 10, duplicates: 1, quarantined: 0 } as const
    log.emit({ ...page, source: 'app' })
    log.emit({ ...page, source: 'idp', quarantined: 2 })
    log.emit({ type: 'conflict', source: 'idp', eventId: 'e1', newEventId: 'e1~ff' })
    log.flush()
    expect(lines[0]).toContain('info  app            read 10 new events, 1 seen before')
    expect(lines[1]).toContain('warn  idp            read 10 new events, 1 seen before, 2 quarantined')
    expect(lines[1]).toContain('1 conflict')
  })

  test('an empty pull says nothing', () => {
    const { log, lines } = rig()
    log.emit({ type: 'page_committed', source: 'app', events: 0, duplicates: 0, quarantined: 0 })
    log.emit({ type: 'pull_finished', source: 'app', events: 0 })
    log.emit({ type: 'idle', destination: 'siem' })
    log.flush()
    expect(lines).toEqual([])
  })

  test('at debug every attempt has its line', () => {
    const { log, lines } = rig({ level: 'debug' })
    log.emit(attempt())
    log.emit(attempt())
    expect(lines.filter((line) => line.includes('(attempt, 62.5 KiB, 12ms)'))).toHaveLength(2)
  })

  test('a delivered trial is told at info: the destination is back', () => {
    const { log, lines } = rig()
    log.emit(attempt({ kind: 'trial' }))
    log.emit({
      type: 'health_changed',
      destination: 'siem',
      from: 'open',
      to: 'closed',
      reason: null,
      nextTrialInMs: 0,
    })
    expect(lines.map((line) => line.slice(10))).toEqual([
      'info  siem           100 events delivered (trial, 62.5 KiB, 12ms)\n',
      'info  siem           takes events again\n',
    ])
  })
})

group('what fails', () => {
  test('an attempt that was not delivered has one line with the answer', () => {
    const { log, lines } = rig()
    log.emit(attempt({ verdict: 'retry', reason: refused }))
    expect(lines).toEqual([
      '08:00:00Z warn  siem           100 events not delivered, to be tried again (attempt, 62.5 KiB, 12ms): answered 503: busy\n',
    ])
  })

  test('a flood of equal failures is five lines and a count', () => {
    const { log, lines, time } = rig()
    for (let count = 0; count < 1000; count++) log.emit(attempt({ verdict: 'reject', reason: refused }))
    expect(lines).toHaveLength(5)
    time.ms += 10_000
    log.tick()
    expect(lines).toHaveLength(6)
    expect(lines[5]).toContain('995 more lines like this within 10s')
    log.emit(attempt({ verdict: 'reject', reason: refused }))
    expect(lines).toHaveLength(7)
  })

  test('another cause or destination has its own lines', () => {
    const { log, lines } = rig()
    for (let count = 0; count < 10; count++) {
      log.emit(attempt({ verdict: 'reject', reason: refused }))
      log.emit(attempt({ verdict: 'reject', reason: { code: 'http_400', text: 'bad' } }))
      log.emit(attempt({ destination: 'other', verdict: 'reject', reason: refused }))
    }
    expect(lines).toHaveLength(15)
  })

  test('a source that stays unreadable is told once, and again when the reason changes, and when it recovers', () => {
    const { log, lines } = rig()
    const failure = {
      type: 'pull_failed',
      source: 'app',
      kind: 'transient',
      text: 'no such folder',
      nextInMs: 1000,
    } as const
    for (const nextInMs of [1000, 2000, 4000]) log.emit({ ...failure, nextInMs })
    log.emit({ ...failure, kind: 'denied', text: 'permission denied' })
    log.emit({ type: 'pull_finished', source: 'app', events: 0 })
    log.emit({ type: 'pull_finished', source: 'app', events: 0 })
    log.emit(failure)
    log.emit({ type: 'pull_lasts', source: 'app' })
    expect(lines.map((line) => line.slice(10).trimEnd())).toEqual([
      'warn  app            cannot be read: no such folder; next try in 1s',
      'ERROR app            cannot be read: permission denied; next try in 1s',
      'info  app            can be read again',
      'warn  app            cannot be read: no such folder; next try in 1s',
      'info  app            can be read again',
    ])
  })

  group('an outage', () => {
    const trial = attempt({ kind: 'trial', verdict: 'halt', reason: { code: 'http_403', text: 'answered 403' } })
    const health = (to: string, code: string | null): TelemetryEvent => ({
      type: 'health_changed',
      destination: 'siem',
      from: 'closed',
      to,
      reason: code === null ? null : { code, text: `because of ${code}` },
      nextTrialInMs: 5_000,
    })
    /** A trial every 30 s of a day, whose answer is now this and now that. */
    function day({ log, time }: Rig, codes: readonly string[]): void {
      log.emit(health('halted', codes[0] as string))
      for (let count = 0; count < 2880; count++, time.ms += 30_000) {
        log.emit(trial)
        const code = codes[count % codes.length] as string
        if (codes.length > 1) log.emit(health('halted', code))
        log.tick()
      }
    }

    test.each(['human', 'json'] as const)('row 45: is told once in %s lines, however many trials fail', (format) => {
      const r = rig({ format })
      day(r, ['http_403'])
      expect(r.lines).toHaveLength(1)
      expect(r.lines[0]).toContain('halted, events wait, next trial in 5s: because of http_403')
    })

    test('another cause is told too, each once, and all again in the next outage', () => {
      const r = rig()
      day(r, ['http_403', 'http_404', 'tls'])
      expect(r.lines).toHaveLength(3)
      r.log.emit(health('closed', null))
      day(r, ['http_403', 'http_404'])
      expect(r.lines.slice(3).map((line) => line.slice(10).trimEnd())).toEqual([
        'info  siem           takes events again',
        'ERROR siem           halted, events wait, next trial in 5s: because of http_403',
        'ERROR siem           halted, events wait, next trial in 5s: because of http_404',
      ])
    })

    test('the end of one destination leaves the outage of another whose name begins with its own', () => {
      const { log, lines } = rig()
      const other = (event: TelemetryEvent) => ({ ...event, destination: 'siem-2' }) as TelemetryEvent
      log.emit(health('open', 'timeout'))
      log.emit(other(health('open', 'timeout')))
      log.emit(health('closed', null))
      log.emit(other(health('open', 'timeout')))
      expect(lines).toHaveLength(3)
    })

    test('requests that were under way when it began, and fail for the same, are no news; for another they are', () => {
      const { log, lines } = rig()
      const failed = (code: string) => attempt({ verdict: 'retry', reason: { code, text: `because of ${code}` } })
      log.emit(failed('timeout'))
      log.emit(health('open', 'timeout'))
      for (let count = 0; count < 4; count++) log.emit(failed('timeout'))
      expect(lines).toHaveLength(2)
      log.emit(failed('http_500'))
      log.emit(health('closed', null))
      log.emit(failed('timeout'))
      expect(lines).toHaveLength(5)
    })

    test('each trial stands in the log at debug', () => {
      const { log, lines } = rig({ level: 'debug' })
      log.emit(trial)
      expect(lines[0]).toContain('debug siem           100 events not taken because of the set-up (trial')
      log.emit(health('halted', 'http_403'))
      log.emit({ ...trial, kind: 'attempt' } as TelemetryEvent)
      expect(lines[2]).toContain('debug siem           100 events not taken because of the set-up (attempt')
    })

    test('a reminder says how long it lasts and how much is kept', () => {
      const { log, lines } = rig()
      const reason = { code: 'http_403', text: 'answered 403 (check the credentials)' }
      const lasts = { type: 'outage_lasts', destination: 'siem', reason, lastsMs: 11_100_000, waiting: 1234 } as const
      log.emit({ ...lasts, state: 'halted' })
      log.emit({ ...lasts, state: 'open', reason: null })
      expect(lines.map((line) => line.slice(10).trimEnd())).toEqual([
        'ERROR siem           still halted, for 3h 5m now; 1,234 events kept for it: answered 403 (check the credentials)',
        'warn  siem           still fails, for 3h 5m now; 1,234 events kept for it',
      ])
    })
  })

  test('a notice is told once for each subject', () => {
    const { log, lines } = rig()
    const notice = {
      type: 'source_notice',
      source: 'app',
      level: 'error',
      code: 'unreadable',
      text: 'no permission',
    } as const
    for (const subject of ['a', 'b', 'a', 'b']) log.emit({ ...notice, subject })
    expect(lines).toHaveLength(2)
  })

  test('a full state is told once until it has room again', () => {
    const { log, lines } = rig()
    const full = { type: 'state_full', text: 'the state is full; "siem" holds the oldest events' } as const
    for (const event of [full, full, { type: 'state_has_room' }, full] as const) log.emit(event)
    expect(lines).toHaveLength(3)
  })
})

group('what is left', () => {
  test('names each destination, what it has, and what died', () => {
    const { log, lines } = rig()
    const destinations = [
      { name: 'siem', waiting: 1200, retrying: 3 },
      { name: 'alerts', waiting: 0, retrying: 1 },
    ]
    log.emit({ type: 'left_over', destinations, died: 1 })
    log.emit({ type: 'left_over', destinations: [], died: 0 })
    log.emit({ type: 'left_over', destinations: [], died: 2 })
    expect(lines[0]).toContain(
      'ended with something left: siem has 1,200 waiting and 3 retrying; alerts has 1 retrying; 1 event died ("audit-relay dlq stats" says why); the next run goes on with it',
    )
    expect(lines[2]?.trimEnd()).toMatch(/something left: 2 events died \("audit-relay dlq stats" says why\)$/)
    expect(lines[1]).toContain('ended with something left: what was asked for or read is not through; the next run')
  })
})

group('form', () => {
  test('JSON lines carry time, level, type and the fields of the event', () => {
    const { log, lines } = rig({ format: 'json' })
    log.emit({ type: 'died', destination: 'siem', events: 1, cause: 'rejected', reason: refused })
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '2026-05-17T08:00:00.000Z',
      level: 'error',
      type: 'died',
      destination: 'siem',
      events: 1,
      cause: 'rejected',
      reason: refused,
      message: '1 event became a dead letter (rejected): answered 503: busy',
    })
  })

  test('the end of dead letters is announced with how to keep them, and told when it comes', () => {
    const { log, lines } = rig()
    log.emit({ type: 'dead_letters_expiring', destination: 'siem', letters: 1200 })
    log.emit({ type: 'dead_letters_purged', destination: 'siem', letters: 1200 })
    expect(lines).toEqual([
      '08:00:00Z warn  siem           1,200 dead letters will be purged in 24h at the earliest; "audit-relay dlq export --destination siem" keeps a copy, "dlq replay" delivers them again\n',
      '08:00:00Z warn  siem           1,200 dead letters purged, kept long enough and announced a day before; they count as dropped\n',
    ])
  })

  test('event text cannot forge a line or steer a terminal', () => {
    const { log, lines } = rig()
    const text = 'bad\n08:00:00Z info  siem all is well\u001b[2J'
    log.emit(attempt({ verdict: 'reject', reason: { code: 'x', text } }))
    expect(lines.join('').split('\n')).toHaveLength(2)
    expect(lines[0]).toContain('bad\\n08:00:00Z info  siem all is well\\u001b[2J')
  })

  test.each(['human', 'json'] as const)('a secret never appears in %s lines', (format) => {
    const secret = 'hun"ter\n22'
    const { log, lines } = rig({ format, secrets: () => [secret] })
    log.emit(attempt({ verdict: 'halt', reason: { code: 'x', text: `you sent ${secret}` } }))
    expect(lines[0]).toContain('you sent [secret]')
    expect(lines[0]).not.toContain('ter')
  })

  test('levels below the chosen one are silent', () => {
    const { log, lines } = rig({ level: 'error' })
    log.emit(attempt({ verdict: 'retry', reason: refused }))
    log.emit({ type: 'relay_stopping', why: 'SIGTERM' })
    log.flush()
    expect(lines).toEqual([])
  })

  test('the sums are written before the last line', () => {
    const { log, lines } = rig()
    log.emit(attempt())
    log.emit({ type: 'relay_stopped' })
    expect(lines.map((line) => line.slice(31).trimEnd())).toEqual([
      'delivered 100 events (1 batch)',
      'stopped; everything is saved',
    ])
  })
})

test('a delivered attempt costs less than two microseconds at info', () => {
  const { log } = rig()
  const event = attempt()
  const round = (): number => {
    const before = performance.now()
    for (let count = 0; count < 20_000; count++) log.emit(event)
    return (performance.now() - before) / 20
  }
  // The best of several: the machine may be busy with other things, the code is not slower for it.
  expect(Math.min(...Array.from({ length: 10 }, round))).toBeLessThan(2)
})
