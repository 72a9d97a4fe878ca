// What `trace` says: each fate in words, the time line, both widths, hostile text, the machine form, and where it looked.
import { describe, expect, test } from 'vitest'
import { showTrace } from '../../../src/cli/commands/trace.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { FATE_WORDS, fateText } from '../../../src/cli/trace/words.ts'
import type { TracedEvent, TraceDestination, TraceFate, TraceResult } from '../../../src/store/trace.ts'
import { fakeWorld, NOW } from './fake-world.ts'

const minute = 60_000
const busy = { code: 'http_503', text: 'the receiver answered 503; it is overloaded \u001b[31m', status: 503 }
const entry = { ...busy, at: NOW - 4 * minute, attempts: 1 }
const request = { batchId: 'b1', kind: 'attempt', from: 1, to: 101, events: 100, durationMs: 12 } as const
const body = '{"event_id":"e1","event_type":"t","occurred_at":"2026-05-17T07:50:00Z","data":{"n":12345678901234567890}}'

function destination(name: string, fate: TraceFate, more: Partial<TraceDestination> = {}): TraceDestination {
  return { name, state: 'enabled', filter: null, filterThen: null, fate, history: [], attempts: [], ...more }
}

const attempts = [
  { ...request, at: NOW - 4 * minute - 20, verdict: 'retry' as const, reason: busy },
  { ...request, at: NOW - 3 * minute, verdict: 'delivered' as const },
]
const failures = '{"outcome":"failure"}'
const known: TracedEvent = {
  eventId: 'e1',
  source: 'app',
  seq: 12_345,
  occurredAt: NOW - 10 * minute,
  read: {
    committedAt: NOW - 5 * minute,
    lane: 'live',
    queue: 'live',
    window: { from: '2026-05-17T07:00:00Z', to: '2026-05-17T08:00:00Z' },
    from: 12_001,
    to: 13_001,
    pulled: 1003,
    duplicates: 2,
    quarantined: 1,
  },
  bytes: Buffer.from(body),
  destinations: [
    destination('siem', { kind: 'delivered' }, { attempts, history: [entry] }),
    destination('alerts', { kind: 'filtered' }, { filter: failures, filterThen: failures }),
    destination('lake', { kind: 'waiting', queue: 'live', ahead: 1234 }, { state: 'disabled' }),
    destination('old', { kind: 'retrying', attempts: 1, nextAt: NOW + minute, reason: entry }, { history: [entry] }),
    destination('bad', { kind: 'dead', cause: 'rejected', diedAt: NOW - minute, provisional: false, reason: entry }),
  ],
}
const looked = [{ source: 'app', events: 20_000, oldestAt: NOW - 86_400_000 }]

function shown(result: TraceResult, flags: { json?: boolean; event?: boolean } = {}, columns?: number) {
  const world = fakeWorld(columns === undefined ? {} : { columns })
  const code = showTrace({ eventId: 'e1', state: '/s.db', result }, flags, world)
  return { code, out: world.stdout.text(), err: world.stderr.text() }
}

test('the whole life, on 80 columns', async () => {
  const { code, out } = shown({ events: [known], looked }, {}, 80)
  expect(code).toBe(0)
  await expect(out).toMatchFileSnapshot('../../golden/trace/trace-80.txt')
  expect(Math.max(...out.split('\n').map(textWidth))).toBeLessThanOrEqual(80)
})

test('the whole life with the event, on 140 columns: digits stay, control characters do not', async () => {
  const { out } = shown({ events: [known], looked }, { event: true }, 140)
  await expect(out).toMatchFileSnapshot('../../golden/trace/trace-140.txt')
  expect(out).toContain('12345678901234567890')
  expect(out).not.toContain('\u001b')
})

test('history that the log of attempts tells is not told twice; the rest is', () => {
  const { out } = shown({ events: [known], looked })
  const siem = out.slice(out.indexOf('  siem'), out.indexOf('  alerts'))
  expect(siem.match(/http_503/g)).toHaveLength(1)
  expect(out.slice(out.indexOf('  old'))).toContain('attempt 1: http_503')
})

describe('every fate has words', () => {
  const fates: readonly (readonly [TraceFate, RegExp])[] = [
    [{ kind: 'not_offered' }, /does not read app/],
    [{ kind: 'unrouted', ahead: 0 }, /this one is next/],
    [{ kind: 'unrouted', ahead: 5 }, /about 5 events before/],
    [{ kind: 'filtered' }, /did not take/],
    [{ kind: 'waiting', queue: 'live', ahead: 0 }, /next in turn/],
    [{ kind: 'waiting', queue: 'catch_up', ahead: 1 }, /1 event ahead of it in its queue catch_up/],
    [{ kind: 'retrying', attempts: 2, nextAt: NOW - 1, reason: null }, /2 attempts failed; the next is due/],
    [{ kind: 'delivered' }, /no longer in the log/],
    [{ kind: 'dead', cause: 'exhausted', diedAt: NOW, provisional: true, reason: null }, /may go back.*dlq show e1/],
    [{ kind: 'settled', why: 'page_gone' }, /page has been removed/],
    [{ kind: 'settled', why: 'some_dropped' }, /unless it is one of the events that were dropped/],
  ]
  test.each(fates)('%j', (fate, words) => {
    expect(FATE_WORDS[fate.kind]).toBeTruthy()
    expect(fateText(destination('siem', fate), known, NOW)).toMatch(words)
  })
  test('a parked destination is told apart from one that catches up', () => {
    const one = destination('siem', { kind: 'unrouted', ahead: 3 }, { state: 'parked' })
    expect(fateText(one, known, NOW)).toMatch(/not in the configuration; when it returns/)
  })
})

describe('the filter of that day', () => {
  const lines = (fate: TraceFate, filterThen: string | null, filter: string | null) =>
    shown({ events: [{ ...known, destinations: [destination('siem', fate, { filter, filterThen })] }], looked })
      .out.split('\n')
      .filter((line) => /filter:|changed since/.test(line))
      .map((line) => line.trim())
  const filtered: TraceFate = { kind: 'filtered' }
  const other = '{"types":["auth.*"]}'

  test('as it is today', () => expect(lines(filtered, failures, failures)).toEqual([`the filter: ${failures}`]))
  test('another today, or none any more', () => {
    expect(lines(filtered, failures, other)).toEqual([`the filter: ${failures}`, `changed since: it is now ${other}`])
    expect(lines(filtered, failures, null)).toEqual([`the filter: ${failures}`, 'changed since: it has none now'])
  })
  test('one that nobody wrote down', () =>
    expect(lines(filtered, null, null)).toEqual(['the filter: not known any more']))
  test('the one that has yet to look', () => {
    expect(lines({ kind: 'unrouted', ahead: 0 }, null, null)).toEqual(['the filter: none, it takes every event'])
  })
  test('no matter where nothing was decided by it', () => {
    expect(lines({ kind: 'delivered' }, failures, other)).toEqual([])
    expect(lines({ kind: 'not_offered' }, failures, other)).toEqual([])
  })
  test('both in JSON, whatever the fate', () => {
    const one = destination('siem', { kind: 'delivered' }, { filter: other, filterThen: failures })
    const { out } = shown({ events: [{ ...known, destinations: [one] }], looked }, { json: true })
    const { events } = JSON.parse(out) as { events: { destinations: object[] }[] }
    expect(events[0]?.destinations[0]).toMatchObject({
      filter: { types: ['auth.*'] },
      filter_then: { outcome: 'failure' },
    })
  })
})

test('an event of the relay’s own that is about a destination was not filtered by it', () => {
  const about = (source: string, destinations: readonly string[]) => {
    const bytes = Buffer.from(JSON.stringify({ data: { destinations } }))
    const one = destination('siem', { kind: 'filtered' }, { filter: failures, filterThen: failures })
    return shown({ events: [{ ...known, source, bytes, destinations: [one] }], looked }).out
  }
  expect(about('relay', ['other', 'siem'])).toContain('the event is about this destination')
  expect(about('relay', ['other', 'siem'])).not.toContain('the filter')
  for (const other of [about('relay', ['other']), about('app', ['siem'])])
    expect(other).toMatch(/its filter did not take.*\n.*the filter: /)
})

test('an event whose page is gone says so, and that its bytes are gone', () => {
  const { out } = shown({ events: [{ ...known, read: null, bytes: null }], looked }, { event: true })
  expect(out).toContain('its page is gone')
  expect(out).toContain('its bytes are gone')
})

test('an unknown id is 1 and says where it was looked for', () => {
  const { code, out, err } = shown({ events: [], looked })
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain('app: 20,000 events, of which those read since 2026-05-16T08:00:00.000Z (1d ago) can be found')
  expect(shown({ events: [], looked: [] }).err).toContain('no source has been read yet')
})

test('as JSON', async () => {
  const { code, out } = shown({ events: [known], looked }, { json: true, event: true })
  expect(code).toBe(0)
  expect(() => JSON.parse(out) as unknown).not.toThrow()
  await expect(out).toMatchFileSnapshot('../../golden/trace/trace.json')
  const none = shown({ events: [], looked }, { json: true })
  expect([none.code, JSON.parse(none.out)]).toEqual([
    1,
    {
      event_id: 'e1',
      events: [],
      looked: [{ source: 'app', events: 20_000, oldest_page_at: '2026-05-16T08:00:00.000Z' }],
    },
  ])
})
