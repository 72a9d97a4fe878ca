import { expect, test } from 'vitest'
import { destinationStatus, lagMs, lastSuccessAt, problemsOf, sourceStatus } from '../../../src/cli/status/assess.ts'
import type { Overview } from '../../../src/store/store.ts'
import { NOW } from './fake-world.ts'
import { closed, destination, source, troubled, well } from './overviews.ts'

const expected = { maxLagMs: 15 * 60_000, scheduled: false }
const codes = (overview: Overview, more = {}) =>
  problemsOf(overview, { ...expected, ...more }, NOW).map(({ code, subject }) => `${subject} ${code}`)
const reason = { code: 'http_401', text: 'denied' }

test('a relay that is well has no problems', () => {
  expect(codes(well)).toEqual([])
})

test('everything that is wrong is named', () => {
  expect(codes(troubled, { maxBytes: 10 * 2 ** 30 })).toEqual([
    'relay not_running',
    'relay state_nearly_full',
    'app pull_failed',
    'app unreadable',
    'app quarantined',
    'siem failing',
    'siem lag',
    'siem dead_letters',
    'archive imbalance',
    'old-siem parked',
  ])
})

test('row 71: a relay that runs but gives no sign of life is a problem', () => {
  const frozen = { ...well, heartbeatAt: NOW - 16 * 60_000 }
  expect(codes(frozen)).toEqual(['relay stuck'])
})

test('under cron a relay that ran lately is well, one that did not is not', () => {
  expect(codes({ ...well, running: false }, { scheduled: true })).toEqual([])
  expect(codes({ ...well, running: false })).toEqual(['relay not_running'])
  expect(codes({ ...well, running: false, heartbeatAt: NOW - 16 * 60_000 }, { scheduled: true })).toEqual([
    'relay not_running',
  ])
  expect(codes({ ...well, running: false, heartbeatAt: null }, { scheduled: true })).toEqual(['relay not_running'])
})

test('old quarantine is no alarm', () => {
  const record = { reason: 'not_json', detail: 'x', place: 'y' }
  const aged = (minutes: number) => ({
    ...well,
    sources: [source({ pulled: 12_351, quarantined: 1, quarantine: [{ at: NOW - minutes * 60_000, ...record }] })],
  })
  expect(codes(aged(14))).toEqual(['app quarantined'])
  expect(codes(aged(16))).toEqual([])
})

test.each([
  ['offered', { offered: 12_346 }],
  ['filtered', { filtered: 344 }],
  ['delivered', { delivered: 11_999 }],
  ['waiting', { waiting: 1 }],
  ['dead', { dead: 1 }],
  ['dropped', { dropped: 1 }],
])('one event too many or too few among %s is an imbalance', (_name, change) => {
  expect(codes({ ...well, destinations: [destination(change)] })).toContain('siem imbalance')
})

test.each([
  ['pulled', { pulled: 12_351 }],
  ['new', { new: 12_344 }],
  ['duplicates', { duplicates: 6 }],
  ['quarantined', { quarantined: 1 }],
])('one record too many or too few among %s of a source is an imbalance', (_name, change) => {
  expect(codes({ ...well, sources: [source(change)] })).toContain('app imbalance')
})

test('an event that waits is no lag while the destination is disabled', () => {
  const waiting = { routed: 12_000, delivered: 11_999, waiting: 1, oldestWaitingAt: NOW - 3_600_000 }
  expect(codes({ ...well, destinations: [destination(waiting)] })).toEqual(['siem lag'])
  expect(codes({ ...well, destinations: [destination({ ...waiting, state: 'disabled' })] })).toEqual([])
})

test('lag never runs backwards with the clock', () => {
  expect(lagMs(destination({ waiting: 1, oldestWaitingAt: NOW + 5000 }), NOW)).toBe(0)
  expect(lagMs(destination({ waiting: 0, oldestWaitingAt: NOW - 5000 }), NOW)).toBe(0)
})

test('status words of destinations', () => {
  const word = (changes: object, state: 'enabled' | 'disabled' | 'parked' = 'enabled') =>
    destinationStatus(destination({ state, health: { ...closed, ...changes } }))
  expect(word({})).toBe('Active')
  expect(word({ state: 'open', reason })).toBe('Active with errors')
  expect(word({ state: 'halted', reason: null })).toBe('Active with errors')
  expect(word({ lastFailure: { at: NOW - 60_000, reason } })).toBe('Active')
  expect(word({ lastFailure: { at: NOW - 1000, reason } })).toBe('Active with errors')
  expect(word({ lastFailure: { at: NOW, reason }, lastDeliveredAt: null })).toBe('Active with errors')
  expect(word({ state: 'open', reason }, 'disabled')).toBe('Inactive')
  expect(word({}, 'parked')).toBe('Inactive')
  expect(destinationStatus(destination({ health: null }))).toBe('Active')
})

test('the last success is the newest that anything tells of', () => {
  const tried = { batchId: 'b', kind: 'attempt', from: 1, to: 2, events: 1, durationMs: 5 } as const
  const lastAttempts = [
    { ...tried, at: NOW - 500, verdict: 'retry' as const },
    { ...tried, at: NOW - 1000, verdict: 'delivered' as const },
  ]
  expect(lastSuccessAt(destination({ lastAttempts }))).toBe(NOW - 1000)
  expect(lastSuccessAt(destination())).toBe(NOW - 3000)
  expect(lastSuccessAt(destination({ health: null }))).toBeNull()
})

test('status words of sources', () => {
  const pull = { at: NOW, ok: true, error: null, notices: [] }
  const notice = (level: string) => ({ level, code: 'x', subject: 's', text: 't' })
  expect(sourceStatus(source({ lastPull: null }))).toBe('Active')
  expect(sourceStatus(source({ lastPull: { ...pull, ok: false, error: 'x' } }))).toBe('Active with errors')
  expect(sourceStatus(source({ lastPull: { ...pull, notices: [notice('warning')] } }))).toBe('Active')
  expect(sourceStatus(source({ lastPull: { ...pull, notices: [notice('error')] } }))).toBe('Active with errors')
})
